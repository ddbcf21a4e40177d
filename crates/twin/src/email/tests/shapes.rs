//! The bodies and headers of the Email API, byte by byte, as others have recorded or specified them.

use jiff::SignedDuration;
use serde_json::Value;

use super::{ID, SEND, mail, post, status, with};
use crate::rehearsal::{Answer, Rehearsal};
use crate::state::Absent;

/// One recorded or specified answer: what it is, where it was seen, its status, headers and body. A header is
/// written `name: value`, `name: *` for any value, and `!name` if it must be absent.
struct Row {
    what: &'static str,
    source: &'static str,
    status: u16,
    headers: &'static [&'static str],
    body: &'static str,
}

/// Recordings of successes.
const RECORDED: &str = "Azure/azure-sdk-assets, e-mail recordings, 2024-08";
const SPECIFIED: &str =
    "Azure/azure-rest-api-specs, CommunicationServicesEmail.json 2025-09-01; nulls inferred";

/// What every reply has.
const EVERY_REPLY: [&str; 7] = [
    "mise-correlation-id: *",
    "x-azure-ref: *",
    "x-cache: CONFIG_NOCACHE",
    "strict-transport-security: max-age=31536000;includeSubDomains",
    "api-supported-versions: 2021-10-01-preview, 2023-01-15-preview, 2023-03-31, 2024-07-01-preview, \
     2025-01-15-preview, 2025-09-01",
    "!x-ms-request-id",
    "!x-ms-client-request-id",
];

const TAKEN: Row = Row {
    what: "send",
    source: RECORDED,
    status: 202,
    headers: &[
        "retry-after: 3",
        "operation-location: https://localhost:8443/emails/operations/7f000000-0000-4000-8000-000000000001?api-version=2025-09-01",
        "!x-ms-error-code",
    ],
    body: r#"{"id":"7f000000-0000-4000-8000-000000000001","status":"Running","error":null}"#,
};
const RUNNING: Row = Row {
    what: "status, under way",
    source: RECORDED,
    status: 200,
    headers: &["retry-after: 3"],
    body: r#"{"id":"7f000000-0000-4000-8000-000000000001","status":"Running","error":null}"#,
};
const SUCCEEDED: Row = Row {
    what: "status, done, and read again",
    source: RECORDED,
    status: 200,
    headers: &["!retry-after"],
    body: r#"{"id":"7f000000-0000-4000-8000-000000000001","status":"Succeeded","error":null}"#,
};
const FAILED: Row = Row {
    what: "status, failed",
    source: SPECIFIED,
    status: 200,
    headers: &["!retry-after", "!x-ms-error-code"],
    body: r#"{"id":"7f000000-0000-4000-8000-000000000001","status":"Failed","error":{"code":"EmailDropped","message":"Email was dropped after several attempts to deliver.","target":null,"details":null,"additionalInfo":null}}"#,
};
const NOT_LINKED: Row = Row {
    what: "send from a domain that is not linked",
    source: "MicrosoftDocs/azure-docs, e-mail troubleshooting; nulls inferred",
    status: 404,
    headers: &["x-ms-error-code: DomainNotLinked", "!retry-after", "!operation-location"],
    body: r#"{"error":{"code":"DomainNotLinked","message":"The specified sender domain has not been linked.","target":null,"details":null,"additionalInfo":null}}"#,
};
const BAD_USERNAME: Row = Row {
    what: "send from a username that does not exist",
    source: "MicrosoftDocs/azure-docs, e-mail troubleshooting; nulls inferred",
    status: 400,
    headers: &["x-ms-error-code: InvalidSenderUserName"],
    body: r#"{"error":{"code":"InvalidSenderUserName","message":"Invalid email sender username: 'x'. Please use a username from the list of valid usernames configured by your admin.","target":null,"details":null,"additionalInfo":null}}"#,
};

fn compare(row: &Row, answer: &Answer) {
    let context = format!("{} ({})", row.what, row.source);
    assert_eq!(answer.status, row.status, "{context}");
    assert_eq!(answer.text, row.body, "{context}");
    for expected in EVERY_REPLY.iter().chain(row.headers) {
        if let Some(name) = expected.strip_prefix('!') {
            assert!(!answer.headers.contains_key(name), "{context}: {name}");
            continue;
        }
        let (name, value) = expected.split_once(": ").unwrap();
        let found = answer.headers.get(name).unwrap_or_else(|| panic!("{context}: {name} is absent"));
        assert!(value == "*" || found == value, "{context}: {name} is {found:?}");
    }
}

