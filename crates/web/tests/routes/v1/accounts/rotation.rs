//! `/v1/accounts/{name}/rotation` and `/v1/accounts/{name}/rotation/by-hand`.

use serde_json::json;

use crate::app::App;

const ROTATION: &str = "/v1/accounts/contoso/rotation";

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
