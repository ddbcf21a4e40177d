//! `/v1/accounts/{name}/rotation` and `/v1/accounts/{name}/rotation:complete`.

use serde_json::json;

use crate::app::{App, NOW};
use crate::azure::WithAzure;

const ROTATION: &str = "/v1/accounts/contoso/rotation";
const AT_AZURE: &str = "/v1/accounts/northwind/rotation";

#[tokio::test]
async fn rotations_that_are_not_there() {
    let app = App::start().await;
    let missing = app.get(ROTATION).await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(missing.message(), "a rotation of account contoso does not exist");
    let missing = app.get("/v1/accounts/fabrikam/rotation").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    let none = app.delete(ROTATION).await;
    assert_eq!(none.error(), (409, "no_rotation", None), "{}", none.text);
}

#[tokio::test]
async fn rotations_that_cannot_be() {
    let app = App::start().await;
    let short = app.post(ROTATION, &json!({ "life_days": 0 })).await;
    assert_eq!(short.error(), (422, "invalid", Some("life_days")), "{}", short.text);
    for body in [json!({}), json!({ "dry_run": true })] {
        let refused = app.post(ROTATION, &body).await;
        assert_eq!(refused.error(), (409, "no_client_secret", None), "{}", refused.text);
        let missing = app.post("/v1/accounts/fabrikam/rotation", &body).await;
        assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    }
    let by_hand = json!({ "secret": "one~that~nobody~may~see" });
    let refused = app.post(&format!("{ROTATION}:complete"), &by_hand).await;
    assert_eq!(refused.error(), (409, "no_client_secret", None), "{}", refused.text);
    assert!(!refused.text.contains("nobody~may"), "{}", refused.text);
    assert_eq!(app.changes().await, 0);
}

#[tokio::test]
async fn a_rotation_is_planned_begun_and_cancelled() {
    let app = WithAzure::start().await;
    let entries = app.changes().await;
    let plan = app.post(AT_AZURE, &json!({ "dry_run": true, "life_days": 30, "grace_hours": 1 })).await;
    assert_eq!((plan.status, plan.body["steps"].as_array().map(Vec::len)), (200, Some(4)), "{}", plan.text);
    assert_eq!(app.get(AT_AZURE).await.error(), (404, "missing", None));
    assert_eq!(app.changes().await, entries, "a plan changes nothing");

    let begun = app.post(AT_AZURE, &json!({ "life_days": 30, "grace_hours": 1 })).await;
    assert_eq!((begun.status, &begun.body["step"]), (202, &json!("begun")), "{}", begun.text);
    assert!(begun.body["label"].as_str().unwrap().starts_with("Postern 2027-01-15 "), "{}", begun.text);
    assert_eq!(
        (&begun.body["started_at"], &begun.body["remove_at"]),
        (&json!(NOW), &json!("2027-01-15T09:00:00Z"))
    );
    let again = app.post(AT_AZURE, &json!({})).await;
    assert_eq!((again.status, &again.body), (202, &begun.body), "one that is under way goes on");
    assert_eq!(app.get(AT_AZURE).await.body, begun.body);
    let secret = json!({ "secret": app.new_secret() });
    let meanwhile = app.post(&format!("{AT_AZURE}:complete"), &secret).await;
    assert_eq!(meanwhile.error(), (409, "rotation_in_progress", None), "{}", meanwhile.text);

    let cancelled = app.delete(AT_AZURE).await;
    assert_eq!(
        (cancelled.status, &cancelled.body["step"]),
        (200, &json!("rolled_back")),
        "{}",
        cancelled.text
    );
    assert_eq!(cancelled.body["problem"], "it was cancelled");
    assert_eq!(app.delete(AT_AZURE).await.error(), (409, "no_rotation", None));
}

#[tokio::test]
async fn a_secret_made_by_hand_is_used_once_entra_accepts_it() {
    let app = WithAzure::start().await;
    let complete = format!("{AT_AZURE}:complete");
    let wrong = json!({ "secret": "wrong8Q~secret.that.opens.nothing.at.all0" });
    let refused = app.drive(app.post(&complete, &wrong)).await;
    assert_eq!(refused.error(), (422, "invalid", Some("secret")), "{}", refused.text);
    assert!(!refused.text.contains("opens.nothing"), "{}", refused.text);
    let before = app.get("/v1/accounts/northwind").await.body["secret_hint"].clone();
    let new = json!({ "secret": app.new_secret(), "expires_at": "2027-06-01T00:00:00Z" });
    let done = app.drive(app.post(&complete, &new)).await;
    assert_eq!((done.status, done.text.as_str()), (204, ""));
    let account = app.get("/v1/accounts/northwind").await;
    assert_ne!(account.body["secret_hint"], before, "{}", account.text);
    assert_eq!(account.body["secret_expires_at"], "2027-06-01T00:00:00Z", "{}", account.text);
}

#[tokio::test]
async fn an_app_that_may_not_read_its_registration_is_told_what_works_without_it() {
    let app = WithAzure::start().await;
    app.forbid_rotation();
    let forbidden = app.drive(app.post(AT_AZURE, &json!({}))).await;
    assert_eq!(forbidden.error(), (502, "upstream", None), "{}", forbidden.text);
    assert!(forbidden.message().contains("--by-hand works without it"), "{}", forbidden.text);
}
