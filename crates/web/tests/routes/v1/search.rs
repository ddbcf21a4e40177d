//! `GET /v1/messages`: finding messages.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use model::caller::{AccountScope, Caller, Identity, Role};
use model::search::Search;
use serde_json::{Value, json};

use super::messages::message;
use crate::app::{ACCOUNT, App, NOW, SENDER};

async fn found(app: &App, query: &str) -> Vec<Value> {
    let list = app.get(&format!("/v1/messages?{query}")).await;
    assert_eq!(list.status, 200, "{query}: {}", list.text);
    list.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_message_is_found_right_after_it_was_accepted() {
    let app = App::start().await;
    let accepted = app.post("/v1/messages", &message()).await;
    let id = accepted.body["id"].as_str().unwrap();
    let shown = app.get(&format!("/v1/messages/{id}")).await.body;
    let operation = shown["sends"][0]["operation_id"].as_str().unwrap().to_owned();
    let message_id = shown["message_id"].as_str().unwrap().trim_matches(['<', '>']).to_owned();
    let mut other = message();
    (other["to"], other["subject"]) = (json!(["c@example.org"]), json!("Other"));
    assert_eq!(app.post("/v1/messages", &other).await.status, 202);
    for query in [
        "recipient=A@Example.COM".to_owned(),
        "recipient=*@example.com&sender=*@contoso.example".to_owned(),
        format!("sender={SENDER}&subject=hELLO"),
        format!("message_id={message_id}"),
        format!("message_id=%3C{message_id}%3E"),
        format!("operation_id={operation}"),
        format!("account={ACCOUNT}&state=queued&since={NOW}&subject=ello"),
    ] {
        let messages = found(&app, &query).await;
        assert_eq!(messages.len(), 1, "{query}: {messages:?}");
        assert_eq!(messages[0]["id"], id, "{query}");
    }
    let [one] = &found(&app, "recipient=b@example.com").await[..] else { panic!("there is one") };
    let recipient = |address: &str| json!({ "address": address, "state": "queued" });
    assert_eq!(one["recipients"], json!([recipient("a@example.com"), recipient("b@example.com")]));
    for (field, value) in
        [("account", ACCOUNT), ("origin", "operator"), ("from", SENDER), ("subject", "Hello")]
    {
        assert_eq!(one[field], value, "{field}");
    }
    for query in ["recipient=d@example.com", "login=scanner1", "state=bounced", &format!("until={NOW}")] {
        assert!(found(&app, query).await.is_empty(), "{query}");
    }
    assert_eq!(found(&app, "").await.len(), 2);
}

#[tokio::test]
async fn a_search_that_cannot_be_made_says_which_field_is_wrong() {
    let app = App::start().await;
    for (query, code, field) in [
        ("recipient=ada", (422, "invalid"), Some("recipient")),
        ("sender=@example.com", (422, "invalid"), Some("sender")),
        ("message_id=%3C%3E", (422, "invalid"), Some("message_id")),
        ("operation_id=7", (422, "invalid"), Some("operation_id")),
        ("login=", (422, "invalid"), Some("login")),
        ("state=lost", (422, "invalid"), Some("state")),
        ("since=yesterday", (422, "invalid"), Some("since")),
        ("cursor=aGVsbG8", (422, "invalid"), Some("cursor")),
        ("account=fabrikam", (404, "missing"), None),
    ] {
        let refused = app.get(&format!("/v1/messages?{query}")).await;
        assert_eq!(refused.error(), (code.0, code.1, field), "{query}: {}", refused.text);
    }
}

/// A caller of another account finds nothing, whatever is searched for, and learns nothing from where a page ends.
#[tokio::test]
async fn a_caller_finds_the_messages_of_its_accounts_and_no_others() {
    let app = App::start().await;
    assert_eq!(app.get("/v1/messages?reason=weather").await.status, 422);
    for _ in 0..3 {
        assert_eq!(app.post("/v1/messages", &message()).await.status, 202);
    }
    let ours = app.store.directory().account_named(ACCOUNT).unwrap().id;
    let other = model::id::AccountId::from_bytes([9; 16]);
    let now: Timestamp = NOW.parse().unwrap();
    let all = Search { limit: 1, ..Search::default() };
    for search in [
        all.clone(),
        Search { recipient: "a@example.com".parse().ok(), ..all.clone() },
        Search { sender: "*@contoso.example".parse().ok(), ..all.clone() },
        Search { state: "queued".parse().ok(), ..all.clone() },
        Search { since: Some(now - SignedDuration::from_hours(1)), ..all.clone() },
    ] {
        for (account, expected) in [(ours, 1), (other, 0)] {
            let identity = Identity { who: "ada".to_owned(), origin: "a test".to_owned() };
            let accounts = AccountScope::Only(BTreeSet::from([account]));
            let control = app.control.by(Caller { identity, role: Role::Viewer, accounts });
            let found = control.search(None, search.clone()).await.unwrap();
            assert_eq!(found.messages.len(), expected, "{search:?}");
            assert_eq!(found.next.is_some(), expected == 1, "{search:?}");
            let named = control.search(Some(ACCOUNT), search.clone()).await;
            assert_eq!(named.is_ok(), expected == 1, "an account that is not seen does not exist");
            let page =
                control.sends(control::reads::SendQuery { limit: 1, ..Default::default() }).await.unwrap();
            assert_eq!((page.sends.len(), page.next.is_some()), (expected, expected == 1));
        }
    }
}
