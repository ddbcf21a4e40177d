//! `/v1/messages` and `/v1/messages/{id}`.

use control::AccountChange;
use jiff::{SignedDuration, Timestamp};
use model::account::AccountState;
use model::delivery::{Attempt, AttemptResult};
use model::tracking::{DeliveryReport, RecipientState};
use model::upstream::Transport;
use serde_json::{Value, json};
use store::{NextStep, Settlement};

use crate::app::{ACCOUNT, App, NOW, SENDER};

/// A message that is accepted.
pub(super) fn message() -> Value {
    json!({ "from": SENDER, "to": ["a@example.com", "b@example.com"], "subject": "Hello", "text": "x" })
}

#[tokio::test]
async fn a_message_is_accepted_and_shown() {
    let app = App::start().await;
    let accepted = app.post("/v1/messages", &message()).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let id = accepted.body["id"].as_str().unwrap();
    let shown = app.get(&format!("/v1/messages/{id}")).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    for (field, expected) in [
        ("id", json!(id)),
        ("account", json!(ACCOUNT)),
        ("origin", json!("operator")),
        ("from", json!(SENDER)),
        ("subject", json!("Hello")),
        ("lane", json!("normal")),
        ("changes", json!([])),
    ] {
        assert_eq!(shown.body[field], expected, "{field}");
    }
    let [send] = &shown.body["sends"].as_array().unwrap()[..] else { panic!("{}", shown.text) };
    assert_eq!(send["state"], "queued");
    let recipient = |address: &str| json!({ "address": address, "state": "queued", "text": "", "at": NOW });
    assert_eq!(send["recipients"], json!([recipient("a@example.com"), recipient("b@example.com")]));
    assert_eq!(send["attempts"], json!([]));
}

/// What the operator did, what was tried and what was reported later, in the order of time.
#[tokio::test]
async fn a_story_has_every_event() {
    let app = App::start().await;
    let id = app.post("/v1/messages", &message()).await.body["id"].as_str().unwrap().to_owned();
    let shown = app.get(&format!("/v1/messages/{id}")).await.body;
    let operation = shown["sends"][0]["operation_id"].as_str().unwrap().parse().unwrap();
    let (queue, now) = (app.store.queue(), NOW.parse::<Timestamp>().unwrap());
    let account = app.store.directory().account_named(ACCOUNT).unwrap().id;
    let later = |seconds| now.saturating_add(SignedDuration::from_secs(seconds)).unwrap();
    let settle = async |result, text: &str, next| {
        let claim = queue.claim_due(account, later(100), 1, later(200)).await.unwrap().remove(0);
        let (transport, text) = (Some(Transport::Rest), text.to_owned());
        let attempt = Some(Attempt { at: later(1), transport, result, text, reason: None });
        let settlement = Settlement { id: claim.send.id, attempt, next, refused: Vec::new() };
        queue.settle(vec![settlement], Vec::new()).await.unwrap();
    };
    settle(AttemptResult::Deferred, "503", NextStep::Again { at: later(900) }).await;
    app.send("POST", &format!("/v1/queue/{id}/sends:retry"), "", "").await;
    settle(AttemptResult::Accepted, "202", NextStep::Sent).await;
    let report = DeliveryReport {
        recipient: "B@example.com".to_owned(),
        state: RecipientState::Bounced,
        at: later(60),
        status: Some("5.1.1".to_owned()),
        text: "no such user".to_owned(),
    };
    queue
        .delivered(account, vec![store::ReportedDelivery::new(store::Reported::Send(operation), report)])
        .await
        .unwrap();
    let shown = app.get(&format!("/v1/messages/{id}")).await.body;
    let events = shown["sends"][0]["events"].as_array().unwrap();
    let told: Vec<[&str; 4]> = events
        .iter()
        .map(|event| ["source", "result", "text", "message"].map(|field| event[field].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ["operator", "retried", "", "An operator had the message tried at once"],
            ["attempt", "deferred", "503", "The attempt failed; Postern tries again"],
            ["attempt", "accepted", "202", "The upstream accepted the message"],
            ["delivery", "bounced", "no such user", "The server of b@example.com rejected the message"],
        ]
    );
    assert_eq!(events[1]["transport"], "rest");
    assert_eq!((&events[3]["recipient"], &events[3]["at"]), (&json!("b@example.com"), &json!(later(60))));
    assert!(events[0].get("recipient").is_none());
    let list = app.get("/v1/messages?state=bounced").await.body;
    assert_eq!(list["items"][0]["id"], json!(id), "what a report says finds the message");
}

