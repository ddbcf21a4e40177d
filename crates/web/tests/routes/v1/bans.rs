//! `/v1/bans` and `/v1/bans:lift`, and `/v1/refusals` where nobody was refused.

use serde_json::json;

use crate::app::App;

#[tokio::test]
async fn nobody_is_locked_and_nobody_was_refused() {
    let app = App::start().await;
    for path in ["/v1/bans", "/v1/refusals", "/v1/refusals?credential=scanner1"] {
        let list = app.get(path).await;
        assert_eq!((list.status, &list.body), (200, &json!({ "items": [], "next": null })), "{path}");
    }
}

#[tokio::test]
async fn locks_that_are_not_there_are_not_lifted() {
    let app = App::start().await;
    for which in ["scanner1", "192.0.2.1", "2001:db8::/32", ""] {
        let missing = app.post("/v1/bans:lift", &json!({ "which": which })).await;
        assert_eq!(missing.error(), (404, "missing", None), "{which}: {}", missing.text);
    }
    let nameless = app.post("/v1/bans:lift", &json!({})).await;
    assert_eq!(nameless.error(), (422, "invalid", Some("which")), "{}", nameless.text);
    let wrong = app.post("/v1/bans:lift", &json!({ "which": 1 })).await;
    assert_eq!(wrong.error(), (422, "invalid", Some("which")), "{}", wrong.text);
    let unknown = app.post("/v1/bans:lift", &json!({ "which": "a", "colour": "red" })).await;
    assert_eq!(unknown.error(), (422, "invalid", Some("colour")), "{}", unknown.text);
    assert_eq!(app.changes().await, 0);
}
