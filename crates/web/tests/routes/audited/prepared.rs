//! Changes of what a server has come to: mail that waits, locks.

use serde_json::{Value, json};

use super::must_be_whole;
use crate::app::{ACCOUNT, App, SENDER};
use crate::v1::{bans, queue};

#[tokio::test]
async fn mail_is_made_due_and_entered_or_left() {
    let app = App::start().await;
    let id = queue::put_off(&app).await;
    let path = format!("/v1/queue/{id}/sends:retry");
    must_be_whole(&app, &["queue.retry"], async || app.send("POST", &path, "", "").await, || ()).await;
}

#[tokio::test]
async fn a_lock_is_lifted_once_that_is_entered() {
    let app = App::start().await;
    let locks = || app.logins.bans().len();
    bans::guess_wrong(&app, "scanner1", [192, 0, 2, 1]).await;
    let unlock = async || app.send("POST", "/v1/credentials/scanner1/locks:lift", "", "").await;
    must_be_whole(&app, &["credential.unlock"], unlock, locks).await;
    for (which, login) in [("nobody", "nobody"), ("192.0.2.0/24", "another")] {
        bans::guess_wrong(&app, login, [192, 0, 2, 1]).await;
        bans::guess_wrong(&app, "a third one", [192, 0, 2, 1]).await;
        let lift = async || app.post("/v1/bans:lift", &json!({ "which": which })).await;
        must_be_whole(&app, &["ban.lift"], lift, locks).await;
    }
}

#[tokio::test]
async fn an_account_goes_with_its_mail_and_all_entries_or_stays() {
    let app = App::start().await;
    assert_eq!(
        app.post("/v1/messages", &json!({ "from": SENDER, "to": ["a@example.com"] })).await.status,
        202
    );
    assert_eq!(app.get("/v1/queue").await.status, 200);
    let actions = ["account.edit", "account.remove", "credential.remove", "queue.drop", "account.remove"];
    must_be_whole(&app, &actions, async || app.delete("/v1/accounts/contoso?discard=2").await, || ()).await;
}

#[tokio::test]
async fn senders_are_told_of_a_removal_once_it_is_entered() {
    let app = App::start().await;
    assert_eq!(
        app.post("/v1/messages", &json!({ "from": SENDER, "to": ["a@example.com"] })).await.status,
        202
    );
    // Another account that can tell them.
    let other = json!({
        "name": "fabrikam",
        "tenant_id": "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "client_id": "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "subscription_id": "44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "access_key": "c2VjcmV0IHRoYXQgb3BlbnMgbm90aGluZyBhdCBhbGw=",
    });
    assert_eq!(app.post("/v1/accounts", &other).await.status, 201);
    let sender = json!({ "account": "fabrikam", "address": "noreply@contoso.example" });
    assert_eq!(app.post("/v1/senders", &sender).await.status, 201);
    let disabled =
        app.ask("PATCH", &format!("/v1/accounts/{ACCOUNT}"), &json!({ "state": "disabled" })).await;
    assert_eq!(disabled.status, 200, "{}", disabled.text);
    let told = async || {
        let removed = app.delete("/v1/accounts/contoso?discard=2").await;
        // A message that the journal has is in the database once it is listed.
        assert_eq!(app.get("/v1/queue").await.status, 200);
        if removed.status == 200 {
            assert_eq!(removed.body["told"].as_array().map(Vec::len), Some(1), "{}", removed.text);
        }
        removed
    };
    let actions = ["account.remove", "credential.remove", "queue.drop", "account.remove"];
    must_be_whole(&app, &actions, told, || ()).await;
    let details: Vec<Value> = app.get("/v1/audit?subject=contoso").await.body["items"].as_array().unwrap()
        [..2]
        .iter()
        .map(|entry| entry["detail"].clone())
        .collect();
    assert_eq!(details[1], "begins: the senders of 1 waiting message are told", "{details:?}");
}
