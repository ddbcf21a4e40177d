//! `/v1/audit`.

use serde_json::{Value, json};

use crate::app::{ACCOUNT, App, NOW};

async fn audit(app: &App, query: &str) -> Vec<Value> {
    let list = app.get(&format!("/v1/audit{query}")).await;
    assert_eq!(list.status, 200, "{}", list.text);
    list.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn changes_are_listed_newest_first_with_who_made_them() {
    let app = App::start().await;
    let new = json!({ "account": ACCOUNT, "address": "noreply@contoso.example" });
    assert_eq!(app.post("/v1/senders", &new).await.status, 201);
    let all = audit(&app, "").await;
    let actions: Vec<&Value> = all.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["sender.add", "credential.add", "sender.add", "account.add"]);
    assert_eq!((&all[0]["subject"], &all[0]["at"]), (&json!("noreply@contoso.example"), &json!(NOW)));
    let origin = all[0]["origin"].as_str().unwrap();
    assert_eq!(origin, format!("the socket, process {}", std::process::id()), "as the kernel says");
    assert_eq!(audit(&app, "?limit=1").await, all[..1]);
    assert_eq!(audit(&app, &format!("?before={}", all[1]["number"])).await, all[2..]);
    assert_eq!(audit(&app, "?subject=scanner1").await, all[1..2]);
    assert!(audit(&app, "?subject=nobody").await.is_empty());
    assert_eq!(app.get("/v1/audit?limit=-1").await.error(), (422, "invalid", Some("limit")));
}
