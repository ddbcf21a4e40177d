//! `/v1/suppressions` and what hangs on it.

use serde_json::json;

use crate::app::{ACCOUNT, App, NOW, SENDER};

const ANN: &str = "Ann@example.com";

#[tokio::test]
async fn an_address_is_added_explained_and_removed() {
    let app = App::start().await;
    let new =
        json!({ "address": ANN, "account": ACCOUNT, "scope": "Contoso.example", "text": "asked by phone" });
    let added = app.post("/v1/suppressions", &new).await;
    assert_eq!(added.status, 201, "{}", added.text);
    for (member, expected) in [
        ("address", json!(ANN)),
        ("account", json!(ACCOUNT)),
        ("scope", json!("contoso.example")),
        ("reason", json!("manual")),
        ("added_at", json!(NOW)),
        ("times", json!(1)),
        ("is_over", json!(false)),
    ] {
        assert_eq!(added.body[member], expected, "{member}: {}", added.text);
    }
    let again = app.post("/v1/suppressions", &new).await;
    assert_eq!((again.status, &again.body["times"]), (201, &json!(2)), "{}", again.text);
    let listed = app.get("/v1/suppressions?address=ann@EXAMPLE.com&reason=manual&domain=example.com").await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.text);
    let explained =
        app.get(&format!("/v1/suppressions:explain?address={ANN}&account={ACCOUNT}&from={SENDER}")).await;
    assert_eq!(explained.body["is_suppressed"], true, "{}", explained.text);
    assert!(explained.text.contains("asked by phone"), "{}", explained.text);
    let other = app.get(&format!("/v1/suppressions:explain?address={ANN}&from=a@fabrikam.example")).await;
    assert_eq!((&other.body["is_suppressed"], other.status), (&json!(false), 200), "{}", other.text);
    let number = added.body["number"].as_u64().unwrap();
    let removed = app.delete(&format!("/v1/suppressions/{number}")).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    let free = app.get(&format!("/v1/suppressions:explain?address={ANN}")).await;
    assert_eq!((&free.body["is_suppressed"], &free.body["entries"]), (&json!(false), &json!([])));
    assert_eq!(app.changes().await, 3);
}

#[tokio::test]
async fn nothing_is_sent_to_who_is_on_the_list() {
    let app = App::start().await;
    let new = json!({ "address": "ann@example.com", "reason": "complaint" });
    assert_eq!(app.post("/v1/suppressions", &new).await.status, 201);
    let message = json!({ "account": ACCOUNT, "from": SENDER, "to": ["bob@example.com", ANN], "text": "x" });
    let refused = app.post("/v1/messages", &message).await;
    assert_eq!(refused.error(), (422, "invalid", Some("to")), "{}", refused.text);
    assert!(
        refused.message().contains("on the suppression list: the recipient complained"),
        "{}",
        refused.text
    );
    let message = json!({ "account": ACCOUNT, "from": SENDER, "to": ["bob@example.com"], "text": "x" });
    assert_eq!(app.post("/v1/messages", &message).await.status, 202);
}

#[tokio::test]
async fn many_are_added_or_none_and_listed_page_by_page() {
    let app = App::start().await;
    let row = |number: usize| json!({ "address": format!("r{number}@example.com"), "account": ACCOUNT });
    let mut rows: Vec<_> = (0..5).map(row).collect();
    let imported = app.post("/v1/suppressions:import", &json!({ "rows": rows })).await;
    assert_eq!(imported.body, json!({ "new": 5, "known": 0 }), "{}", imported.text);
    rows.push(json!({ "address": "nobody" }));
    let wrong = app.post("/v1/suppressions:import", &json!({ "rows": rows })).await;
    assert_eq!(wrong.error(), (422, "invalid", Some("rows")), "{}", wrong.text);
    assert!(wrong.message().contains("row 6: address"), "{}", wrong.text);
    let none = app.post("/v1/suppressions:import", &json!({ "rows": [] })).await;
    assert_eq!(none.error(), (422, "invalid", Some("rows")), "{}", none.text);
    let first = app.get("/v1/suppressions?limit=3").await;
    let next = first.body["next"].as_str().unwrap();
    let second = app.get(&format!("/v1/suppressions?limit=3&cursor={next}")).await;
    let addresses = |page: &serde_json::Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|one| one["address"].to_string()).collect()
    };
    let all = [addresses(&first.body), addresses(&second.body)].concat();
    assert_eq!(all, ["4", "3", "2", "1", "0"].map(|number| format!("\"r{number}@example.com\"")));
    assert!(second.body["next"].is_null());
    assert_eq!(app.changes().await, 1, "one import, one entry");
}

#[tokio::test]
async fn suppressions_that_cannot_be() {
    let app = App::start().await;
    for (body, status, field) in [
        (json!({ "address": "ann" }), 422, Some("address")),
        (json!({ "address": ANN, "scope": "a b" }), 422, Some("scope")),
        (json!({ "address": ANN, "reason": "dislike" }), 422, Some("reason")),
        (json!({ "address": ANN, "expires_at": "2020-01-01T00:00:00Z" }), 422, Some("expires_at")),
        (json!({ "address": ANN, "account": "fabrikam" }), 404, None),
    ] {
        let refused = app.post("/v1/suppressions", &body).await;
        assert_eq!((refused.status, refused.error().2), (status, field), "{}", refused.text);
    }
    for path in ["?address=ann", "?reason=dislike", "?domain=a%20b", "?cursor=x", "?limit=0"] {
        assert_eq!(app.get(&format!("/v1/suppressions{path}")).await.status, 422, "{path}");
    }
    assert_eq!(app.get("/v1/suppressions?account=fabrikam").await.error(), (404, "missing", None));
    assert_eq!(app.delete("/v1/suppressions/7").await.error(), (404, "missing", None));
    assert_eq!(app.delete("/v1/suppressions/x").await.status, 422);
    assert_eq!(app.changes().await, 0);
}