#[tokio::test]
async fn messages_that_are_refused_say_which_field_is_wrong() {
    let app = App::start().await;
    for (change, code, field, words) in [
        (json!({ "from": "nobody" }), (422, "invalid"), Some("from"), ""),
        (
            json!({ "from": "x@contoso.example" }),
            (422, "invalid"),
            Some("from"),
            "is not a sender of any account",
        ),
        (json!({ "to": [] }), (422, "invalid"), Some("to"), "there is no recipient"),
        (
            json!({ "to": ["a@b.example", "c@d.example", "e@f.example", "g@h.example"] }),
            (422, "invalid"),
            Some("to"),
            "may have 3 recipients",
        ),
        (json!({ "text": "x".repeat(10_000) }), (422, "invalid"), Some("text"), "larger than 10000 bytes"),
        (json!({ "lane": "fast" }), (422, "invalid"), Some("lane"), "it is urgent, normal or bulk"),
        (json!({ "deadline": "soon" }), (422, "invalid"), Some("deadline"), "90s, 10m or 2h"),
        (json!({ "send_at": "31d" }), (422, "invalid"), Some("send_at"), "more than 30 days away"),
        (json!({ "to": ["a@example.com", "b"] }), (422, "invalid"), Some("to"), "b: "),
        (json!({ "account": "fabrikam" }), (404, "missing"), None, "account fabrikam does not exist"),
        (
            json!({ "account": ACCOUNT, "from": "x@contoso.example" }),
            (422, "invalid"),
            Some("from"),
            "is not a sender of account contoso",
        ),
    ] {
        let mut body = message();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = app.post("/v1/messages", &body).await;
        assert_eq!(refused.error(), (code.0, code.1, field), "{change}: {}", refused.text);
        assert!(refused.message().contains(words), "{change}: {}", refused.text);
    }
    let disabled = AccountChange { state: Some(AccountState::Disabled), ..AccountChange::default() };
    app.control.change_account(ACCOUNT, disabled).await.unwrap();
    let refused = app.post("/v1/messages", &message()).await;
    assert_eq!(refused.error(), (422, "invalid", Some("account")));
    assert_eq!(refused.message(), "contoso is disabled: postern account enable contoso");
    assert_eq!(app.get("/v1/queue").await.body["items"], json!([]), "nothing was queued");
}

#[tokio::test]
async fn a_message_is_scheduled_and_shows_when_it_leaves() {
    let app = App::start().await;
    let mut body = message();
    (body["lane"], body["send_at"], body["deadline"]) = (json!("bulk"), json!("2h"), json!("PT3H"));
    let accepted = app.post("/v1/messages", &body).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let shown = app.get(&format!("/v1/messages/{}", accepted.body["id"].as_str().unwrap())).await.body;
    let at = |hours| json!(clock::after(NOW.parse().unwrap(), SignedDuration::from_hours(hours)));
    for (field, expected) in
        [("lane", json!("bulk")), ("send_at", at(2)), ("deadline", at(3)), ("expires_at", at(3))]
    {
        assert_eq!(shown[field], expected, "{field}: {shown:#}");
    }
    assert_eq!(shown["sends"][0]["waits"]["code"], "scheduled", "{shown:#}");
}

#[tokio::test]
async fn a_subject_cannot_add_a_field() {
    let app = App::start().await;
    let mut body = message();
    body["subject"] = json!("Hello\r\nBcc: c@example.com");
    let accepted = app.post("/v1/messages", &body).await;
    let id = accepted.body["id"].as_str().unwrap().parse().unwrap();
    // The database follows the journal.
    while app.store.queue().view(id).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let bytes = app.store.queue().body_of(id).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("Subject: Hello Bcc: c@example.com\r\n"), "{text}");
}

#[tokio::test]
async fn messages_that_are_not_there() {
    let app = App::start().await;
    let garbled = app.get("/v1/messages/hello").await;
    assert_eq!(garbled.error(), (422, "invalid", Some("id")), "{}", garbled.text);
    let missing = app.get("/v1/messages/01m8hmm0rqft0b4f4v3ccgkktg").await;
    assert_eq!(missing.error(), (404, "missing", None), "{}", missing.text);
    assert_eq!(missing.message(), "message 01m8hmm0rqft0b4f4v3ccgkktg does not exist");
}
