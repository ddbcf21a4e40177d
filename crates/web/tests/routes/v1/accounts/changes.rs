//! `/v1/accounts`, `/v1/accounts:validate`, `/v1/accounts/{name}` and `/v1/accounts/{name}/removal`.

use serde_json::{Value, json};

use super::{account, with};
use crate::app::{ACCOUNT, App, NOW, SENDER};

#[tokio::test]
async fn an_account_is_added_shown_changed_and_removed() {
    let app = App::start().await;
    let added = app.post("/v1/accounts", &account()).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert!(!added.text.contains("b3BlbnMg"), "no secret is shown: {}", added.text);
    for (field, expected) in [
        ("name", json!("fabrikam")),
        ("state", json!("enabled")),
        ("authorization", json!("access_key")),
        ("transport", json!("auto")),
        ("created_at", json!(NOW)),
    ] {
        assert_eq!(added.body[field], expected, "{field}");
    }
    let shown = app.get("/v1/accounts/fabrikam").await;
    assert_eq!((shown.status, &shown.body["cloud"]["smtp_port"]), (200, &json!(1)), "{}", shown.text);
    let list = app.get("/v1/accounts").await.body["items"].clone();
    let names: Vec<&Value> = list.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["contoso", "fabrikam"]);
    let change = json!({ "transport": "rest", "state": "disabled" });
    let changed = app.ask("PATCH", "/v1/accounts/fabrikam", &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!((&changed.body["transport"], &changed.body["state"]), (&json!("rest"), &json!("disabled")));
    let removed = app.delete("/v1/accounts/fabrikam").await;
    assert_eq!((removed.status, &removed.body["removed"]), (200, &json!("fabrikam")), "{}", removed.text);
    assert_eq!(app.get("/v1/accounts/fabrikam").await.error(), (404, "missing", None));
}

#[tokio::test]
async fn accounts_that_cannot_be_say_which_member_is_wrong() {
    let app = App::start().await;
    for (change, status, code, field) in [
        (json!({ "name": ACCOUNT }), 409, "exists", None),
        (json!({ "name": "" }), 422, "invalid", Some("name")),
        (json!({ "name": 1 }), 422, "invalid", Some("name")),
        (json!({ "tenant_id": "nothing" }), 422, "invalid", Some("tenant_id")),
        (json!({ "transport": "pigeon" }), 422, "invalid", Some("transport")),
        (json!({ "managed_identity": true }), 422, "invalid", Some("client_secret")),
        (json!({ "access_key": null }), 422, "invalid", Some("client_secret")),
        (json!({ "cloud": { "smtp_port": 25 } }), 422, "invalid", Some("cloud.smtp_host")),
        (json!({ "cloud": { "colour": "red" } }), 422, "invalid", Some("cloud.colour")),
        (json!({ "quota": { "sends_per_minute": -1 } }), 422, "invalid", Some("quota.sends_per_minute")),
        (json!({ "secret_expires_at": "soon" }), 422, "invalid", Some("secret_expires_at")),
        (json!({ "colour": "red" }), 422, "invalid", Some("colour")),
    ] {
        for path in ["/v1/accounts", "/v1/accounts:validate"] {
            let refused = app.post(path, &with(account(), &change)).await;
            assert_eq!(refused.error(), (status, code, field), "{path} {change}: {}", refused.text);
        }
    }
    let mut nameless = account();
    nameless.as_object_mut().unwrap().remove("name");
    let refused = app.post("/v1/accounts", &nameless).await;
    assert_eq!(refused.error(), (422, "invalid", Some("name")), "{}", refused.text);
    assert_eq!(app.post("/v1/accounts:validate", &account()).await.status, 200);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn changes_that_cannot_be() {
    let app = App::start().await;
    for (change, status, code, field) in [
        (json!({ "state": "asleep" }), 422, "invalid", Some("state")),
        (json!({ "transport": "pigeon" }), 422, "invalid", Some("transport")),
        (json!({ "requests_at_once": 70_000 }), 422, "invalid", Some("requests_at_once")),
        (json!({ "colour": "red" }), 422, "invalid", Some("colour")),
    ] {
        let refused = app.ask("PATCH", "/v1/accounts/contoso", &change).await;
        assert_eq!(refused.error(), (status, code, field), "{change}: {}", refused.text);
    }
    let missing = app.ask("PATCH", "/v1/accounts/fabrikam", &json!({ "transport": "rest" })).await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn an_account_in_use_is_removed_only_with_the_count_of_what_is_lost() {
    let app = App::start().await;
    let message = json!({ "from": SENDER, "to": ["a@example.com"] });
    assert_eq!(app.post("/v1/messages", &message).await.status, 202);
    assert_eq!(app.get("/v1/queue").await.status, 200);
    let losses = app.get("/v1/accounts/contoso/removal").await;
    assert_eq!(losses.body["count"], 2, "{}", losses.text);
    assert_eq!(losses.body["logins"], json!(["scanner1"]));
    for query in ["", "?discard=1", "?discard=3"] {
        let refused = app.delete(&format!("/v1/accounts/contoso{query}")).await;
        assert_eq!(refused.error(), (409, "in_use", None), "{query}: {}", refused.text);
        assert_eq!(refused.body["details"], losses.body, "{query}");
    }
    let wrong = app.delete("/v1/accounts/contoso?discard=all").await;
    assert_eq!(wrong.error(), (422, "invalid", Some("discard")), "{}", wrong.text);
    let removed = app.delete("/v1/accounts/contoso?discard=2").await;
    assert_eq!(removed.status, 200, "{}", removed.text);
    let ids = [&removed.body["told"], &removed.body["untold"]].map(|ids| ids.as_array().unwrap().len());
    assert_eq!(ids.iter().sum::<usize>(), 1, "{}", removed.text);
    for path in ["/v1/accounts/contoso", "/v1/accounts/contoso/removal"] {
        assert_eq!(app.get(path).await.error(), (404, "missing", None), "{path}");
    }
    assert_eq!(app.delete("/v1/accounts/contoso").await.error(), (404, "missing", None));
}
