//! `/v1/credentials` and what is below it.

use serde_json::{Value, json};

use crate::app::{ACCOUNT, App, NOW};

const CREDENTIALS: &str = "/v1/credentials";

#[tokio::test]
async fn a_credential_is_added_changed_reset_and_removed() {
    let app = App::start().await;
    let new = json!({ "login": "printer", "account": ACCOUNT, "rate_per_minute": 5, "lane": "bulk" });
    let added = app.post(CREDENTIALS, &new).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert!(added.body["password"].as_str().unwrap().len() > 10, "{}", added.text);
    assert_eq!((&added.body["lane"], &added.body["created_at"]), (&json!("bulk"), &json!(NOW)));
    let shown = app.get("/v1/credentials/printer").await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.body.get("password").is_none(), "it is shown once: {}", shown.text);
    let changed = app
        .ask(
            "PATCH",
            "/v1/credentials/printer",
            &json!({ "rate_per_minute": null, "networks": ["10.0.0.0/8"] }),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert!(changed.body.get("rate_per_minute").is_none(), "null removes it: {}", changed.text);
    assert_eq!(changed.body["networks"], json!(["10.0.0.0/8"]));
    assert_eq!(changed.body["lane"], "bulk", "what is absent stays");
    assert_eq!((&changed.body["dsn_to"], changed.body.get("deadline_seconds")), (&json!("sender"), None));
    let told = json!({ "dsn_to": "ops@contoso.example", "deadline_seconds": 600 });
    let changed = app.ask("PATCH", "/v1/credentials/printer", &told).await;
    assert_eq!(changed.body["dsn_to"], "ops@contoso.example", "{}", changed.text);
    assert_eq!(changed.body["deadline_seconds"], 600, "{}", changed.text);
    let nobody = json!({ "dsn_to": "nobody", "deadline_seconds": null });
    let changed = app.ask("PATCH", "/v1/credentials/printer", &nobody).await;
    assert_eq!((&changed.body["dsn_to"], changed.body.get("deadline_seconds")), (&json!("nobody"), None));
    let reset = app.post("/v1/credentials/printer/password:reset", &json!({})).await;
    assert_eq!(reset.status, 200, "{}", reset.text);
    assert_ne!(reset.body["password"], added.body["password"]);
    let lifted = app.send("POST", "/v1/credentials/printer/locks:lift", "", "").await;
    assert_eq!((lifted.status, &lifted.body), (200, &json!({ "lifted": [] })), "{}", lifted.text);
    let removed = app.delete("/v1/credentials/printer").await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(app.get("/v1/credentials/printer").await.error(), (404, "missing", None));
    let list = app.get(CREDENTIALS).await.body["items"].clone();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(app.changes().await, 6);
}

#[tokio::test]
async fn credentials_that_cannot_be_say_which_member_is_wrong() {
    let app = App::start().await;
    let good = json!({ "login": "printer", "account": ACCOUNT });
    for (change, status, code, field) in [
        (json!({ "login": "scanner1" }), 409, "exists", None),
        (json!({ "login": "" }), 422, "invalid", Some("login")),
        (json!({ "account": "fabrikam" }), 404, "missing", None),
        (json!({ "lane": "express" }), 422, "invalid", Some("lane")),
        (json!({ "access": "magic" }), 422, "invalid", Some("access")),
        (json!({ "allow_public_networks": true }), 422, "invalid", Some("allow_public_networks")),
        (json!({ "access": "network", "password": "secret words" }), 422, "invalid", Some("password")),
        (json!({ "networks": "10.0.0.0/8" }), 422, "invalid", Some("networks")),
        (json!({ "networks": ["ten"] }), 422, "invalid", Some("networks")),
        (json!({ "rate_per_minute": "5" }), 422, "invalid", Some("rate_per_minute")),
        (json!({ "dsn_to": "ops" }), 422, "invalid", Some("dsn_to")),
        (json!({ "deadline_seconds": 0 }), 422, "invalid", Some("deadline_seconds")),
        (json!({ "colour": "red" }), 422, "invalid", Some("colour")),
    ] {
        let mut body = good.clone();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = app.post(CREDENTIALS, &body).await;
        assert_eq!(refused.error(), (status, code, field), "{change}: {}", refused.text);
        assert!(!refused.text.contains("secret words"), "{}", refused.text);
    }
    let nameless = app.post(CREDENTIALS, &json!({ "account": ACCOUNT })).await;
    assert_eq!(nameless.error(), (422, "invalid", Some("login")), "{}", nameless.text);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn credentials_are_validated_one_by_one_and_none_is_made() {
    let app = App::start().await;
    let all = json!([
        { "login": "printer", "account": ACCOUNT },
        { "login": "scanner1", "account": ACCOUNT },
        { "login": "copier", "account": ACCOUNT, "lane": "express" },
    ]);
    let checked = app.post("/v1/credentials:validate", &all).await;
    assert_eq!(checked.status, 200, "{}", checked.text);
    let problems = checked.body.as_array().unwrap();
    assert_eq!(problems[0], Value::Null);
    assert_eq!(problems[1]["code"], "exists");
    assert_eq!((&problems[2]["code"], &problems[2]["field"]), (&json!("invalid"), &json!("lane")));
    let wrong = app.post("/v1/credentials:validate", &json!([{ "login": "a", "account": 1 }])).await;
    assert_eq!(wrong.error(), (422, "invalid", Some("[0].account")), "{}", wrong.text);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn credentials_that_are_not_there() {
    let app = App::start().await;
    for (method, path, body) in [
        ("GET", "/v1/credentials/nobody", Value::Null),
        ("DELETE", "/v1/credentials/nobody", Value::Null),
        ("PATCH", "/v1/credentials/nobody", json!({ "lane": "bulk" })),
        ("POST", "/v1/credentials/nobody/password:reset", json!({})),
        ("POST", "/v1/credentials/nobody/locks:lift", Value::Null),
    ] {
        let kind = if body.is_null() { "" } else { "application/json" };
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let missing = app.send(method, path, kind, &text).await;
        assert_eq!(missing.error(), (404, "missing", None), "{method} {path}: {}", missing.text);
    }
    assert_eq!(app.changes().await, 0);
}
