//! `/v1/dns-providers` and `/v1/dns-providers/{name}`.

use model::dns_provider::{DnsProvider, DnsProviderKind};
use model::id::DnsProviderId;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::AuditEntry;

use crate::app::{App, NOW};
use crate::azure::WithAzure;

const TOKEN: &str = "a-token-that-nobody-may-see";

fn connection() -> Value {
    json!({ "name": "cf", "kind": "cloudflare", "token": TOKEN, "base_url": "https://localhost:1/client/v4" })
}

#[tokio::test]
async fn a_connection_is_listed_without_its_token_and_removed() {
    let app = App::start().await;
    let kept = DnsProvider {
        id: DnsProviderId::from_bytes([1; 16]),
        name: "cf".parse().unwrap(),
        kind: DnsProviderKind::Cloudflare,
        base_url: "https://localhost:1/client/v4".parse().unwrap(),
        ca_pem: None,
        created_at: NOW.parse().unwrap(),
    };
    let entry = AuditEntry {
        at: kept.created_at,
        who: "a test".to_owned(),
        origin: String::new(),
        action: "dns.add".to_owned(),
        subject: "cf".to_owned(),
        detail: String::new(),
    };
    app.store.dns_providers().add(kept, SecretString::from(TOKEN), entry).await.unwrap();
    let list = app.get("/v1/dns-providers").await;
    let expected = json!([{
        "name": "cf", "kind": "cloudflare", "base_url": "https://localhost:1/client/v4", "created_at": NOW,
    }]);
    assert_eq!((list.status, &list.body["items"]), (200, &expected));
    let removed = app.delete("/v1/dns-providers/cf").await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    let missing = app.delete("/v1/dns-providers/cf").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(app.get("/v1/dns-providers").await.body, json!({ "items": [], "next": null }));
}

#[tokio::test]
async fn connections_that_cannot_be_say_which_field_is_wrong_and_nothing_of_the_token() {
    let app = App::start().await;
    for (field, value) in [("kind", "route66"), ("token", ""), ("base_url", "nowhere"), ("name", "c f")] {
        let mut body = connection();
        body[field] = json!(value);
        let refused = app.post("/v1/dns-providers", &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{field}: {}", refused.text);
        assert!(!refused.text.contains(TOKEN), "{field}: {}", refused.text);
    }
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn a_provider_is_connected_once_it_accepts_the_token() {
    let app = WithAzure::start().await;
    let body = app.dns_provider();
    let mut wrong = body.clone();
    wrong["token"] = json!(TOKEN);
    let refused = app.post("/v1/dns-providers", &wrong).await;
    assert_eq!(refused.error(), (422, "invalid", Some("token")), "{}", refused.text);
    assert!(!refused.text.contains(TOKEN), "{}", refused.text);
    assert_eq!(app.get("/v1/dns-providers").await.body["items"], json!([]));

    let added = app.post("/v1/dns-providers", &body).await;
    let expected =
        json!({ "name": "cf", "kind": "cloudflare", "base_url": body["base_url"], "created_at": NOW });
    assert_eq!((added.status, &added.body), (201, &expected), "{}", added.text);
    assert_eq!(app.get("/v1/dns-providers").await.body["items"], json!([expected]));
    let again = app.post("/v1/dns-providers", &body).await;
    assert_eq!(again.error(), (409, "exists", None), "{}", again.text);
    let domain = json!({
        "name": "fabrikam.example",
        "domain": { "dns": "cf" },
        "infrastructure": { "resource_group": "mail", "email_service": "contoso-email" },
    });
    assert_eq!(app.post("/v1/accounts/northwind/domains", &domain).await.status, 201);
    let used = app.delete("/v1/dns-providers/cf").await;
    assert_eq!(used.error(), (409, "in_use", None), "{}", used.text);
    let mut nowhere = connection();
    nowhere["name"] = json!("elsewhere");
    let unreachable = app.drive(app.post("/v1/dns-providers", &nowhere)).await;
    assert_eq!(unreachable.error(), (503, "upstream", None), "{}", unreachable.text);
    assert_eq!(unreachable.header("retry-after"), Some("60"), "{}", unreachable.text);
}
