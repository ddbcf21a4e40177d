//! `/v1/queue`, `/v1/queue/{id}/sends:retry` and `/v1/queue/{id}/sends:discard`.

use jiff::{SignedDuration, Timestamp};
use model::delivery::SendId;
use serde_json::{Value, json};
use store::{NextStep, Settlement};

use super::messages::message;
use crate::app::{ACCOUNT, App, NOW};

async fn queue(app: &App, query: &str) -> Vec<Value> {
    let list = app.get(&format!("/v1/queue{query}")).await;
    assert_eq!(list.status, 200, "{}", list.text);
    list.body["items"].as_array().unwrap().clone()
}

/// A message that was tried, and is to be tried again in an hour.
pub(crate) async fn put_off(app: &App) -> String {
    let id = app.post("/v1/messages", &message()).await.body["id"].as_str().unwrap().to_owned();
    assert_eq!(queue(app, "").await.len(), 1);
    let now: Timestamp = NOW.parse().unwrap();
    let account = app.store.directory().account_named(ACCOUNT).unwrap().id;
    let part = SendId { message: id.parse().unwrap(), part: 0 };
    let later = now.saturating_add(SignedDuration::from_hours(1)).unwrap();
    let settlement =
        Settlement { id: part, attempt: None, next: NextStep::Again { at: later }, refused: Vec::new() };
    app.store.queue().claim_due(account, now, 1, later).await.unwrap();
    app.store.queue().settle(vec![settlement], Vec::new()).await.unwrap();
    id
}

#[tokio::test]
async fn what_waits_is_listed_newest_first_page_by_page() {
    let app = App::start().await;
    assert!(queue(&app, "").await.is_empty());
    for subject in ["1", "2", "3"] {
        let mut body = message();
        body["subject"] = json!(subject);
        assert_eq!(app.post("/v1/messages", &body).await.status, 202);
    }
    let all = queue(&app, "").await;
    assert_eq!(all.len(), 3);
    let first = queue(&app, "?limit=2&state=queued&account=contoso").await;
    assert_eq!(first, all[..2]);
    let last = first[1]["id"].as_str().unwrap();
    assert_eq!(queue(&app, &format!("?before={last}")).await, all[2..]);
    assert!(queue(&app, "?state=failed").await.is_empty());
    assert_eq!(all[0]["recipients"], json!(["a@example.com", "b@example.com"]));
    assert_eq!(all[0]["attempts"], 0);
}

#[tokio::test]
async fn a_list_that_cannot_be_made_says_why() {
    let app = App::start().await;
    let unknown = app.get("/v1/queue?state=lost").await;
    assert_eq!(unknown.error(), (422, "invalid", Some("state")), "{}", unknown.text);
    assert!(unknown.message().starts_with("\"lost\" is not one of queued, "), "{}", unknown.text);
    let missing = app.get("/v1/queue?account=fabrikam").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    let garbled = app.get("/v1/queue?before=yesterday").await;
    assert_eq!(garbled.error(), (422, "invalid", Some("before")), "{}", garbled.text);
    assert_eq!(app.get("/v1/queue?limit=many").await.error(), (422, "invalid", Some("limit")));
}

#[tokio::test]
async fn a_message_is_tried_at_once_or_dropped() {
    let app = App::start().await;
    let id = put_off(&app).await;
    let retried = app.send("POST", &format!("/v1/queue/{id}/sends:retry"), "", "").await;
    assert_eq!((retried.status, &retried.body["changed"]), (200, &json!(1)));
    assert_eq!(retried.body["waits"][0]["code"], "next");
    assert_eq!(queue(&app, "").await[0]["due_at"], NOW);
    let dropped = app.send("POST", &format!("/v1/queue/{id}/sends:discard"), "", "").await;
    assert_eq!((dropped.status, &dropped.body), (200, &json!({ "changed": 1, "waits": [] })));
    assert_eq!(queue(&app, "").await[0]["state"], "dropped");
    for action in ["retry", "discard"] {
        let unknown = "01m8hmm0rqft0b4f4v3ccgkktg";
        let missing = app.send("POST", &format!("/v1/queue/{unknown}/sends:{action}"), "", "").await;
        assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
        let late = app.send("POST", &format!("/v1/queue/{id}/sends:{action}"), "", "").await;
        assert_eq!((late.status, &late.body), (200, &json!({ "changed": 0, "waits": [] })), "{action}");
        let garbled = app.send("POST", &format!("/v1/queue/hello/sends:{action}"), "", "").await;
        assert_eq!(garbled.error(), (422, "invalid", Some("id")), "{}", garbled.text);
    }
}
