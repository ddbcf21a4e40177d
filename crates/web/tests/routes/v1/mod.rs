//! `/v1`.

mod accounts;
mod audit;
pub(crate) mod bans;
mod credentials;
mod dns_providers;
mod events;
mod messages;
mod pages;
pub(crate) mod queue;
mod refusals;
mod search;
mod secrets;
mod senders;
mod status;
mod suppressions;

use serde_json::json;

use crate::app::App;

#[tokio::test]
async fn what_does_not_exist_and_what_is_not_done_with_it() {
    let app = App::start().await;
    assert_eq!(app.get("/v1/nothing").await.error(), (404, "unknown_path", None));
    for (method, path) in [
        ("PUT", "/v1/senders"),
        ("DELETE", "/v1/queue"),
        ("PUT", "/v1/messages"),
        ("POST", "/v1/status"),
        ("PATCH", "/v1/dns-providers"),
        ("POST", "/v1/audit"),
        ("GET", "/v1/secrets:rewrap"),
        ("POST", "/v1/accounts/contoso/export"),
        ("PUT", "/v1/accounts/contoso/rotation"),
        ("PUT", "/v1/accounts/contoso/domains"),
        ("POST", "/metrics"),
    ] {
        let answer = app.ask(method, path, &json!({})).await;
        assert_eq!(answer.error(), (405, "method_not_allowed", None), "{method} {path}");
        assert!(answer.header("allow").is_some(), "{method} {path} says what is allowed");
    }
}

/// Bodies that no route takes are refused before anything is done: what is not JSON, what is not said to be JSON, and
/// what has a field that is not known.
#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let app = App::start().await;
    for (method, path) in [
        ("POST", "/v1/messages"),
        ("POST", "/v1/senders"),
        ("POST", "/v1/dns-providers"),
        ("POST", "/v1/secrets:rewrap"),
        ("POST", "/v1/accounts/contoso/rotation"),
        ("POST", "/v1/accounts/contoso/rotation:complete"),
        ("POST", "/v1/accounts/contoso/domains"),
        ("POST", "/v1/accounts/contoso/senders:import"),
    ] {
        let garbled = app.send(method, path, "application/json", "{ ").await;
        assert_eq!(garbled.error(), (400, "malformed", None), "{path}: {}", garbled.text);
        let unsaid = app.send(method, path, "text/plain", "{}").await;
        assert_eq!(unsaid.error(), (415, "unsupported_media_type", None), "{path}: {}", unsaid.text);
        let unknown = app.ask(method, path, &json!({ "colour": "red" })).await;
        assert_eq!(unknown.error(), (422, "invalid", Some("colour")), "{path}: {}", unknown.text);
        assert!(unknown.message().contains("colour"), "{path}: {}", unknown.text);
    }
    assert_eq!(app.changes().await, 0, "nothing was changed");
}
mod webhooks;
