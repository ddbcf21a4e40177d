//! `/v1/secrets:rewrap`.

use serde_json::json;

use crate::app::App;

const KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

#[tokio::test]
async fn secrets_are_sealed_under_another_key() {
    let app = App::start().await;
    let done = app.post("/v1/secrets:rewrap", &json!({ "master_key": KEY })).await;
    assert_eq!((done.status, &done.body), (200, &json!({ "secrets": 1, "key_is_kept_elsewhere": true })));
    assert_eq!(app.changes().await, 1);
}

#[tokio::test]
async fn keys_that_are_none_are_refused_and_not_repeated() {
    let app = App::start().await;
    for key in ["short", "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg==", ""] {
        let refused = app.post("/v1/secrets:rewrap", &json!({ "master_key": key })).await;
        assert_eq!(refused.error(), (422, "invalid", Some("master_key")), "{key}: {}", refused.text);
        assert!(key.is_empty() || !refused.text.contains(key), "{}", refused.text);
    }
    // The server was given its key from outside and cannot keep another.
    let refused = app.post("/v1/secrets:rewrap", &json!({})).await;
    assert_eq!(refused.error(), (422, "invalid", Some("master_key")), "{}", refused.text);
    assert_eq!(app.changes().await, 0);
}
