//! `/v1/accounts/{name}/verification`, with an Azure and with one that cannot be reached.

use serde_json::{Value, json};

use super::account;
use crate::app::App;
use crate::azure::WithAzure;

const VERIFICATION: &str = "/v1/accounts/fabrikam/verification";

#[tokio::test]
async fn a_verification_is_told_line_by_line_and_kept() {
    let app = App::start().await;
    assert_eq!(app.post("/v1/accounts", &account()).await.status, 201);
    assert_eq!(app.get(VERIFICATION).await.error(), (404, "missing", None), "there is none yet");
    let verified = app.post(VERIFICATION, &json!({ "no_wait": true })).await;
    assert_eq!(verified.header("content-type"), Some("application/x-ndjson"), "{}", verified.text);
    let lines: Vec<Value> = verified.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["event"], &lines[0]["check"]), (&json!("began"), &json!("endpoint")));
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["report"]["verdict"]), (&json!("done"), &json!("not_ready")), "{last}");
    let codes: Vec<&str> = lines.iter().filter_map(|line| line["finding"]["code"].as_str()).collect();
    assert!(!codes.is_empty(), "{}", verified.text);
    assert_eq!(app.get(VERIFICATION).await.body, last["report"], "it is kept");
    let shown = app.get("/v1/accounts/fabrikam").await;
    assert_eq!(shown.body["verified"]["verdict"], "not_ready", "{}", shown.text);
    let metrics = app.get("/metrics").await;
    assert!(metrics.text.contains("postern_account_ready{account=\"fabrikam\"} 0"), "{}", metrics.text);
}

#[tokio::test]
async fn verifications_that_cannot_be() {
    let app = App::start().await;
    for (body, field) in [
        (json!({ "send_to": "nobody" }), "send_to"),
        (json!({ "send_to": "a@example.com", "send_from": "nobody" }), "send_from"),
        (json!({ "fix": "yes" }), "fix"),
        (json!({ "colour": "red" }), "colour"),
    ] {
        let refused = app.post("/v1/accounts/contoso/verification", &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{body}: {}", refused.text);
    }
    let missing = app.post(VERIFICATION, &json!({})).await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(app.get(VERIFICATION).await.error(), (404, "missing", None));
}

#[tokio::test]
async fn an_account_that_can_send_is_ready() {
    let app = WithAzure::start().await;
    let path = "/v1/accounts/northwind/verification";
    let sender = json!({ "account": "northwind", "address": "noreply@contoso.example" });
    assert_eq!(app.post("/v1/senders", &sender).await.status, 201);
    let body =
        json!({ "no_wait": true, "send_to": "you@example.com", "send_from": "noreply@contoso.example" });
    let verified = app.drive(app.post(path, &body)).await;
    assert_eq!(verified.status, 200, "{}", verified.text);
    let lines: Vec<Value> = verified.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let report = &lines.last().unwrap()["report"];
    assert_ne!(report["verdict"], "not_ready", "{report:#}");
    let codes: Vec<&str> =
        report["findings"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str()).collect();
    for code in ["authentication.let_in", "delivery.rest_taken", "delivery.smtp_taken"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    assert_eq!(app.get(path).await.body, *report, "it is kept");
    assert_eq!(app.twin.backend().captured().taken(), 2);
}
