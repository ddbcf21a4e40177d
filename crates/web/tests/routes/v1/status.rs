//! `/v1/status`.

use serde_json::json;

use super::messages::message;
use crate::app::{App, NOW};

#[tokio::test]
async fn the_status_counts_what_is_there() {
    let app = App::start().await;
    let expected = |sends, queues| {
        json!({
            "version": env!("CARGO_PKG_VERSION"), "now": NOW, "host_name": "relay.contoso.example",
            "accounts": 1, "credentials": 1, "sends": sends,
            "listeners": [{ "address": "127.0.0.1:587", "mode": "starttls", "login": "required" }],
            "self_signed": true, "problems": [], "queues": queues,
        })
    };
    let status = app.get("/v1/status").await;
    assert_eq!((status.status, &status.body), (200, &expected(json!({}), json!([]))));
    assert_eq!(app.post("/v1/messages", &message()).await.status, 202);
    let waiting = json!([{ "account": "contoso", "waiting": 1, "empty_at": NOW }]);
    // The list waits until the database has heard of what the journal holds.
    assert_eq!(app.get("/v1/queue").await.status, 200);
    assert_eq!(app.get("/v1/status").await.body, expected(json!({ "queued": 1 }), waiting));
}
