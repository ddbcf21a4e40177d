//! The Email API on the twin's own endpoint.

mod rules;
mod sends;
mod shapes;
mod suppression;

use azure_types::access_key::{AccessKey, Signed, content_hash};
use serde_json::{Value, json};

use crate::rehearsal::{Answer, Rehearsal};

const SEND: &str = "/emails:send?api-version=2025-09-01";
const ID: &str = "7f000000-0000-4000-8000-000000000001";

fn mail() -> Value {
    json!({
        "senderAddress": "scanner@contoso.example",
        "recipients": { "to": [{ "address": "a@example.com" }] },
        "content": { "subject": "s", "plainText": "x" },
    })
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut mail = mail();
    change(&mut mail);
    mail
}

async fn post(rehearsal: &Rehearsal, path: &str, mail: &Value, more: &[(&str, &str)]) -> Answer {
    ask(rehearsal, "POST", (path, &mail.to_string()), more).await
}

/// How a send stands.
async fn status(rehearsal: &Rehearsal, id: &str) -> Answer {
    ask(rehearsal, "GET", (&format!("/emails/operations/{id}?api-version=2025-09-01"), ""), &[]).await
}

/// A request that is signed with a key of the service.
async fn ask(
    rehearsal: &Rehearsal,
    method: &str,
    (path, body): (&str, &str),
    more: &[(&str, &str)],
) -> Answer {
    let date = message::date::http(rehearsal.backend.now());
    let hash = content_hash(body.as_bytes());
    let key = AccessKey::parse(&rehearsal.backend.state().services[0].keys[0]).unwrap();
    let signed =
        Signed { method, path_and_query: path, date: &date, host: "localhost:8443", content_hash: &hash };
    let authorization = key.authorization(&signed);
    let mut headers = vec![
        ("authorization", authorization.as_str()),
        ("x-ms-date", &date),
        ("x-ms-content-sha256", &hash),
        ("content-type", "application/json"),
    ];
    headers.extend(more);
    rehearsal.ask(method, path, &headers, body.to_owned().into()).await
}
