//! Parsing, comparing, nesting and quoting of resource IDs.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SUBSCRIPTION: &str = "/subscriptions/22222222-bbbb-4222-8222-222222222222";
const SERVICE: &str = "/subscriptions/22222222-bbbb-4222-8222-222222222222/resourceGroups/mail/providers/\
                       Microsoft.Communication/communicationServices/contoso";

fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

fn below(rest: &str) -> ResourceId {
    id(&format!("{SUBSCRIPTION}{rest}"))
}

/// What Python's `azure.mgmt.core.tools.parse_resource_id` says of the same ids, as far as it names it.
#[test]
fn the_parts_of_an_id_are_named() {
    let email = "/resourceGroups/Mail/providers/Microsoft.Communication/emailServices/e";
    for (rest, group, resource_type, name) in [
        ("", None, None, "22222222-bbbb-4222-8222-222222222222"),
        ("/resourceGroups/Mail", Some("Mail"), None, "Mail"),
        ("/RESOURCEGROUPS/a (b)_ä", Some("a (b)_ä"), None, "a (b)_ä"),
        (email, Some("Mail"), Some("Microsoft.Communication/emailServices"), "e"),
        (
            &format!("{email}/domains/a.example/senderUsernames/no-reply"),
            Some("Mail"),
            Some("Microsoft.Communication/emailServices/domains/senderUsernames"),
            "no-reply",
        ),
        (
            &format!("{email}/providers/Microsoft.Authorization/roleAssignments/1"),
            Some("Mail"),
            Some("Microsoft.Authorization/roleAssignments"),
            "1",
        ),
        (
            "/providers/Microsoft.Authorization/roleDefinitions/1",
            None,
            Some("Microsoft.Authorization/roleDefinitions"),
            "1",
        ),
        ("/resourceGroups/providers/providers/N/t/providers", Some("providers"), Some("N/t"), "providers"),
    ] {
        let id = below(rest);
        assert_eq!((id.resource_group(), id.name()), (group, name), "{rest}");
        assert_eq!(id.resource_type().as_deref(), resource_type, "{rest}");
        assert_eq!(id.provider(), resource_type.and_then(|it| it.split('/').next()), "{rest}");
        assert_eq!(id.subscription().to_string(), &SUBSCRIPTION[15..]);
        assert_eq!(id.to_string(), format!("{SUBSCRIPTION}{rest}"));
    }
}

#[test]
fn what_is_wrong_with_a_text_is_said() {
    use ResourceIdFault as Fault;
    for (text, fault) in [
        ("", Fault::NoSubscription),
        ("subscriptions/22222222-bbbb-4222-8222-222222222222", Fault::NoSubscription),
        ("/providers/Microsoft.Management/managementGroups/g", Fault::NoSubscription),
        ("https://evil.example/subscriptions", Fault::NoSubscription),
        ("/subscriptions", Fault::SubscriptionNotAGuid),
        ("/subscriptions/s", Fault::SubscriptionNotAGuid),
        ("{}/", Fault::EmptySegment),
        ("{}//resourceGroups/mail", Fault::EmptySegment),
        ("{}/resourceGroups/..", Fault::Dots),
        ("{}/resourceGroups/%2e.", Fault::Dots),
        ("{}/resourceGroups/a?b", Fault::Character('?')),
        ("{}/resourceGroups/a#b", Fault::Character('#')),
        ("{}/resourceGroups/a\\b", Fault::Character('\\')),
        ("{}/resourceGroups/a\nb", Fault::Character('\n')),
        ("{}/locations/europe", Fault::UnknownWord),
        ("{}/resourceGroups/mail/resources/r", Fault::UnknownWord),
        ("{}/resourceGroups", Fault::NoName),
        ("{}/providers/N/t", Fault::NoName),
        ("{}/providers/N/t/n/u", Fault::NoName),
        ("{}/providers/N", Fault::NoType),
        ("{}/providers/N/providers/M/t/n", Fault::NoType),
    ] {
        let text = text.replace("{}", SUBSCRIPTION);
        let error = text.parse::<ResourceId>().unwrap_err();
        assert_eq!(error.to_string(), format!("{text:?} is not a resource ID: {fault}"));
    }
}

