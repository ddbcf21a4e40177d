//! What a write must say, what it leaves out, and writes that come at once.

use serde_json::{Value, json};

use super::super::tests::{SUBSCRIPTION, ask, send};
use crate::rehearsal::{Answer, Rehearsal};
use crate::state::Refused;

fn provider() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication")
}

fn service() -> String {
    format!("{}/communicationServices/contoso-mail", provider())
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn what_has_a_location_is_written_with_it() {
    let rehearsal = Rehearsal::begin();
    let zone = format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Network/dnsZones/new.example");
    let data = json!({ "dataLocation": "Europe" });
    let managed = json!({ "domainManagement": "CustomerManaged" });
    for (path, properties) in [
        (service(), data.clone()),
        (format!("{}/communicationServices/new", provider()), data.clone()),
        (format!("{}/emailServices/contoso-email", provider()), data),
        (format!("{}/emailServices/contoso-email/domains/contoso.example", provider()), managed.clone()),
        (format!("{}/emailServices/contoso-email/domains/new.example", provider()), managed),
        (zone, json!({})),
    ] {
        for location in [None, Some(Value::Null), Some(json!(" "))] {
            let mut body = json!({ "properties": properties });
            if let Some(location) = location {
                body["location"] = location;
            }
            let refused = send(&rehearsal, "PUT", &path, body).await;
            assert_eq!(code(&refused), (400, "LocationRequired"), "{path}");
            assert_eq!(refused.headers["x-ms-failure-cause"], "gateway");
        }
        let body = json!({ "location": "global", "properties": properties });
        let written = send(&rehearsal, "PUT", &path, body).await;
        assert!([200, 201].contains(&written.status), "{path}: {}", written.text);
    }
}

#[tokio::test]
async fn a_put_says_all_of_a_service_and_what_it_leaves_out_is_gone() {
    let rehearsal = Rehearsal::begin();
    let body = json!({
        "tags": { "by": "hand" }, "identity": { "type": "SystemAssigned" },
        "properties": { "disableLocalAuth": true, "publicNetworkAccess": "Disabled" },
    });
    assert_eq!(send(&rehearsal, "PATCH", &service(), body).await.status, 200);
    let before = ask(&rehearsal, "GET", &service()).await.body;
    assert!(!before["properties"]["linkedDomains"].as_array().unwrap().is_empty());
    let bare = json!({ "location": "global", "properties": { "dataLocation": "europe" } });
    assert_eq!(send(&rehearsal, "PUT", &service(), bare).await.status, 200);
    let after = ask(&rehearsal, "GET", &service()).await;
    let members: Vec<&String> = after.body["properties"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["dataLocation", "hostName", "immutableResourceId", "provisioningState"]);
    assert_eq!((after.body.get("tags"), after.body.get("identity")), (None, None));
    for member in ["hostName", "immutableResourceId", "dataLocation"] {
        assert_eq!(after.body["properties"][member], before["properties"][member], "{member} is chosen once");
    }
    // A caller that sends back what it read loses nothing.
    let whole = json!({
        "location": "global", "tags": before["tags"], "identity": before["identity"],
        "properties": before["properties"],
    });
    assert_eq!(send(&rehearsal, "PUT", &service(), whole).await.status, 200);
    let again = ask(&rehearsal, "GET", &service()).await.body;
    for pointer in ["/tags", "/identity", "/properties"] {
        assert_eq!(again.pointer(pointer), before.pointer(pointer));
    }
}

#[tokio::test]
async fn a_login_that_looks_like_an_address_needs_a_linked_domain() {
    let rehearsal = Rehearsal::begin();
    let login = |username: &str| {
        json!({ "properties": {
            "username": username, "entraApplicationId": "33333333-cccc-4333-8333-333333333333",
            "tenantId": "11111111-aaaa-4111-8111-111111111111",
        } })
    };
    let path = format!("{}/smtpUsernames/new", service());
    for (username, status) in [
        ("scans@contoso.example", 200),
        ("scans@CONTOSO.example", 200),
        ("any words", 200),
        ("scans@unlinked.example", 400),
        ("scans@nowhere.example", 400),
    ] {
        assert_eq!(send(&rehearsal, "PUT", &path, login(username)).await.status, status, "{username}");
    }
}

#[tokio::test]
async fn nothing_new_is_taken_from_a_day_on_if_a_seed_says_so() {
    let rehearsal = Rehearsal::begin();
    let from = rehearsal.backend.now() + jiff::SignedDuration::from_hours(1);
    rehearsal.backend.change_state(|state| {
        let (code, message) = ("ServiceRetired".to_owned(), "No new resources.".to_owned());
        state.behaviour.creation_closed = Some(Refused { from, status: 403, code, message });
    });
    let body = json!({ "location": "global", "properties": { "dataLocation": "Europe" } });
    let new = |name: &str| format!("{}/communicationServices/{name}", provider());
    assert_eq!(send(&rehearsal, "PUT", &new("early"), body.clone()).await.status, 201);
    rehearsal.backend.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(code(&send(&rehearsal, "PUT", &new("late"), body.clone()).await), (403, "ServiceRetired"));
    assert_eq!(
        send(&rehearsal, "PUT", &new("early"), body).await.status,
        200,
        "what is there can be changed"
    );
}
