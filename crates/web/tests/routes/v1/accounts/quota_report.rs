//! `/v1/accounts/{name}/quota-report`.

use super::super::messages::message;
use crate::app::App;

#[tokio::test]
async fn what_microsoft_asks_is_answered_from_the_records() {
    let app = App::start().await;
    assert_eq!(app.post("/v1/messages", &message()).await.status, 202);
    let report = app.get("/v1/accounts/contoso/quota-report").await;
    assert_eq!(
        (report.status, &report.body["messages"], &report.body["requests"]),
        (200, &1.into(), &0.into())
    );
    let text = report.body["text"].as_str().unwrap();
    for piece in ["Present quota: ", "Volume: nothing was sent yet", "2.0 on average, 2 at most"] {
        assert!(text.contains(piece), "{piece:?} is not in {text}");
    }
    let missing = app.get("/v1/accounts/fabrikam/quota-report").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
}
