//! `/v1/senders` and `/v1/senders/{account}/{address}`.

use serde_json::json;

use crate::app::{ACCOUNT, App, NOW, SENDER};

#[tokio::test]
async fn a_sender_is_added_listed_and_removed() {
    let app = App::start().await;
    let new = json!({ "account": ACCOUNT, "address": "noreply@contoso.example", "display_name": "Contoso" });
    let added = app.post("/v1/senders", &new).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let mut expected = new.clone();
    expected["created_at"] = json!(NOW);
    assert_eq!(added.body, expected);
    for path in ["/v1/senders", "/v1/senders?account=contoso"] {
        let list = app.get(path).await.body["items"].clone();
        let addresses: Vec<_> = list.as_array().unwrap().iter().map(|one| one["address"].clone()).collect();
        assert_eq!(addresses, [json!("noreply@contoso.example"), json!(SENDER)]);
    }
    let removed = app.delete("/v1/senders/contoso/noreply@contoso.example").await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(app.changes().await, 2);
}

#[tokio::test]
async fn senders_that_cannot_be() {
    let app = App::start().await;
    let twice = app.post("/v1/senders", &json!({ "account": ACCOUNT, "address": SENDER })).await;
    assert_eq!(twice.error(), (409, "exists", None), "{}", twice.text);
    let unknown = app.post("/v1/senders", &json!({ "account": "fabrikam", "address": SENDER })).await;
    assert_eq!(unknown.error(), (404, "missing", None), "{}", unknown.text);
    let garbled = app.post("/v1/senders", &json!({ "account": ACCOUNT, "address": "scanner" })).await;
    assert_eq!(garbled.error().0, 422, "{}", garbled.text);
    let incomplete = app.post("/v1/senders", &json!({ "account": ACCOUNT })).await;
    assert_eq!(incomplete.error(), (422, "invalid", Some("address")), "{}", incomplete.text);
    assert!(incomplete.message().contains("address"), "{}", incomplete.text);
    for path in ["/v1/senders/contoso/nobody@contoso.example", "/v1/senders/fabrikam/scanner@contoso.example"]
    {
        let missing = app.delete(path).await;
        assert_eq!(missing.error(), (404, "missing", None), "{path}: {}", missing.text);
    }
    let missing = app.get("/v1/senders?account=fabrikam").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(app.changes().await, 0);
}
