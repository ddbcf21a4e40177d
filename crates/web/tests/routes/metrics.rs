//! `/metrics`.

use serde_json::json;

use crate::app::{App, SENDER};

#[tokio::test]
async fn metrics_are_in_the_format_of_prometheus() {
    let app = App::start().await;
    let message = json!({ "from": SENDER, "to": ["a@example.com"] });
    assert_eq!(app.post("/v1/messages", &message).await.status, 202);
    // The list waits until the database has heard of what the journal holds.
    assert_eq!(app.get("/v1/queue").await.status, 200);
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "# TYPE postern_sends gauge",
        "postern_sends{state=\"queued\"} 1",
        "postern_account_enabled{account=\"contoso\"} 1",
        "# TYPE postern_repairs_total counter",
    ] {
        assert!(metrics.text.lines().any(|there| there == line), "{line:?} in {}", metrics.text);
    }
}
