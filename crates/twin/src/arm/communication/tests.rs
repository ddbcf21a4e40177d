//! From nothing to a domain that mail can be sent from, and back.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::tests::{SUBSCRIPTION, ask, assign, send};
use crate::rehearsal::{Answer, Rehearsal};
use crate::state::dns::{Record, Zone};

const DOMAIN: &str = "fabrikam.example";

fn provider() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication")
}

fn domain(name: &str) -> String {
    format!("{}/emailServices/fabrikam/domains/{name}", provider())
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default())
}

fn wait(rehearsal: &Rehearsal) {
    rehearsal.backend.advance(SignedDuration::from_mins(5));
}

/// An email service with a domain of the customer's, all of it there.
async fn email_service(rehearsal: &Rehearsal) {
    let body = json!({ "location": "global", "properties": { "dataLocation": "Europe" } });
    let made = send(rehearsal, "PUT", &format!("{}/emailServices/fabrikam", provider()), body).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    wait(rehearsal);
    let body = json!({ "location": "global", "properties": { "domainManagement": "CustomerManaged" } });
    let made = send(rehearsal, "PUT", &domain(DOMAIN), body).await;
    assert_eq!((made.status, &made.body["properties"]["provisioningState"]), (201, &json!("Accepted")));
    assert_eq!(
        made.body["properties"]["verificationRecords"],
        Value::Null,
        "it says next to nothing at first"
    );
    wait(rehearsal);
}

/// Puts into DNS what the domain asks for, except one.
async fn publish(rehearsal: &Rehearsal, except: &str) {
    let shown = ask(rehearsal, "GET", &domain(DOMAIN)).await;
    let wanted = shown.body["properties"]["verificationRecords"].as_object().unwrap().clone();
    let records = wanted.iter().filter(|(part, _)| *part != except).map(|(_, record)| {
        let name = record["name"].as_str().unwrap();
        let name = if name.ends_with(DOMAIN) { name.to_owned() } else { format!("{name}.{DOMAIN}") };
        Record::new(record["type"].as_str().unwrap(), &name, record["value"].as_str().unwrap())
    });
    let zone = Zone { name: DOMAIN.to_owned(), records: records.collect(), ..Zone::default() };
    rehearsal.backend.change_state(|state| state.zones = vec![zone]);
}

async fn verify(rehearsal: &Rehearsal, part: &str) -> Value {
    let path = format!("{}/initiateVerification", domain(DOMAIN));
    let begun = send(rehearsal, "POST", &path, json!({ "verificationType": part })).await;
    assert_eq!(begun.status, 202, "{part}: {:?}", begun.body);
    assert!(begun.headers.contains_key("location") && begun.headers.contains_key("azure-asyncoperation"));
    let state = async || {
        let shown = ask(rehearsal, "GET", &domain(DOMAIN)).await;
        shown.body["properties"]["verificationStates"][part].clone()
    };
    assert_ne!(state().await["status"], "VerificationInProgress", "the operation is not over yet");
    rehearsal.backend.advance(SignedDuration::from_secs(1));
    assert_eq!(state().await["status"], "VerificationInProgress");
    wait(rehearsal);
    state().await
}

#[tokio::test]
async fn a_domain_is_verified_part_by_part_and_linked_then() {
    let rehearsal = Rehearsal::begin();
    email_service(&rehearsal).await;
    let body = json!({ "location": "global", "properties": { "dataLocation": "Europe" } });
    let service = format!("{}/communicationServices/fabrikam-mail", provider());
    let made = send(&rehearsal, "PUT", &service, body).await;
    assert_eq!(made.status, 201);
    let operation = made.headers["azure-asyncoperation"].to_str().unwrap().to_owned();
    let path =
        operation.split_once("/subscriptions").map(|(_, rest)| format!("/subscriptions{rest}")).unwrap();
    assert_eq!(ask(&rehearsal, "GET", &path).await.body["status"], "Accepted");
    wait(&rehearsal);
    assert_eq!(ask(&rehearsal, "GET", &path).await.body["status"], "Succeeded");

    let link = async || {
        let body = json!({ "properties": { "linkedDomains": [domain(DOMAIN)] } });
        send(&rehearsal, "PATCH", &service, body).await
    };
    assert_eq!(code(&link().await), (400, "InvalidLinkedDomains"));
    publish(&rehearsal, "none").await;
    for part in ["Domain", "SPF", "DKIM", "DKIM2"] {
        assert_eq!(verify(&rehearsal, part).await["status"], "Verified", "{part}");
    }
    let path = format!("{}/initiateVerification", domain(DOMAIN));
    let again = send(&rehearsal, "POST", &path, json!({ "verificationType": "SPF" })).await;
    assert_eq!(code(&again), (409, "Conflict"));
    let linked = link().await;
    assert_eq!(
        (linked.status, &linked.body["properties"]["linkedDomains"][0]),
        (200, &json!(domain(DOMAIN)))
    );

    assert_eq!(code(&ask(&rehearsal, "DELETE", &domain(DOMAIN)).await), (409, "DomainIsLinked"));
    let body = json!({ "properties": { "linkedDomains": [] } });
    assert_eq!(send(&rehearsal, "PATCH", &service, body).await.status, 200);
    assert_eq!(ask(&rehearsal, "DELETE", &domain(DOMAIN)).await.status, 202);
    assert_eq!(ask(&rehearsal, "GET", &domain(DOMAIN)).await.status, 404);
}

