//! `Microsoft.Communication`, resource groups and Azure DNS.

use serde_json::{Value, json};

use super::{OF_PROVIDER, Row, ask, azure, check, pass, place, provider, source};
use crate::arm::tests::SUBSCRIPTION;
use crate::rehearsal::Rehearsal;

const SYSTEM: &str =
    "systemData{createdBy createdByType createdAt lastModifiedBy lastModifiedByType lastModifiedAt}";
/// What neither a write nor a poll about `Microsoft.Communication` says.
const NO_PACE: &[&str] = &["retry-after", "location"];
const ERROR: &str = "{error{code message}}";

/// A shape that has the system data in it.
macro_rules! with_system {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " systemData{createdBy createdByType createdAt lastModifiedBy lastModifiedByType lastModifiedAt} ",
            $after
        )
    };
}

fn row(
    name: &'static str,
    source: [&'static str; 3],
    ask: (&'static str, String, Value),
    (status, shape): (u16, &'static str),
) -> Row {
    Row { name, source, ask, status, shape, there: OF_PROVIDER, absent: &["x-ms-error-code"] }
}

/// Polls until it is over, and once before.
async fn poll(azure: &Rehearsal, source: [&'static str; 3], path: &str) {
    let asked = || ("GET", path.to_owned(), Value::Null);
    let open = row("open", source, asked(), (200, "{id name resourceId status startTime}"));
    let open = check(azure, Row { absent: NO_PACE, ..open }).await;
    assert_eq!(open.body["status"], "Accepted");
    pass(azure, 66);
    let shape = "{id name resourceId status startTime endTime properties=null}";
    let over = check(azure, row("over", source, asked(), (200, shape))).await;
    assert_eq!(over.body["status"], "Succeeded");
}

#[tokio::test]
async fn services_are_made_read_and_deleted() {
    assert!(with_system!("", "").contains(SYSTEM));
    let azure = azure();
    for (kind, whole) in [
        (
            "communicationServices",
            with_system!(
                "{id name type location",
                "properties{provisioningState hostName immutableResourceId dataLocation}}"
            ),
        ),
        (
            "emailServices",
            with_system!("{id name type location", "properties{provisioningState dataLocation}}"),
        ),
    ] {
        let path = format!("{}/{kind}/recorded", provider());
        let body = json!({ "location": "Global", "properties": { "dataLocation": "United States" } });
        let shape = with_system!("{id name type location", "properties{dataLocation provisioningState}}");
        let put = row("PUT", source::GO, ("PUT", path.clone(), body), (201, shape));
        let made = check(&azure, Row { absent: NO_PACE, ..put }).await;
        assert!(made.headers.contains_key("etag"));
        poll(&azure, source::GO, &place(&made, "azure-asyncoperation")).await;
        let get = row("GET", source::JS, ("GET", path.clone(), Value::Null), (200, whole));
        let there = check(&azure, get).await;
        assert!(there.headers.contains_key("etag"));
        gone(&azure, source::GO, &path).await;
    }
    let list = format!("{}/communicationServices", provider());
    azure.backend.change_state(|state| state.services.clear());
    assert_eq!(ask(&azure, &("GET", list, Value::Null)).await.text, r#"{"value":[]}"#);
}

/// Deletes something with a location: both headers lead to one operation, which is asked about with 202.
async fn gone(azure: &Rehearsal, source: [&'static str; 3], path: &str) {
    let asked = ("DELETE", path.to_owned(), Value::Null);
    let delete = row("DELETE", source, asked, (202, "=null"));
    let begun = check(azure, Row { absent: &["retry-after", "etag"], ..delete }).await;
    let at = place(&begun, "azure-asyncoperation");
    assert_eq!(at, place(&begun, "location"));
    assert!(at.contains("/operationStatuses/") && at.contains('*'), "{at}");
    let id = at.split("/operationStatuses/").nth(1).unwrap().split('*').next().unwrap();
    assert_eq!(begun.headers["x-ms-request-id"], id, "{path}");
    let asked = || ("GET", at.clone(), Value::Null);
    let shape = "{id name resourceId status startTime}";
    let open = check(azure, row("deleting", source, asked(), (202, shape))).await;
    assert_eq!(open.body["status"], "Deleting");
    assert_eq!(place(&open, "azure-asyncoperation"), place(&open, "location"), "both anew");
    pass(azure, 66);
    let shape = "{id name resourceId status startTime properties=null}";
    let over = check(azure, row("deleted", source, asked(), (200, shape))).await;
    assert_eq!(over.body["status"], "Succeeded");
    let get = row("GET what is gone", source::NET, ("GET", path.to_owned(), Value::Null), (404, ERROR));
    let there: &[&str] = &["x-ms-failure-cause", "x-ms-request-id", "x-ms-routing-request-id"];
    let missing = check(azure, Row { there, ..get }).await;
    assert_eq!(missing.headers["x-ms-failure-cause"], "gateway");
    assert_eq!(missing.headers["content-type"], "application/json");
}

const WHOLE_DOMAIN: &str = with_system!(
    "{id name type location",
    "properties{provisioningState dataLocation fromSenderDomain mailFromSenderDomain domainManagement \
     userEngagementTracking verificationStates{Domain{status} SPF{status} DKIM{status} DKIM2{status} DMARC{status}} \
     verificationRecords{Domain{type name value ttl} SPF{type name value ttl} DKIM{type name value ttl} \
     DKIM2{type name value ttl}}}}"
);

#[tokio::test]
async fn domains_are_made_changed_verified_and_deleted() {
    let azure = azure();
    let path = format!("{}/emailServices/contoso-email/domains/recorded.example", provider());
    let body = json!({ "location": "Global", "properties": { "domainManagement": "CustomerManaged" } });
    let shape = with_system!("{id name type location", "properties{domainManagement provisioningState}}");
    let put = row("PUT a domain", source::CLI_DOMAIN, ("PUT", path.clone(), body), (201, shape));
    let made = check(&azure, Row { absent: NO_PACE, ..put }).await;
    poll(&azure, source::CLI_DOMAIN, &place(&made, "azure-asyncoperation")).await;
    let get = ("GET", path.clone(), Value::Null);
    check(&azure, row("GET a domain", source::NET, get, (200, WHOLE_DOMAIN))).await;
    let body = json!({ "properties": { "userEngagementTracking": "Enabled" } });
    let patch = row("PATCH a domain", source::NET, ("PATCH", path.clone(), body), (200, WHOLE_DOMAIN));
    let at_once: &[&str] = &["azure-asyncoperation", "location", "retry-after"];
    check(&azure, Row { absent: at_once, ..patch }).await;

    for action in ["initiateVerification", "cancelVerification"] {
        let asked = ("POST", format!("{path}/{action}"), json!({ "verificationType": "Domain" }));
        let post = row(action, source::NET, asked, (202, "=null"));
        let begun = check(&azure, Row { absent: &["retry-after", "etag"], ..post }).await;
        assert_eq!(place(&begun, "azure-asyncoperation"), place(&begun, "location"));
        pass(&azure, 1);
    }
    let shown = ask(&azure, &("GET", path.clone(), Value::Null)).await;
    let state = &shown.body["properties"]["verificationStates"]["Domain"];
    assert_eq!(
        *state,
        json!({ "status": "VerificationInProgress", "errorCode": "" }),
        "a second after the cancel"
    );
    gone(&azure, source::NET, &path).await;
}

#[tokio::test]
async fn what_has_no_location_is_written_and_read_in_two_forms() {
    let azure = azure();
    let domain = format!("{}/emailServices/contoso-email/domains/contoso.example", provider());
    let service = format!("{}/communicationServices/contoso-mail", provider());
    let login = json!({ "properties": {
        "username": "recorded", "entraApplicationId": "33333333-cccc-4333-8333-333333333333",
        "tenantId": "11111111-aaaa-4111-8111-111111111111",
    } });
    let written_sender = "{id name type systemData{createdBy createdByType createdAt lastModifiedBy \
                          lastModifiedByType lastModifiedAt} properties{username displayName provisioningState}}";
    let written_login = "{id name type systemData{createdBy createdByType createdAt lastModifiedBy \
                         lastModifiedByType lastModifiedAt} properties{username entraApplicationId tenantId}}";
    let written_list = "{id name type systemData{createdBy createdByType createdAt lastModifiedBy \
                        lastModifiedByType lastModifiedAt} properties{listName dataLocation createdTimeStamp \
                        lastUpdatedTimeStamp}}";
    let written_address = "{id name type systemData{createdBy createdByType createdAt lastModifiedBy \
                           lastModifiedByType lastModifiedAt} properties{email firstName lastModified}}";
    let list_shape = "{id name type properties{listName dataLocation createdTimeStamp lastUpdatedTimeStamp}}";
    let list = format!("{domain}/suppressionLists/2E1AC9C0-1111-4111-8111-111111111111");
    for (source, path, body, shapes, gone) in [
        (
            source::NET,
            format!("{domain}/senderUsernames/News"),
            json!({ "properties": { "username": "News", "displayName": "News" } }),
            [written_sender, "{id name type properties{username displayName}}"],
            (200, "=null"),
        ),
        (
            source::CLI,
            format!("{service}/smtpUsernames/Recorded-Login"),
            login,
            [written_login, "{id name type properties{username entraApplicationId tenantId}}"],
            (204, ""),
        ),
        (
            source::NET_PRE,
            list.clone(),
            json!({ "properties": { "listName": "" } }),
            [written_list, list_shape],
            (200, "=null"),
        ),
        (
            source::NET_PRE,
            format!("{list}/suppressionListAddresses/A1"),
            json!({ "properties": { "email": "gone@example.com", "firstName": "Gone" } }),
            [written_address, "{id name type properties{email firstName lastModified}}"],
            (200, "=null"),
        ),
    ] {
        if path.ends_with("/A1") {
            // The list that it is on was deleted by the row above.
            ask(&azure, &("PUT", list.clone(), json!({ "properties": { "listName": "" } }))).await;
        }
        let put = check(&azure, row("PUT", source, ("PUT", path.clone(), body), (200, shapes[0]))).await;
        let get = ("GET", path.clone(), Value::Null);
        let read = check(&azure, row("GET", source, get.clone(), (200, shapes[1]))).await;
        let kind = |of: &Value| of["type"].as_str().unwrap().to_owned();
        assert_eq!(kind(&put.body), format!("microsoft.communication/{}", kind(&read.body)));
        let name = read.body["name"].as_str().unwrap();
        assert_eq!(name, name.to_ascii_lowercase());
        let delete = ("DELETE", path.clone(), Value::Null);
        check(&azure, row("DELETE", source, delete, gone)).await;
        let missing = check(&azure, row("GET what is gone", source::NET_PRE, get, (404, ERROR))).await;
        assert_eq!(missing.body["error"]["code"], "ResourceReadFailed");
        assert_eq!(missing.headers["x-ms-failure-cause"], "service");
    }
}

#[tokio::test]
async fn actions_answer_in_one_go() {
    let azure = azure();
    let service = format!("{}/communicationServices/contoso-mail", provider());
    let check_name = format!("{SUBSCRIPTION}/providers/Microsoft.Communication/checkNameAvailability");
    let name = |name: &str| json!({ "name": name, "type": "Microsoft.Communication/CommunicationServices" });
    let hub = json!({ "resourceId": "/subscriptions/x", "connectionString": "y" });
    let keys = "{primaryKey secondaryKey primaryConnectionString secondaryConnectionString}";
    for (action, body, shape) in [
        (format!("{service}/listKeys"), Value::Null, keys),
        (
            format!("{service}/regenerateKey"),
            json!({ "keyType": "Primary" }),
            "{primaryKey primaryConnectionString}",
        ),
        (
            format!("{service}/regenerateKey"),
            json!({ "keyType": "secondary" }),
            "{secondaryKey secondaryConnectionString}",
        ),
        (check_name.clone(), name("recorded"), "{nameAvailable}"),
        (check_name, name("contoso-mail"), "{nameAvailable reason message}"),
        (format!("{service}/linkNotificationHub"), hub, "{resourceId}"),
    ] {
        let row = row("POST", source::POWERSHELL, ("POST", action, body), (200, shape));
        check(&azure, Row { absent: &["etag", "azure-asyncoperation"], ..row }).await;
    }
    let path = "/providers/Microsoft.Communication/operations".to_owned();
    let shape =
        "{value[{name isDataAction display{provider resource operation description} properties=null}]}";
    let list = row("operations", source::PYTHON, ("GET", path, Value::Null), (200, shape));
    check(&azure, Row { there: &["mise-correlation-id"], absent: &["x-ms-request-id"], ..list }).await;
}

#[tokio::test]
async fn groups_and_zones_have_shapes_of_their_own() {
    let azure = azure();
    let group = format!("{SUBSCRIPTION}/resourcegroups/recorded");
    let shape = "{id name type location properties{provisioningState}}";
    let put = ("PUT", group, json!({ "location": "westeurope" }));
    let plain = Row { there: &["x-ms-request-id"], ..row("a group", source::NET, put, (201, shape)) };
    check(&azure, plain).await;

    let zone =
        format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Network/dnsZones/Northwind.example");
    let counters: &[&str] = &["x-ms-ratelimit-remaining-subscription-resource-requests"];
    let own: &[&str] =
        &["x-ms-ratelimit-remaining-subscription-writes", "x-ms-ratelimit-remaining-subscription-reads"];
    let body = json!({ "properties": { "TTL": 3600, "TXTRecords": [{ "value": ["a"] }] } });
    let put = ask(&azure, &("PUT", format!("{zone}/TXT/MAIL"), body)).await;
    assert_eq!(put.status, 201, "{:?}: {}", source::GO_DNS, put.text);
    assert_eq!((&put.body["name"], put.body["properties"].get("metadata")), (&json!("mail"), None));
    assert!(put.body["id"].as_str().unwrap().contains("/Microsoft.Network/dnszones/northwind.example/"));
    let bad = ("PUT", format!("{zone}/TXT/x"), json!({ "properties": { "TTL": 0 } }));
    let refused = row("no envelope", source::CLI_DNS, bad, (400, "{code message}"));
    check(&azure, Row { there: counters, absent: own, ..refused }).await;
}
