//! Lists, page by page, while rows come between the pages.

use std::collections::HashSet;

use serde_json::json;

use super::messages::message;
use crate::app::{ACCOUNT, App};

/// What the list has, page by page; something happens after each page.
async fn walked(app: &App, path: &str, key: &str, between: impl AsyncFn()) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("{path}?limit=2{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= 2, "{}", page.text);
        seen.extend(items.iter().map(|item| item[key].to_string()));
        let Some(next) = page.body["next"].as_str() else { return seen };
        cursor = format!("&cursor={next}");
        between().await;
    }
}

#[tokio::test]
async fn what_was_there_is_seen_once_while_more_comes() {
    let app = App::start().await;
    for number in 0..5 {
        assert_eq!(app.post("/v1/messages", &message()).await.status, 202);
        let sender = json!({ "account": ACCOUNT, "address": format!("m{number}@contoso.example") });
        assert_eq!(app.post("/v1/senders", &sender).await.status, 201);
    }
    let comes = async || {
        assert_eq!(app.post("/v1/messages", &message()).await.status, 202);
        // Before all others, where the cursor has been already.
        let first = json!({ "account": ACCOUNT, "address": "a@contoso.example" });
        app.post("/v1/senders", &first).await;
    };
    for (path, key) in
        [("/v1/messages", "id"), ("/v1/queue", "id"), ("/v1/audit", "number"), ("/v1/senders", "address")]
    {
        let all = app.get(&format!("{path}?limit=1000")).await.body["items"].clone();
        let before: Vec<String> = all.as_array().unwrap().iter().map(|item| item[key].to_string()).collect();
        let mut seen = walked(&app, path, key, comes).await;
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "{path}: none twice");
        seen.retain(|one| before.contains(one));
        assert_eq!(seen, before, "{path}: all in the same order");
    }
}

#[tokio::test]
async fn pages_that_cannot_be() {
    let app = App::start().await;
    for path in [
        "/v1/accounts",
        "/v1/audit",
        "/v1/bans",
        "/v1/credentials",
        "/v1/dns-providers",
        "/v1/messages",
        "/v1/queue",
        "/v1/refusals",
        "/v1/senders",
    ] {
        for (query, field) in
            [("limit=0", "limit"), ("limit=x", "limit"), ("cursor=!", "cursor"), ("cursor=/w", "cursor")]
        {
            let refused = app.get(&format!("{path}?{query}")).await;
            assert_eq!(refused.error(), (422, "invalid", Some(field)), "{path}?{query}: {}", refused.text);
        }
        let unknown = app.get(&format!("{path}?colour=red")).await;
        assert_eq!(unknown.error().0, 422, "{path}: {}", unknown.text);
    }
}
