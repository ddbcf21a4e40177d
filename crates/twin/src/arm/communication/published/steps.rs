//! All that is asked: every resource made, read, listed, changed and taken away, and every action.

use serde_json::{Value, json};

use super::Walk;

const PROVIDER: &str = "providers/Microsoft.Communication";
const GROUP: &str = "resourceGroups/mail/providers/Microsoft.Communication";

/// One after the other: what comes later stands on what was made before.
pub(super) async fn all(walk: &mut Walk) {
    provider(walk).await;
    domains(walk).await;
    services(walk).await;
    senders(walk).await;
    logins(walk).await;
    suppression(walk).await;
    deletions(walk).await;
}

async fn provider(walk: &mut Walk) {
    walk.ask("GET", &format!("/{PROVIDER}/operations"), Value::Null).await;
    for name in ["free", "contoso-mail", "not a name"] {
        let asked = json!({ "name": name, "type": "Microsoft.Communication/CommunicationServices" });
        walk.ask("POST", &format!("{PROVIDER}/checkNameAvailability"), asked).await;
    }
    walk.ask("POST", &format!("{PROVIDER}/listVerifiedExchangeOnlineDomains"), Value::Null).await;
}

const EUROPE: &str =
    r#"{ "location": "Global", "tags": { "a": "b" }, "properties": { "dataLocation": "Europe" } }"#;

fn europe() -> Value {
    serde_json::from_str(EUROPE).unwrap()
}

async fn domains(walk: &mut Walk) {
    let email = format!("{GROUP}/emailServices/new");
    walk.make(&email, europe()).await;
    walk.get(&email).await;
    walk.wait();
    walk.ask("PUT", &email, europe()).await;
    walk.ask("PATCH", &email, json!({ "tags": { "c": "d" } })).await;
    assert_eq!(walk.ask("PUT", &email, json!("nothing")).await.status, 400);
    for base in [PROVIDER, GROUP] {
        walk.get(&format!("{base}/emailServices")).await;
    }
    for (name, management) in [("new.example", "CustomerManaged"), ("AzureManagedDomain", "AzureManaged")] {
        let domain = format!("{email}/domains/{name}");
        let body = json!({ "location": "Global", "properties": { "domainManagement": management } });
        walk.make(&domain, body.clone()).await;
        walk.get(&domain).await;
        walk.wait();
        walk.get(&domain).await;
        walk.ask("PUT", &domain, body).await;
        walk.ask("PATCH", &domain, json!({ "properties": { "userEngagementTracking": "Enabled" } })).await;
    }
    walk.get(&format!("{email}/domains")).await;
    let domain = format!("{email}/domains/new.example");
    for part in ["Domain", "SPF", "DKIM", "DKIM2", "DMARC"] {
        let asked = json!({ "verificationType": part });
        for action in ["initiateVerification", "cancelVerification", "initiateVerification"] {
            assert_eq!(walk.ask("POST", &format!("{domain}/{action}"), asked.clone()).await.status, 202);
            walk.get(&domain).await;
        }
        walk.wait();
        walk.get(&domain).await;
    }
}

async fn services(walk: &mut Walk) {
    let service = format!("{GROUP}/communicationServices/new");
    walk.make(&service, europe()).await;
    walk.get(&service).await;
    walk.wait();
    walk.ask("PUT", &service, europe()).await;
    let missing = json!({ "properties": { "linkedDomains": ["/subscriptions/nowhere"] } });
    assert_eq!(walk.ask("PATCH", &service, missing).await.status, 400);
    let more = json!({ "properties": { "disableLocalAuth": true, "publicNetworkAccess": "Disabled" } });
    walk.ask("PATCH", &service, more).await;
    walk.ask("POST", &format!("{service}/listKeys"), Value::Null).await;
    walk.ask("POST", &format!("{service}/regenerateKey"), json!({ "keyType": "Primary" })).await;
    let hub = json!({ "resourceId": "/subscriptions/x", "connectionString": "y" });
    walk.ask("POST", &format!("{service}/linkNotificationHub"), hub).await;
    for path in
        [service, format!("{GROUP}/communicationServices"), format!("{PROVIDER}/communicationServices")]
    {
        walk.get(&path).await;
    }
}

async fn senders(walk: &mut Walk) {
    let senders = format!("{GROUP}/emailServices/new/domains/new.example/senderUsernames");
    let one = format!("{senders}/News");
    let body = json!({ "properties": { "username": "News" } });
    walk.make(&one, body.clone()).await;
    walk.ask("PUT", &one, json!({ "properties": { "username": "News", "displayName": "The news" } })).await;
    assert_eq!(walk.ask("PUT", &format!("{senders}/other"), body).await.status, 400);
    walk.get(&one).await;
    walk.get(&senders).await;
    walk.delete(&one).await;
}

async fn logins(walk: &mut Walk) {
    let logins = format!("{GROUP}/communicationServices/new/smtpUsernames");
    let one = format!("{logins}/Printer");
    let body = json!({ "properties": {
        "username": "printers of new",
        "entraApplicationId": "33333333-cccc-4333-8333-333333333333",
        "tenantId": "11111111-aaaa-4111-8111-111111111111",
    } });
    walk.make(&one, body.clone()).await;
    walk.ask("PUT", &one, body).await;
    walk.get(&one).await;
    walk.get(&logins).await;
    walk.delete(&one).await;
}

async fn suppression(walk: &mut Walk) {
    let lists = format!("{GROUP}/emailServices/new/domains/new.example/suppressionLists");
    let (list, addresses) = (format!("{lists}/all"), format!("{lists}/all/suppressionListAddresses"));
    walk.make(&list, json!({ "properties": { "listName": "" } })).await;
    walk.ask("PUT", &list, json!({ "properties": { "listName": "donotreply" } })).await;
    let one = format!("{addresses}/one");
    walk.make(&one, json!({ "properties": { "email": "gone@example.com" } })).await;
    let more = json!({ "email": "gone@example.com", "firstName": "A", "lastName": "B", "notes": "C" });
    walk.ask("PUT", &one, json!({ "properties": more })).await;
    for path in [&lists, &list, &addresses, &one] {
        walk.get(path).await;
    }
    walk.delete(&one).await;
    walk.delete(&list).await;
}

async fn deletions(walk: &mut Walk) {
    let email = format!("{GROUP}/emailServices/new");
    assert_eq!(walk.ask("DELETE", &email, Value::Null).await.status, 409);
    for name in ["new.example", "AzureManagedDomain"] {
        walk.delete(&format!("{email}/domains/{name}")).await;
    }
    walk.delete(&email).await;
    walk.delete(&format!("{GROUP}/communicationServices/new")).await;
}