#[tokio::test]
async fn successes_are_as_recorded() {
    let rehearsal = Rehearsal::begin();
    let client =
        [("operation-id", ID), ("x-ms-client-request-id", ID), ("x-ms-return-client-request-id", "true")];
    compare(&TAKEN, &post(&rehearsal, SEND, &mail(), &client).await);
    compare(&RUNNING, &status(&rehearsal, ID).await);
    rehearsal.backend.advance(SignedDuration::from_millis(2_999));
    compare(&RUNNING, &status(&rehearsal, ID).await);
    rehearsal.backend.advance(SignedDuration::from_millis(1));
    compare(&SUCCEEDED, &status(&rehearsal, ID).await);
    compare(&SUCCEEDED, &status(&rehearsal, ID).await);
}

#[tokio::test]
async fn failures_are_as_specified() {
    let rehearsal = Rehearsal::begin();
    let lost = with(|mail| mail["recipients"]["to"][0]["address"] = "bounce@example.com".into());
    compare(&TAKEN, &post(&rehearsal, SEND, &lost, &[("operation-id", ID)]).await);
    rehearsal.backend.advance(SignedDuration::from_secs(3));
    compare(&FAILED, &status(&rehearsal, ID).await);
    let sender = |sender: &str| with(|mail| mail["senderAddress"] = sender.into());
    compare(&NOT_LINKED, &post(&rehearsal, SEND, &sender("news@unlinked.example"), &[]).await);
    compare(&BAD_USERNAME, &post(&rehearsal, SEND, &sender("x@contoso.example"), &[]).await);
}

#[tokio::test]
async fn what_is_not_known_for_sure_is_a_setting() {
    let rehearsal = Rehearsal::begin();
    rehearsal.backend.change_state(|state| {
        state.behaviour.poll_seconds = 0;
        state.behaviour.operation_seconds = 0;
        state.behaviour.email.no_error = Absent::LeftOut;
        state.behaviour.email.absent_error_members = Absent::LeftOut;
        state.behaviour.email.doubles_slash = true;
        state.behaviour.email.sends_request_id = true;
    });
    let taken = post(&rehearsal, SEND, &mail(), &[("operation-id", ID)]).await;
    assert_eq!(taken.text, format!(r#"{{"id":"{ID}","status":"Running"}}"#));
    assert!(!taken.headers.contains_key("retry-after"));
    assert!(taken.headers.contains_key("x-ms-request-id"));
    let location = taken.headers["operation-location"].to_str().unwrap();
    assert!(location.starts_with("https://localhost:8443//emails/operations/"), "{location}");
    assert_eq!(status(&rehearsal, ID).await.text, format!(r#"{{"id":"{ID}","status":"Succeeded"}}"#));
    let refused = post(&rehearsal, SEND, &with(|mail| mail["senderAddress"] = "x".into()), &[]).await;
    let error = refused.body["error"].as_object().unwrap();
    assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "message"]);
}

#[tokio::test]
async fn the_versions_that_were_seen_are_known() {
    let rehearsal = Rehearsal::begin();
    for (version, source) in [
        ("2021-10-01-preview", RECORDED),
        ("2023-01-15-preview", RECORDED),
        ("2023-03-31", RECORDED),
        ("2024-07-01-preview", RECORDED),
        ("2025-01-15-preview", SPECIFIED),
        ("2025-09-01", SPECIFIED),
    ] {
        let answer = post(&rehearsal, &format!("/emails:send?api-version={version}"), &mail(), &[]).await;
        assert_eq!(answer.status, 202, "{version} ({source})");
        let location = answer.headers["operation-location"].to_str().unwrap();
        assert!(location.ends_with(&format!("?api-version={version}")), "{location}");
    }
    let unknown = post(&rehearsal, "/emails:send?api-version=2022-01-01", &mail(), &[]).await;
    assert_eq!((unknown.status, &unknown.body["error"]["details"]), (400, &Value::Null));
}
