//! `/v1/accounts/{name}/verification` and `/v1/accounts/{name}/service:import`, with an Azure that cannot be reached.

use serde_json::{Value, json};

use super::account;
use crate::app::App;

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
async fn imports_that_cannot_be() {
    let app = App::start().await;
    let path = "/v1/accounts/contoso/service:import";
    for (body, field) in [(json!({ "domains": "all" }), "domains"), (json!({ "colour": "red" }), "colour")] {
        let refused = app.post(path, &body).await;
        assert_eq!(refused.error(), (422, "invalid", Some(field)), "{body}: {}", refused.text);
    }
    let missing = app.post("/v1/accounts/fabrikam/service:import", &json!({})).await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn an_import_from_an_azure_that_cannot_be_reached_may_be_tried_again() {
    let app = App::start().await;
    assert_eq!(app.post("/v1/accounts", &account()).await.status, 201);
    let before = app.changes().await;
    let failed = app.post("/v1/accounts/fabrikam/service:import", &json!({})).await;
    assert_eq!(failed.error(), (503, "upstream", None), "{}", failed.text);
    assert_eq!(failed.header("retry-after"), Some("60"), "{}", failed.text);
    assert_eq!(app.changes().await, before, "nothing was changed");
}