#[tokio::test]
async fn what_is_missing_in_dns_fails_and_can_be_tried_again() {
    for (missing, why) in [
        ("Domain", "DomainVerificationRecordNotFound"),
        ("SPF", "SpfRecordNotFound"),
        ("DKIM2", "DkimRecordNotFound"),
    ] {
        let rehearsal = Rehearsal::begin();
        email_service(&rehearsal).await;
        publish(&rehearsal, missing).await;
        if missing != "Domain" {
            verify(&rehearsal, "Domain").await;
        }
        let failed = verify(&rehearsal, missing).await;
        assert_eq!((&failed["status"], &failed["errorCode"]), (&json!("VerificationFailed"), &json!(why)));
        publish(&rehearsal, "none").await;
        assert_eq!(verify(&rehearsal, missing).await["status"], "Verified");
    }
}

#[tokio::test]
async fn a_domain_of_azure_is_verified_from_the_start() {
    let rehearsal = Rehearsal::begin();
    email_service(&rehearsal).await;
    let body = json!({ "location": "global", "properties": { "domainManagement": "AzureManaged" } });
    let wrong = send(&rehearsal, "PUT", &domain("mine"), body.clone()).await;
    assert_eq!(code(&wrong), (400, "InvalidResourceName"));
    send(&rehearsal, "PUT", &domain("AzureManagedDomain"), body).await;
    wait(&rehearsal);
    let shown = ask(&rehearsal, "GET", &domain("AzureManagedDomain")).await;
    assert!(shown.body["properties"]["fromSenderDomain"].as_str().unwrap().ends_with(".azurecomm.net"));
    assert_eq!(shown.body["properties"]["verificationStates"]["DKIM2"]["status"], "Verified");
}

#[tokio::test]
async fn senders_and_suppressed_addresses_come_and_go() {
    let rehearsal = Rehearsal::begin();
    email_service(&rehearsal).await;
    let sender = format!("{}/senderUsernames/Scanner", domain(DOMAIN));
    let body = json!({ "properties": { "username": "Scanner", "displayName": "The scanner" } });
    let other = json!({ "properties": { "username": "printer" } });
    assert_eq!(code(&send(&rehearsal, "PUT", &sender, other).await), (400, "InvalidSenderUsername"));
    assert_eq!(send(&rehearsal, "PUT", &sender, body).await.status, 200);
    let list = ask(&rehearsal, "GET", &format!("{}/senderUsernames", domain(DOMAIN))).await;
    let names: Vec<&Value> = list.body["value"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, [&json!("donotreply"), &json!("scanner")]);
    assert_eq!(ask(&rehearsal, "DELETE", &sender).await.status, 200);
    assert_eq!(ask(&rehearsal, "DELETE", &sender).await.status, 204);

    let list = format!("{}/suppressionLists/everybody", domain(DOMAIN));
    let address = format!("{list}/suppressionListAddresses/one");
    let entry = json!({ "properties": { "email": "gone@example.com", "firstName": "Gone" } });
    assert_eq!(send(&rehearsal, "PUT", &address, entry.clone()).await.status, 404, "there is no list yet");
    let all = json!({ "properties": { "listName": "" } });
    assert_eq!(send(&rehearsal, "PUT", &list, all).await.status, 200);
    assert_eq!(send(&rehearsal, "PUT", &address, entry).await.status, 200);
    let shown = ask(&rehearsal, "GET", &address).await;
    let properties = &shown.body["properties"];
    assert_eq!(
        (&properties["email"], &properties["firstName"]),
        (&json!("gone@example.com"), &json!("Gone"))
    );
    assert_eq!(properties.get("notes"), None, "nothing was said");
    assert_eq!(ask(&rehearsal, "DELETE", &list).await.status, 200);
    assert_eq!(ask(&rehearsal, "GET", &address).await.status, 404);
}

