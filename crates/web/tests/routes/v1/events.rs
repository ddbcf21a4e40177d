//! The web hook for events, and its URL.

use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{ACCOUNT, App, NOW, SENDER};

/// What Event Grid sends: a method, more header lines, and a body.
async fn post(app: &App, target: &str, (method, fields): (&str, &str), body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(app.hooks).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// Path and query of the account's URL.
async fn target(app: &App, renew: bool) -> String {
    let path = format!("/v1/accounts/{ACCOUNT}/event-url");
    let shown = app.post(&path, &json!({ "renew": renew })).await;
    let url = shown.body["url"].as_str().unwrap();
    url.strip_prefix("https://mail.contoso.example").unwrap().to_owned()
}

fn event(id: &str, data: &Value) -> Value {
    json!({ "id": id, "topic": "/subscriptions/s", "subject": "s", "data": data, "dataVersion": "1.0",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived", "eventTime": NOW })
}

fn report(operation: &str, status: &str) -> Value {
    json!({ "sender": SENDER, "recipient": "a@example.com", "messageId": operation, "status": status,
        "deliveryStatusDetails": { "statusMessage": "550 5.1.1 no such user" },
        "deliveryAttemptTimestamp": NOW })
}

/// A queued message: its id and its operation id.
async fn queued(app: &App) -> (String, String) {
    let message = json!({ "from": SENDER, "to": ["a@example.com"], "subject": "s", "text": "t" });
    let id = app.post("/v1/messages", &message).await.body["id"].as_str().unwrap().to_owned();
    let shown = app.get(&format!("/v1/messages/{id}")).await.body;
    (id, shown["sends"][0]["operation_id"].as_str().unwrap().to_owned())
}

async fn metric(app: &App, result: &str) -> bool {
    app.get("/metrics").await.text.contains(&format!("postern_events_total{{result=\"{result}\"}} 1\n"))
}

#[tokio::test]
async fn both_handshakes_are_answered_and_need_the_key() {
    let app = App::start().await;
    let target = target(&app, false).await;
    let code = json!([{ "id": "1", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "subject": "",
        "data": { "validationCode": "512d38b6", "validationUrl": "https://rp.example:553/" } }]);
    let (status, answer) = post(&app, &target, ("POST", ""), &code.to_string()).await;
    assert_eq!(status, 200);
    assert!(answer.ends_with(r#"{"validationResponse":"512d38b6"}"#), "{answer}");
    let origin = "WebHook-Request-Origin: eventgrid.azure.net\r\n";
    let (status, answer) = post(&app, &target, ("OPTIONS", origin), "").await;
    assert_eq!(status, 200);
    assert!(answer.contains("webhook-allowed-origin: eventgrid.azure.net\r\n"), "{answer}");
    let path = target.split('?').next().unwrap();
    let other = format!("/events/{}?key=x", "0".repeat(32));
    for wrong in [path, &format!("{path}?key=wrong"), &other, "/events/contoso?key=x"] {
        assert_eq!(post(&app, wrong, ("POST", ""), &code.to_string()).await.0, 401, "{wrong}");
        assert_eq!(post(&app, wrong, ("OPTIONS", origin), "").await.0, 401, "{wrong}");
    }
    let field = format!("X-Postern-Key: {}\r\n", target.split_once("key=").unwrap().1);
    assert_eq!(post(&app, path, ("POST", &field), "[]").await.0, 200, "the key may come in a header field");
}

#[tokio::test]
async fn a_renewed_key_replaces_the_one_before_and_both_are_in_the_audit_log() {
    let app = App::start().await;
    let first = target(&app, false).await;
    assert_eq!(target(&app, false).await, first, "the URL stays until it is renewed");
    let second = target(&app, true).await;
    assert_ne!(first, second);
    assert_eq!(post(&app, &first, ("POST", ""), "[]").await.0, 401);
    assert_eq!(post(&app, &second, ("POST", ""), "[]").await.0, 200);
    assert_eq!(app.changes().await, 2);
    let missing = app.post("/v1/accounts/nobody/event-url", &json!({})).await;
    assert_eq!(missing.error().0, 404);
}

#[tokio::test]
async fn a_queue_is_kept_without_showing_its_signature() {
    let app = App::start().await;
    let path = format!("/v1/accounts/{ACCOUNT}/event-queue");
    assert_eq!(app.get(&path).await.error().0, 404);
    let url = "https://contoso.queue.core.windows.net/events";
    let shown = json!({ "url": url, "authorization": "signature" });
    let refused = app.ask("PUT", &path, &json!({ "url": url })).await;
    assert_eq!(refused.error(), (422, "invalid", Some("url")), "an access key opens no queue");
    let set = app.ask("PUT", &path, &json!({ "url": format!("{url}?sv=2021-12-02&sig=s3cret") })).await;
    assert_eq!((set.status, &set.body), (200, &shown));
    assert_eq!(app.get(&path).await.body, shown);
    for wrong in ["http://contoso.example/events", "https://contoso.example", "https://c.example/q?sp=s3cret"]
    {
        let refused = app.ask("PUT", &path, &json!({ "url": wrong })).await;
        assert_eq!(refused.error(), (422, "invalid", Some("url")), "{wrong}: {}", refused.text);
        assert!(!refused.text.contains("s3cret"), "{}", refused.text);
    }
    assert_eq!(app.delete(&path).await.status, 204);
    assert_eq!(app.delete(&path).await.error().0, 404);
    assert_eq!(app.changes().await, 2);
    assert!(!app.get("/v1/audit").await.text.contains("s3cret"));
    let missing = app.ask("PUT", "/v1/accounts/nobody/event-queue", &json!({ "url": url })).await;
    assert_eq!(missing.error().0, 404);
}

#[tokio::test]
async fn an_event_is_in_the_story_once() {
    let app = App::start().await;
    let target = target(&app, false).await;
    let (id, operation) = queued(&app).await;
    let delivered = event("1", &report(&operation, "Delivered"));
    let mut bounced = event("2", &report(&operation, "Bounced"));
    bounced["data"]["deliveryAttemptTimestamp"] = json!("2027-01-15T08:00:01.50+00:00");
    // The later of the two holds, in whichever order they come.
    let batch = json!([bounced, delivered, bounced]).to_string();
    for _ in 0..2 {
        assert_eq!(post(&app, &target, ("POST", ""), &batch).await.0, 200);
    }
    let shown = app.get(&format!("/v1/messages/{id}")).await.body;
    let recipient = &shown["sends"][0]["recipients"][0];
    assert_eq!(
        (&recipient["state"], &recipient["text"]),
        (&json!("bounced"), &json!("550 5.1.1 no such user"))
    );
    let events = shown["sends"][0]["events"].as_array().unwrap();
    let reported: Vec<&Value> = events.iter().filter(|event| event["source"] == "delivery").collect();
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(metric(&app, "applied").await);
}

#[tokio::test]
async fn a_message_is_found_by_its_message_id() {
    let app = App::start().await;
    let target = target(&app, false).await;
    let (id, _) = queued(&app).await;
    let message_id = app.get(&format!("/v1/messages/{id}")).await.body["message_id"].clone();
    let mut data = report("99999999-9999-4999-8999-999999999999", "Quarantined");
    data["internetMessageId"] = json!(format!("<{}>", message_id.as_str().unwrap().trim_matches(['<', '>'])));
    let cloud = json!({ "id": "1", "source": "/s", "specversion": "1.0", "time": NOW, "data": data,
        "type": "Microsoft.Communication.EmailDeliveryReportReceived" });
    assert_eq!(post(&app, &target, ("POST", ""), &cloud.to_string()).await.0, 200);
    let shown = app.get(&format!("/v1/messages/{id}")).await.body;
    assert_eq!(shown["sends"][0]["recipients"][0]["state"], "quarantined");
}

#[tokio::test]
async fn what_cannot_be_used_is_counted_and_not_repeated() {
    let app = App::start().await;
    let target = target(&app, false).await;
    let (id, operation) = queued(&app).await;
    let unknown = event("1", &report("99999999-9999-4999-8999-999999999999", "Bounced"));
    let malformed = event("2", &report(&operation, "Lost"));
    let other = json!({ "id": "3", "eventType": "Contoso.Other", "data": {}, "eventTime": NOW });
    let good = event("4", &report(&operation, "Expanded"));
    let batch = json!([unknown, malformed, other, good]).to_string();
    assert_eq!(post(&app, &target, ("POST", ""), &batch).await.0, 200);
    for result in ["unknown", "malformed", "ignored", "applied"] {
        assert!(metric(&app, result).await, "{result}");
    }
    let shown = app.get(&format!("/v1/messages/{id}")).await.body;
    assert_eq!(shown["sends"][0]["recipients"][0]["state"], "expanded");
    assert_eq!(post(&app, &target, ("POST", ""), "no JSON").await.0, 400);
    assert_eq!(post(&app, &target, ("POST", ""), &"x".repeat(2_100_000)).await.0, 413);
}

#[tokio::test]
async fn what_cannot_be_written_is_to_be_sent_again() {
    let app = App::start().await;
    let target = target(&app, false).await;
    let (id, operation) = queued(&app).await;
    let batch = json!([event("1", &report(&operation, "Bounced"))]).to_string();
    let database = Connection::open(app.database()).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON message_event BEGIN SELECT RAISE(ABORT, 'no room'); END";
    database.execute_batch(full).unwrap();
    let (status, answer) = post(&app, &target, ("POST", ""), &batch).await;
    assert_eq!(status, 503);
    assert!(!answer.contains("no room"), "{answer}");
    let state = async || {
        app.get(&format!("/v1/messages/{id}")).await.body["sends"][0]["recipients"][0]["state"].clone()
    };
    assert_eq!(state().await, "queued");
    database.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(post(&app, &target, ("POST", ""), &batch).await.0, 200);
    assert_eq!(state().await, "bounced");
    assert!(metric(&app, "applied").await, "it is counted once");
}
