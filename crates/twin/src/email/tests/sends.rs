//! What is taken, and what is refused.

use azure_types::access_key::content_hash;
use serde_json::{Value, json};

use super::{SEND, mail, post, with};
use crate::rehearsal::Rehearsal;
use crate::state::RepeatedOperation;

#[tokio::test]
async fn what_azure_would_refuse_is_refused_by_code() {
    let rehearsal = Rehearsal::begin();
    let file =
        |kind: &str, content: &str| json!([{ "name": "f", "contentType": kind, "contentInBase64": content }]);
    let to = |address: &str| with(|mail| mail["recipients"]["to"][0]["address"] = json!(address));
    let header = |bytes: usize| with(|mail| mail["headers"] = json!({ "X-A": "a".repeat(bytes) }));
    let many: Vec<Value> = (0..51).map(|n| json!({ "address": format!("r{n}@example.com") })).collect();
    for (what, mail, expected) in [
        ("good", mail(), (202, "")),
        (
            "unlinked",
            with(|mail| mail["senderAddress"] = json!("news@unlinked.example")),
            (404, "DomainNotLinked"),
        ),
        (
            "username",
            with(|mail| mail["senderAddress"] = json!("x@contoso.example")),
            (400, "InvalidSenderUserName"),
        ),
        ("no address", with(|mail| mail["senderAddress"] = json!("x")), (400, "BadRequest")),
        ("empty", with(|mail| mail["content"] = json!({ "subject": "s" })), (400, "BadRequest")),
        ("nobody", with(|mail| mail["recipients"]["to"] = json!([])), (400, "BadRequest")),
        ("51 recipients", with(|mail| mail["recipients"]["to"] = json!(many)), (400, "TooManyRecipients")),
        (
            "recipient",
            with(|mail| mail["recipients"]["to"][0]["address"] = json!("a b")),
            (400, "BadRequest"),
        ),
        ("not base64", with(|mail| mail["attachments"] = file("text/plain", "*")), (400, "BadRequest")),
        (
            "program",
            with(|mail| mail["attachments"] = file("application/x-msdownload", "AAAA")),
            (400, "BadRequest"),
        ),
        ("pdf", with(|mail| mail["attachments"] = file("application/pdf", "AAAA")), (202, "")),
        ("defer", to("defer+451@example.com"), (503, "ServiceUnavailable")),
        ("reject", to("reject+550@example.com"), (400, "BadRequest")),
        ("a long header", header(32_768), (202, "")),
        ("one too long", header(32_769), (400, "BadRequest")),
    ] {
        let answer = post(&rehearsal, SEND, &mail, &[]).await;
        let code = answer.body["error"]["code"].as_str().unwrap_or_default();
        assert_eq!((answer.status, code), expected, "{what}: {}", answer.body);
    }
    let version = post(&rehearsal, "/emails:send?api-version=1999-01-01", &mail(), &[]).await;
    assert_eq!((version.status, &version.body["error"]["code"]), (400, &"UnsupportedApiVersion".into()));
    let id = post(&rehearsal, SEND, &mail(), &[("operation-id", "seven")]).await;
    assert_eq!(id.status, 400);
    let unsigned = rehearsal.ask("POST", SEND, &[], mail().to_string().into()).await;
    assert_eq!((unsigned.status, &unsigned.body["error"]["code"]), (401, &"Denied".into()));
}

#[tokio::test]
async fn a_repeated_id_sends_once_however_it_is_answered() {
    use RepeatedOperation::{Accept, BadRequest, Conflict, SendAgain};
    for (setting, status, kept) in
        [(Accept, 202, 1), (Conflict, 409, 1), (BadRequest, 400, 1), (SendAgain, 202, 2)]
    {
        let rehearsal = Rehearsal::begin();
        rehearsal.backend.change_state(|state| state.behaviour.repeated_operation = setting);
        let id = ("operation-id", "7f000000-0000-4000-8000-000000000001");
        let first = post(&rehearsal, SEND, &mail(), &[id]).await;
        assert_eq!((first.status, &first.body["id"]), (202, &id.1.into()));
        assert!(first.headers["operation-location"].to_str().unwrap().starts_with("https://localhost:8443/"));
        let second = post(&rehearsal, SEND, &mail(), &[id]).await;
        assert_eq!((second.status, rehearsal.backend.captured().taken()), (status, kept), "{setting:?}");
    }
}

#[tokio::test]
async fn the_quota_ends_in_429_with_a_wait() {
    let rehearsal = Rehearsal::begin();
    for _ in 0..30 {
        assert_eq!(post(&rehearsal, SEND, &mail(), &[]).await.status, 202);
    }
    let over = post(&rehearsal, SEND, &mail(), &[]).await;
    assert_eq!((over.status, over.headers["retry-after"].to_str().unwrap()), (429, "60"));
    rehearsal.backend.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(post(&rehearsal, SEND, &mail(), &[]).await.status, 202);
}

#[tokio::test]
async fn an_old_signature_is_refused() {
    let rehearsal = Rehearsal::begin();
    let body = mail().to_string();
    let hash = content_hash(body.as_bytes());
    let headers = [
        ("authorization", "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=AAAA"),
        ("x-ms-date", "Fri, 01 Jan 2027 00:00:00 GMT"),
        ("x-ms-content-sha256", hash.as_str()),
    ];
    let answer = rehearsal.ask("POST", SEND, &headers, body.clone().into()).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body["error"]["message"].as_str().unwrap().contains("5 minutes"), "{}", answer.body);
}
