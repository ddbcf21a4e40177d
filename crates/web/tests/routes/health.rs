//! `/health/live` and `/health/ready`.

use serde_json::json;

use crate::app::App;

#[tokio::test]
async fn a_server_is_ready_until_a_listener_ends_or_it_stops() {
    let app = App::start().await;
    let ok = json!({ "status": "ok", "reasons": [] });
    for path in ["/health/live", "/health/ready"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, answer.body), (200, ok.clone()), "{path}");
    }
    app.lifecycle.ended_listeners.count();
    let answer = app.get("/health/ready").await;
    let down = json!({ "status": "unavailable", "reasons": ["listener_down"] });
    assert_eq!((answer.status, answer.body), (503, down));
    app.lifecycle.stopping.cancel();
    let answer = app.get("/health/ready").await;
    let stopping = json!({ "status": "unavailable", "reasons": ["shutting_down"] });
    assert_eq!((answer.status, answer.body), (503, stopping), "its listeners end because it stops");
    assert_eq!(app.get("/health/live").await.status, 200, "it need not be killed");
}

#[tokio::test]
async fn a_server_is_not_ready_while_its_store_cannot_be_written() {
    let app = App::start().await;
    let database = rusqlite::Connection::open(app.database()).unwrap();
    database.execute_batch("ALTER TABLE segment RENAME TO segment_away").unwrap();
    let answer = app.get("/health/ready").await;
    let failing = json!({ "status": "unavailable", "reasons": ["storage_failing"] });
    assert_eq!((answer.status, answer.body), (503, failing));
    database.execute_batch("ALTER TABLE segment_away RENAME TO segment").unwrap();
    assert_eq!(app.get("/health/ready").await.status, 200);
}
