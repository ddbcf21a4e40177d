//! `/v1/accounts/{name}/infrastructure` and its verbs, with an Azure that cannot be reached.

use serde_json::{Value, json};

use super::{account, with};
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
async fn an_azure_that_cannot_be_reached_is_named() {
    let app = App::start().await;
    let secret = json!({ "access_key": null, "client_secret": "abc8Q~a.secret.that.opens.nothing.at.all0" });
    assert_eq!(app.post("/v1/accounts", &with(account(), &secret)).await.status, 201);
    let domain = json!({ "name": "fabrikam.example", "infrastructure": { "resource_group": "mail" } });
    assert_eq!(app.post("/v1/accounts/fabrikam/domains", &domain).await.status, 201);
    let before = app.changes().await;
    let mut codes = Vec::new();
    for (verb, body) in [
        ("infrastructure:plan", json!({})),
        ("infrastructure:apply", json!({ "plan": "x" })),
        ("infrastructure:adopt", json!({})),
    ] {
        let failed = app.post(&format!("/v1/accounts/fabrikam/{verb}"), &body).await;
        let (status, code, _) = failed.error();
        codes.push((verb, status, code.to_owned()));
    }
    let upstream = |verb| (verb, 503, "upstream".to_owned());
    let verbs = ["infrastructure:plan", "infrastructure:apply", "infrastructure:adopt"];
    assert_eq!(codes, verbs.map(upstream));
    assert_eq!(app.changes().await, before, "nothing was changed");
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