#[test]
fn ids_are_compared_without_case_and_shown_as_written() {
    let upper = id(&SERVICE.to_uppercase());
    assert_eq!(id(SERVICE), upper);
    assert_eq!(HashSet::from([id(SERVICE), upper.clone()]).len(), 1);
    assert_eq!(upper.to_string(), SERVICE.to_uppercase());
    assert_eq!(below("/resourceGroups/Äpfel"), below("/resourceGroups/äpfel"));
    // Letters that some cases have in common with those of ASCII.
    assert_ne!(below("/resourceGroups/ſ"), below("/resourceGroups/s"));
    assert_ne!(below("/resourceGroups/ı"), below("/resourceGroups/i"));
    assert!(below("/resourceGroups/A") < below("/resourceGroups/b"));
}

#[test]
fn an_id_knows_what_it_is_in() {
    let domain = id(SERVICE).parent().unwrap().resource("Microsoft.Communication", "emailServices", "e");
    let sender = domain.child("domains", "d").child("senderUsernames", "s");
    assert_eq!(sender.name_of("DOMAINS"), Some("d"));
    assert_eq!(sender.name_of("resourceGroups"), None);
    assert_eq!(sender.group_id(), Some(below("/resourceGroups/mail")));
    let parents = std::iter::successors(Some(sender), ResourceId::parent);
    let names: Vec<String> = parents.map(|id| id.name().to_owned()).collect();
    assert_eq!(names, ["s", "d", "e", "mail", &SUBSCRIPTION[15..]]);
    let given = id(SERVICE).resource("Microsoft.Authorization", "roleAssignments", "1");
    assert_eq!(given.parent(), Some(id(SERVICE)));
}

#[test]
fn an_id_in_json_is_its_text() {
    let json = serde_json::to_string(&id(SERVICE)).unwrap();
    assert_eq!(json, format!("{SERVICE:?}"));
    assert_eq!(serde_json::from_str::<ResourceId>(&json).unwrap(), id(SERVICE));
    assert!(serde_json::from_str::<ResourceId>("\"/subscriptions/s\"").is_err());
}

#[test]
fn a_path_is_encoded_once() {
    for (name, path) in [
        ("no-reply_1.x~", "no-reply_1.x~"),
        ("a+b", "a%2Bb"),
        ("@", "%40"),
        ("ä (b)", "%C3%A4%20%28b%29"),
        ("100%", "100%25"),
        ("$(reboot)/../?a", "%24%28reboot%29%2F..%2F%3Fa"),
        ("..", "%252E%252E"),
        ("", "%00"),
    ] {
        let child = id(SERVICE).child("t", name);
        assert_eq!(child.url_path(), format!("{SERVICE}/t/{path}"));
    }
    assert_eq!(below("/resourceGroups/a%20b").url_path(), format!("{SUBSCRIPTION}/resourceGroups/a%20b"));
}

proptest! {
    #[test]
    fn whatever_a_name_is_the_id_is_one_and_leads_nowhere_else(names in vec(any::<String>(), 1..4)) {
        let mut made = id(SERVICE);
        for name in &names {
            let child = made.child("things", name);
            prop_assert_eq!(child.to_string().parse::<ResourceId>().unwrap().to_string(), child.to_string());
            prop_assert_eq!(child.parent().unwrap().to_string(), made.to_string());
            prop_assert!(child.url_path().bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!child.url_path().contains("/../") && !child.url_path().contains("/./"));
            made = child;
        }
    }

    #[test]
    fn a_text_is_an_id_or_is_refused(rest in "(/[a-zA-Z.%? ]{0,12}){0,8}") {
        let text = format!("{SUBSCRIPTION}{rest}");
        if let Ok(id) = text.parse::<ResourceId>() {
            prop_assert_eq!(id.to_string(), text);
            prop_assert!(id.types().all(|(kind, name)| !kind.is_empty() && !name.is_empty()));
        }
    }
}
