//! `/v1/accounts/{name}/infrastructure` and its verbs, with an Azure that cannot be reached.

use serde_json::{Value, json};

use crate::app::App;

const INFRASTRUCTURE: &str = "/v1/accounts/contoso/infrastructure";

#[tokio::test]
async fn the_desired_state_is_replaced_and_shown() {
    let app = App::start().await;
    let desired =
        json!({ "resource_group": "mail", "domain": { "fabrikam.example": { "senders": ["noreply"] } } });
    let set = app.ask("PUT", INFRASTRUCTURE, &desired).await;
    assert_eq!(set.status, 200, "{}", set.text);
    assert_eq!(set.body["domain"]["fabrikam.example"]["senders"], json!(["noreply"]), "{}", set.text);
    let shown = app.get(INFRASTRUCTURE).await;
    assert_eq!((shown.status, &shown.body), (200, &set.body));
    assert_eq!(app.changes().await, 1);
}

#[tokio::test]
async fn desired_states_that_cannot_be() {
    let app = App::start().await;
    for (body, field) in [
        (json!({ "colour": "red" }), "colour"),
        (json!({ "access": "yes" }), "access"),
        (json!({ "domain": { "a.example": { "colour": "red" } } }), "domain.a.example.colour"),
    ] {
        let refused = app.ask("PUT", INFRASTRUCTURE, &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{body}: {}", refused.text);
    }
    let garbled = app.ask("PUT", INFRASTRUCTURE, &json!({ "domain": { "no domain": {} } })).await;
    assert_eq!(garbled.error().0, 422, "{}", garbled.text);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn plans_and_approvals_that_cannot_be() {
    let app = App::start().await;
    for (verb, body, field) in [
        ("plan", json!({ "targets": "all" }), "targets"),
        ("plan", json!({ "colour": "red" }), "colour"),
        ("apply", json!({}), "plan"),
        ("apply", json!({ "plan": 1 }), "plan"),
        ("apply", json!({ "plan": "x", "colour": "red" }), "colour"),
    ] {
        let refused = app.post(&format!("{INFRASTRUCTURE}:{verb}"), &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{verb} {body}: {}", refused.text);
    }
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn the_infrastructure_of_accounts_that_are_not_there() {
    let app = App::start().await;
    let path = |verb: &str| format!("/v1/accounts/fabrikam/infrastructure{verb}");
    for (method, verb, body) in [
        ("GET", "", Value::Null),
        ("PUT", "", json!({})),
        ("POST", ":plan", json!({})),
        ("POST", ":apply", json!({ "plan": "x" })),
        ("POST", ":adopt", Value::Null),
    ] {
        let (kind, text) =
            if body.is_null() { ("", String::new()) } else { ("application/json", body.to_string()) };
        let missing = app.send(method, &path(verb), kind, &text).await;
        assert_eq!(missing.error(), (404, "missing", None), "{method} {verb}: {}", missing.text);
    }
    assert_eq!(app.changes().await, 0);
}