#[tokio::test]
async fn whoever_may_only_read_writes_nothing() {
    let rehearsal = Rehearsal::begin();
    assign(&rehearsal, SUBSCRIPTION, &["*/read"]);
    let service = format!("{}/communicationServices/contoso-mail", provider());
    assert_eq!(ask(&rehearsal, "GET", &service).await.status, 200);
    let changes = [
        ("PUT", service.clone()),
        ("PATCH", service.clone()),
        ("DELETE", service.clone()),
        ("POST", format!("{service}/listKeys")),
        ("POST", format!("{service}/regenerateKey")),
        ("PUT", format!("{service}/smtpUsernames/printers")),
        ("PUT", format!("{}/emailServices/other", provider())),
        ("PUT", domain(DOMAIN)),
        ("POST", format!("{}/initiateVerification", domain(DOMAIN))),
    ];
    for (method, path) in changes {
        let body = json!({ "properties": { "dataLocation": "Europe" } });
        let refused = send(&rehearsal, method, &path, body).await;
        assert_eq!(code(&refused), (403, "AuthorizationFailed"), "{method} {path}");
    }
    assert_eq!(ask(&rehearsal, "GET", &service).await.status, 200);
}

#[tokio::test]
async fn a_key_that_was_regenerated_is_another() {
    let rehearsal = Rehearsal::begin();
    let service = format!("{}/communicationServices/contoso-mail", provider());
    let keys = async || ask(&rehearsal, "POST", &format!("{service}/listKeys")).await.body;
    let before = keys().await;
    let body = json!({ "keyType": "Primary" });
    let made = send(&rehearsal, "POST", &format!("{service}/regenerateKey"), body).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    let after = keys().await;
    assert_ne!(before["primaryKey"], after["primaryKey"]);
    assert_eq!(before["secondaryKey"], after["secondaryKey"]);
    assert!(
        after["primaryConnectionString"].as_str().unwrap().contains(after["primaryKey"].as_str().unwrap())
    );
}

#[tokio::test]
async fn names_of_services_are_nobody_elses() {
    let rehearsal = Rehearsal::begin();
    let path = format!("{SUBSCRIPTION}/providers/Microsoft.Communication/checkNameAvailability");
    let asked = async |name: &str| {
        let body = json!({ "name": name, "type": "Microsoft.Communication/CommunicationServices" });
        send(&rehearsal, "POST", &path, body).await.body
    };
    assert_eq!(asked("free-one").await, json!({ "nameAvailable": true }));
    assert_eq!(asked("Contoso-Mail").await["reason"], "AlreadyExists");
    assert_eq!(asked("no name").await["reason"], "Invalid");
}

#[tokio::test]
async fn a_service_has_an_identity_if_it_is_asked_for_and_a_hundred_links_at_most() {
    let rehearsal = Rehearsal::begin();
    let path = format!(
        "{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/communicationServices/contoso-mail"
    );
    let shown = send(&rehearsal, "PATCH", &path, json!({ "identity": { "type": "SystemAssigned" } })).await;
    assert_eq!(shown.body["identity"]["type"], "SystemAssigned");
    assert_eq!(shown.body["identity"]["principalId"].as_str().map(str::len), Some(36));
    let again = ask(&rehearsal, "GET", &path).await;
    assert_eq!(again.body["identity"], shown.body["identity"]);
    let shown = send(&rehearsal, "PATCH", &path, json!({ "identity": { "type": "None" } })).await;
    assert_eq!(shown.body["identity"], Value::Null);

    rehearsal.backend.change_state(|state| state.behaviour.linked_domains = 1);
    let links = ask(&rehearsal, "GET", &path).await.body["properties"]["linkedDomains"].clone();
    let body = json!({ "properties": { "linkedDomains": links } });
    let refused = send(&rehearsal, "PATCH", &path, body).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &json!("InvalidLinkedDomains")));
}

#[tokio::test]
async fn a_domain_of_exchange_online_is_verified_as_others_are() {
    let rehearsal = Rehearsal::begin();
    let path = format!(
        "{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/emailServices/contoso-email/domains/x.example"
    );
    let kind = "CustomerManagedInExchangeOnline";
    let body = json!({ "location": "global", "properties": { "domainManagement": kind } });
    assert_eq!(send(&rehearsal, "PUT", &path, body).await.status, 201);
    rehearsal.backend.advance(SignedDuration::from_mins(5));
    let shown = ask(&rehearsal, "GET", &path).await.body["properties"].clone();
    assert_eq!(shown["domainManagement"], kind);
    assert_eq!(shown["verificationStates"]["Domain"]["status"], "NotStarted");
}
