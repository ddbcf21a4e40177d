//! `/v1/webhooks` and what is below it.

use std::collections::BTreeSet;

use model::caller::{AccountScope, Caller, Identity, Role};
use serde_json::{Value, json};

use crate::app::{ACCOUNT, App, NOW};

fn hook(name: &str) -> Value {
    json!({ "url": "https://hooks.example.com/in", "name": name })
}

#[tokio::test]
async fn a_web_hook_is_added_listed_changed_and_removed() {
    let app = App::start().await;
    let added = app.post("/v1/webhooks", &json!({ "url": "https://hooks.example.com/in" })).await;
    assert_eq!((added.status, &added.body["name"]), (201, &json!("hooks.example.com")), "{}", added.text);
    let secret = added.body["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let more = json!({
        "url": "http://127.0.0.1:9/", "name": "crm", "kinds": ["message.failed", "message.delivered"],
        "account": ACCOUNT, "batch": 20, "allow_private": true,
    });
    assert_eq!(app.post("/v1/webhooks", &more).await.status, 201);
    let again = app.post("/v1/webhooks", &hook("CRM")).await;
    assert_eq!(again.error(), (409, "exists", None), "{}", again.text);

    let list = app.get("/v1/webhooks?limit=1").await;
    let expected = json!({
        "name": "crm", "url": "http://127.0.0.1:9/", "kinds": ["message.delivered", "message.failed"],
        "account": ACCOUNT, "batch": 20, "allow_private": true, "state": "enabled", "created_at": NOW,
        "delivered_at": null, "failing": null, "dead_letters": 0, "previous_secret_until": null,
    });
    assert_eq!(list.body["items"], json!([expected]), "{}", list.text);
    let cursor = list.body["next"].as_str().unwrap();
    let rest = app.get(&format!("/v1/webhooks?cursor={cursor}")).await;
    assert_eq!(rest.body["items"][0]["kinds"].as_array().unwrap().len(), 9);
    assert_eq!((rest.body["items"].as_array().unwrap().len(), &rest.body["next"]), (1, &Value::Null));
    assert!(!list.text.contains("whsec_") && !rest.text.contains("whsec_"));

    let disabled = app.ask("PATCH", "/v1/webhooks/crm", &json!({ "state": "disabled" })).await;
    assert_eq!((disabled.status, &disabled.body["state"]), (200, &json!("disabled")));
    let idle = app.post("/v1/webhooks/crm/events:replay", &json!({})).await;
    assert_eq!(idle.error(), (409, "conflict", None), "{}", idle.text);
    let wrong = app.ask("PATCH", "/v1/webhooks/crm", &json!({ "state": "gone" })).await;
    assert_eq!(wrong.error(), (422, "invalid", Some("state")));
    let enabled = app.ask("PATCH", "/v1/webhooks/crm", &json!({ "state": "enabled" })).await;
    assert_eq!(enabled.body["state"], "enabled");
    let replayed = app.post("/v1/webhooks/crm/events:replay", &json!({})).await;
    assert_eq!(replayed.body, json!({ "name": "crm", "dead_letters": 0 }));
    let since = app.post("/v1/webhooks/crm/events:replay", &json!({ "since": NOW })).await;
    assert_eq!(since.body, json!({ "name": "crm", "dead_letters": null }));
    let letters = app.get("/v1/webhooks/crm/dead-letters").await;
    assert_eq!(letters.body, json!({ "items": [], "next": null }));
    let garbled = app.get("/v1/webhooks/crm/dead-letters?cursor=eA").await;
    assert_eq!(garbled.error(), (422, "invalid", Some("cursor")));

    let rotated = app.post("/v1/webhooks/crm/secret:rotate", &json!({ "overlap_hours": 2 })).await;
    assert_eq!(rotated.body["previous_secret_until"], "2027-01-15T10:00:00Z", "{}", rotated.text);
    assert_ne!(rotated.body["secret"], json!(secret));
    let too_long = app.post("/v1/webhooks/crm/secret:rotate", &json!({ "overlap_hours": 721 })).await;
    assert_eq!(too_long.error(), (422, "invalid", Some("overlap_hours")));
    let shown = app.get("/v1/webhooks/crm").await;
    assert_eq!(shown.body["previous_secret_until"], "2027-01-15T10:00:00Z");

    // Nobody listens there.
    let tested = app.post("/v1/webhooks/crm/events:test", &json!({})).await;
    assert_eq!((tested.status, &tested.body["accepted"]), (200, &json!(false)), "{}", tested.text);
    assert!(tested.body["message"].as_str().unwrap().contains("no connection"), "{}", tested.text);

    assert_eq!(app.delete("/v1/webhooks/crm").await.status, 204);
    let missing = app.get("/v1/webhooks/crm").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    let audit = app.get("/v1/audit?subject=crm").await;
    let actions: Vec<&str> =
        audit.body["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    let expected = ["remove", "test", "rotate", "replay", "replay", "enable", "disable", "add"];
    assert_eq!(actions, expected.map(|action| format!("webhook.{action}")));
    assert!(!audit.text.contains("whsec_"));
}

#[tokio::test]
async fn a_web_hook_that_cannot_be_says_which_field_is_wrong() {
    let app = App::start().await;
    for (field, value) in [
        ("url", json!("nowhere")),
        ("url", json!("https://10.0.0.1/")),
        ("url", json!("http://hooks.example.com/")),
        ("name", json!("a b")),
        ("kinds", json!(["message.lost"])),
        ("batch", json!(0)),
        ("batch", json!(101)),
        ("ca_pem", json!("no certificate")),
    ] {
        let mut body = hook("crm");
        body[field] = value.clone();
        let refused = app.post("/v1/webhooks", &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{value}: {}", refused.text);
    }
    let mut body = hook("crm");
    body["account"] = json!("fabrikam");
    assert_eq!(app.post("/v1/webhooks", &body).await.status, 404);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn callers_see_and_change_the_web_hooks_of_their_accounts() {
    let app = App::start().await;
    let mut own = hook("own");
    own["account"] = json!(ACCOUNT);
    for body in [own, hook("server")] {
        assert_eq!(app.post("/v1/webhooks", &body).await.status, 201);
    }
    let account = app.control.account(ACCOUNT).unwrap().id;
    let caller = |role, accounts: &[model::id::AccountId]| {
        let identity = Identity { who: "ada".to_owned(), origin: "console".to_owned() };
        let accounts = AccountScope::Only(BTreeSet::from_iter(accounts.iter().copied()));
        app.control.by(Caller { identity, role, accounts })
    };
    let names = async |control: &control::Control| -> Vec<String> {
        let all = control.webhooks().await.unwrap();
        all.into_iter().map(|known| known.webhook.name.to_string()).collect()
    };
    let (operator, viewer) = (caller(Role::Operator, &[account]), caller(Role::Viewer, &[account]));
    let stranger = caller(Role::Owner, &[]);
    assert_eq!(names(&app.control).await, ["own", "server"]);
    assert_eq!((names(&operator).await, names(&stranger).await), (vec!["own".to_owned()], Vec::new()));
    for (control, hook, expected) in [
        (&operator, "server", "server does not exist"),
        (&viewer, "own", "needs the role operator"),
        (&stranger, "own", "own does not exist"),
    ] {
        let refused = control.remove_webhook(hook).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{hook}: {refused}");
    }
    assert!(operator.rotate_webhook_secret("own", None).await.is_ok());
    let everywhere = control::NewWebhook { url: "https://hooks.example.com".into(), ..Default::default() };
    assert!(operator.add_webhook(everywhere).await.is_err(), "it would be told of all accounts");
}
