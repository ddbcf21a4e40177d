//! `/v1/refusals`.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use model::refused::Refused;
use serde_json::{Value, json};
use store::RefusalChanges;

use crate::app::{App, NOW};

/// What the last process wrote down, the oldest first: each a minute after the one before.
async fn refuse(app: &App, refusals: Vec<Refused>) {
    let now: Timestamp = NOW.parse().unwrap();
    let first = now - SignedDuration::from_mins(refusals.len().try_into().unwrap());
    let kept = (1..).zip(refusals).map(|(number, refused)| {
        let at = first + SignedDuration::from_mins(number.try_into().unwrap());
        (number, Refused { at, since: at, ..refused })
    });
    let changes = RefusalChanges { kept: kept.collect(), forgotten: Vec::new() };
    app.store.refusals().write(changes).await.unwrap();
    app.refusals.load().await.unwrap();
}

fn of(credential: Option<&str>, reply: &str) -> Refused {
    let (code, _) = reply.split_at(9);
    Refused {
        at: Timestamp::UNIX_EPOCH,
        since: Timestamp::UNIX_EPOCH,
        count: 3,
        peer: IpAddr::from([192, 0, 2, 1]),
        login: None,
        credential: credential.map(str::to_owned),
        sender: Some("somebody@contoso.example".to_owned()),
        reply: reply.to_owned(),
        code: code.to_owned(),
        reason: None,
        message_id: Some("<1@contoso.example>".to_owned()),
        tls: Some("TLSv1.3".to_owned()),
    }
}

const NOT_ALLOWED: &str = "550 5.1.8 you may not send from somebody@contoso.example";
const TOO_LARGE: &str = "552 5.3.4 the message is larger than 10000 bytes";

async fn list(app: &App, query: &str) -> Vec<Value> {
    let list = app.get(&format!("/v1/refusals{query}")).await;
    assert_eq!(list.status, 200, "{}", list.text);
    list.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn refusals_are_listed_newest_first_with_advice() {
    let app = App::start().await;
    assert!(list(&app, "").await.is_empty());
    let wrong = Refused {
        login: Some("Scanner1".to_owned()),
        sender: None,
        message_id: None,
        tls: None,
        ..of(None, "535 5.7.8 the login was not accepted")
    };
    refuse(&app, vec![of(Some("scanner1"), NOT_ALLOWED), of(Some("printer"), TOO_LARGE), wrong]).await;
    let all = list(&app, "").await;
    let codes: Vec<&Value> = all.iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["535 5.7.8", "552 5.3.4", "550 5.1.8"]);
    let of_scanner = list(&app, "?credential=SCANNER1").await;
    assert_eq!(of_scanner, [all[0].clone(), all[2].clone()], "proved and claimed, in any case");
    assert!(list(&app, "?credential=nobody").await.is_empty());
    let mut oldest = all[2].clone();
    let advice = oldest["advice"].take();
    assert!(advice.as_str().unwrap().contains("postern "), "{advice}");
    let expected = json!({
        "at": "2027-01-15T07:58:00Z", "since": "2027-01-15T07:58:00Z", "count": 3, "peer": "192.0.2.1",
        "credential": "scanner1", "login": null, "sender": "somebody@contoso.example", "code": "550 5.1.8",
        "reply": NOT_ALLOWED, "reason": null, "message_id": "<1@contoso.example>", "tls": "TLSv1.3", "advice": null,
    });
    assert_eq!(oldest, expected);
    let shown = app.get("/v1/credentials/scanner1").await;
    assert_eq!(
        shown.body["last_refusal"]["code"], "535 5.7.8",
        "the last one, claimed or proved: {}",
        shown.text
    );
}

#[tokio::test]
async fn refusals_are_read_page_by_page() {
    let app = App::start().await;
    let one = |number: usize| of(Some(&format!("device{number}")), NOT_ALLOWED);
    refuse(&app, (0..5).map(one).collect()).await;
    let all = list(&app, "").await;
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = app.get(&format!("/v1/refusals{query}")).await;
        seen.extend(page.body["items"].as_array().unwrap().clone());
        let Some(next) = page.body["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!((seen.len(), seen), (5, all));
}
