//! Changes that need nothing but an account, in an order in which each one can be made.

use serde_json::{Value, json};

use super::must_be_whole;
use crate::app::{ACCOUNT, Answer, App, SENDER};

/// A request that changes something, and how the log names it.
struct Change {
    request: (&'static str, &'static str),
    body: Value,
    action: &'static str,
}

fn change(action: &'static str, request: (&'static str, &'static str), body: Value) -> Change {
    Change { request, body, action }
}

fn accounts() -> Vec<Change> {
    let account = json!({
        "name": "fabrikam",
        "tenant_id": "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "client_id": "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "subscription_id": "44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "access_key": "c2VjcmV0IHRoYXQgb3BlbnMgbm90aGluZyBhdCBhbGw=",
    });
    let expiry = json!({ "secret_expires_at": "2028-01-01T00:00:00Z" });
    vec![
        change("account.add", ("POST", "/v1/accounts"), account),
        change("account.edit", ("PATCH", "/v1/accounts/fabrikam"), json!({ "requests_at_once": 3 })),
        change("account.edit", ("PATCH", "/v1/accounts/fabrikam"), expiry),
        change("account.edit", ("PATCH", "/v1/accounts/fabrikam"), json!({ "state": "disabled" })),
        change("account.remove", ("DELETE", "/v1/accounts/fabrikam"), Value::Null),
    ]
}

fn senders_and_credentials() -> Vec<Change> {
    let sender = json!({ "account": ACCOUNT, "address": "other@contoso.example" });
    let credential = json!({ "login": "scanner2", "account": ACCOUNT });
    vec![
        change("sender.add", ("POST", "/v1/senders"), sender),
        change("sender.remove", ("DELETE", "/v1/senders/contoso/other@contoso.example"), Value::Null),
        change("credential.add", ("POST", "/v1/credentials"), credential),
        change("credential.edit", ("PATCH", "/v1/credentials/scanner2"), json!({ "lane": "bulk" })),
        change("credential.reset", ("POST", "/v1/credentials/scanner2/password:reset"), json!({})),
        change("credential.remove", ("DELETE", "/v1/credentials/scanner2"), Value::Null),
    ]
}

fn desired_state() -> Vec<Change> {
    let edit = |request, body| change("infrastructure.edit", request, body);
    let manifest =
        json!({ "resource_group": "mail", "domain": { "a.example": { "senders": ["one", "two"] } } });
    let rows = json!({ "rows": [{ "line": 1, "domain": "b.example", "username": "three" }] });
    vec![
        edit(("PUT", "/v1/accounts/contoso/infrastructure"), manifest),
        edit(("POST", "/v1/accounts/contoso/domains"), json!({ "name": "b.example" })),
        edit(("POST", "/v1/accounts/contoso/senders:import"), rows),
        edit(("DELETE", "/v1/accounts/contoso/infrastructure/senders/one@a.example"), Value::Null),
    ]
}

fn others() -> Vec<Change> {
    let key = json!({ "master_key": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" });
    let message = json!({ "from": SENDER, "to": ["a@example.com"] });
    vec![
        change("secrets.rewrap", ("POST", "/v1/secrets:rewrap"), key),
        change("message.send", ("POST", "/v1/messages"), message),
        change("queue.drop", ("POST", "/v1/queue/{id}/sends:discard"), json!({})),
    ]
}

#[tokio::test]
async fn a_change_is_entered_with_what_it_changes_or_not_made() {
    let app = App::start().await;
    for changes in [accounts(), senders_and_credentials(), desired_state(), others()] {
        for change in changes {
            must_be_whole(&app, &[change.action], async || ask(&app, &change).await, || ()).await;
        }
    }
}

/// Makes a change; `{id}` is the newest message.
async fn ask(app: &App, change: &Change) -> Answer {
    let (method, path) = change.request;
    let path = if path.contains("{id}") {
        let newest = app.get("/v1/queue?limit=1").await.body["items"][0]["id"].as_str().unwrap().to_owned();
        path.replace("{id}", &newest)
    } else {
        path.to_owned()
    };
    if change.body.is_null() {
        return app.send(method, &path, "", "").await;
    }
    let answer = app.ask(method, &path, &change.body).await;
    if answer.status == 202 {
        // What was accepted is in the database once it is listed.
        assert_eq!(app.get("/v1/queue").await.status, 200);
    }
    answer
}
