//! `POST /emails:send`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_types::email::{
    EmailMessage, EmailSendResult, EmailSendStatus, OPERATION_ID_HEADER, OPERATIONS_PATH,
};
use azure_types::ids::OperationId;
use http_body_util::{BodyExt as _, Limited};
use smtp::address::Mailbox;

use super::authorize::authorize;
use super::validate::{check_message, check_sender};
use super::{Version, befall, version};
use crate::faults::Operation;
use crate::keys::random_guid;
use crate::post::{CapturedMail, CapturedRecipient, Field, Kind, Path, Throttled};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::RepeatedOperation;

pub(super) async fn send(
    Shared(state): Shared<Arc<State>>,
    query: Query<Version>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let octets = read_body(&state, body).await;
    befall(&state, Operation::Send, async {
        let result = octets.and_then(|octets| {
            let api_version = version(&query)?;
            take(&state, &parts, &octets).map(|operation| accepted(&state, &parts, operation, api_version))
        });
        result.unwrap_or_else(IntoResponse::into_response)
    })
    .await
}

/// Reads to the end even what is too large: a client whose request is cut off never sees the answer.
async fn read_body(state: &State, body: Body) -> Result<Vec<u8>, Refusal> {
    let limit = state.world().habits.max_request_octets;
    let too_large = || {
        let text = format!("The request is larger than {limit} octets.");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestBodyTooLarge", text)
    };
    let collected = Limited::new(body, limit.saturating_mul(4)).collect().await.map_err(|_| too_large())?;
    let octets = collected.to_bytes();
    if octets.len() > limit { Err(too_large()) } else { Ok(octets.to_vec()) }
}

fn take(state: &State, parts: &Parts, octets: &[u8]) -> Result<OperationId, Refusal> {
    let caller = authorize(state, parts, octets)?;
    let operation = operation_id(parts)?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !content_type.unwrap_or_default().starts_with("application/json") {
        let text = "The request must be application/json.";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", text));
    }
    let message: EmailMessage = serde_json::from_slice(octets).map_err(|error| {
        Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "InvalidJson",
            format!("The body cannot be read: {error}"),
        )
    })?;
    let invalid = || {
        let text = format!("Invalid format for email address: '{}'", message.sender_address);
        Refusal::bad_request("BadRequest", text)
    };
    let sender: Mailbox = message.sender_address.parse().map_err(|_| invalid())?;
    let now = state.now();
    let (habits, service, sender_name) = {
        let world = state.world();
        let (domain, service) = check_sender(&world, &caller.services, &sender)?;
        let limits = world.limits(service.subscription, domain.management);
        let counted = state.post().count((service.subscription, Kind::Sends), limits, now, &world.habits);
        counted.map_err(throttled)?;
        let name = domain.display_name(sender.local_part().as_str()).map(str::to_owned);
        (world.habits.clone(), service.name.clone(), name)
    };
    check_message(&message)?;
    let recipients = &message.recipients;
    let recipients =
        [(&recipients.to, Field::To), (&recipients.cc, Field::Cc), (&recipients.bcc, Field::Bcc)]
            .into_iter()
            .flat_map(|(list, field)| {
                list.iter().map(move |one| CapturedRecipient::new(&one.address, field, now))
            })
            .collect();
    let mail = CapturedMail {
        number: 0,
        operation,
        at: now,
        path: Path::Rest,
        service,
        sender: sender.to_string(),
        sender_name,
        reverse_path: None,
        recipients,
        raw: octets.to_vec(),
    };
    let is_new = state.keep_unless_known(mail, habits.repeated_operation == RepeatedOperation::SendAgain);
    match habits.repeated_operation {
        RepeatedOperation::Conflict if !is_new => {
            let text = "An operation with this id exists already.";
            Err(Refusal::new(StatusCode::CONFLICT, "Conflict", text))
        }
        RepeatedOperation::BadRequest if !is_new => {
            Err(Refusal::bad_request("BadRequest", "The Operation-Id was used before."))
        }
        _ => Ok(operation),
    }
}

/// The id that the caller chose, or one of ours.
fn operation_id(parts: &Parts) -> Result<OperationId, Refusal> {
    match parts.headers.get(OPERATION_ID_HEADER) {
        None => Ok(OperationId::new(random_guid())),
        Some(value) => value
            .to_str()
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Refusal::bad_request("BadRequest", "The Operation-Id header is not a GUID.")),
    }
}

pub(super) fn throttled(throttled: Throttled) -> Refusal {
    let text = format!(
        "The request rate limit of the subscription was exceeded. Try again in {} seconds.",
        throttled.retry_after_seconds
    );
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", text)
        .retry_after(throttled.retry_after_seconds)
}

fn accepted(state: &State, parts: &Parts, operation: OperationId, api_version: &str) -> Response {
    let result = EmailSendResult { id: operation, status: EmailSendStatus::Running, error: None };
    let mut response = (StatusCode::ACCEPTED, Json(result)).into_response();
    let headers = response.headers_mut();
    // The Python SDK signs its polls with its own endpoint's host: another host here would break it.
    let host = parts
        .uri
        .authority()
        .map(http::uri::Authority::as_str)
        .or_else(|| parts.headers.get("host").and_then(|host| host.to_str().ok()))
        .unwrap_or("localhost");
    let location = format!("https://{host}{OPERATIONS_PATH}/{operation}?api-version={api_version}");
    if let Ok(location) = HeaderValue::from_str(&location) {
        headers.insert(HeaderName::from_static("operation-location"), location);
    }
    headers.insert(header::RETRY_AFTER, HeaderValue::from(state.world().habits.poll_seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{Answer, Rehearsal};
    use azure_types::access_key::{AccessKey, Signed, content_hash};
    use serde_json::{Value, json};

    const SEND: &str = "/emails:send?api-version=2025-09-01";

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
        let body = mail.to_string();
        let date = message::date::http(rehearsal.state.now());
        let hash = content_hash(body.as_bytes());
        let key = AccessKey::parse(&rehearsal.state.world().services[0].keys[0]).unwrap();
        let signed = Signed {
            method: "POST",
            path_and_query: path,
            date: &date,
            host: "localhost:8443",
            content_hash: &hash,
        };
        let authorization = key.authorization(&signed);
        let mut headers = vec![
            ("authorization", authorization.as_str()),
            ("x-ms-date", &date),
            ("x-ms-content-sha256", &hash),
            ("content-type", "application/json"),
        ];
        headers.extend(more);
        rehearsal.ask("POST", path, &headers, body.clone().into()).await
    }

    #[tokio::test]
    async fn what_azure_would_refuse_is_refused_by_code() {
        let rehearsal = Rehearsal::begin();
        let file = |kind: &str, content: &str| json!([{ "name": "f", "contentType": kind, "contentInBase64": content }]);
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
            (
                "51 recipients",
                with(|mail| mail["recipients"]["to"] = json!(many)),
                (400, "TooManyRecipients"),
            ),
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
            ("not a mail", json!([1]), (422, "InvalidJson")),
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
        for (habit, status, kept) in
            [(Accept, 202, 1), (Conflict, 409, 1), (BadRequest, 400, 1), (SendAgain, 202, 2)]
        {
            let rehearsal = Rehearsal::begin();
            rehearsal.state.change_world(|world| world.habits.repeated_operation = habit);
            let id = ("operation-id", "7f000000-0000-4000-8000-000000000001");
            let first = post(&rehearsal, SEND, &mail(), &[id]).await;
            assert_eq!((first.status, &first.body["id"]), (202, &id.1.into()));
            assert!(
                first.headers["operation-location"].to_str().unwrap().starts_with("https://localhost:8443/")
            );
            let second = post(&rehearsal, SEND, &mail(), &[id]).await;
            assert_eq!((second.status, rehearsal.state.post().taken()), (status, kept), "{habit:?}");
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
        rehearsal.state.advance(jiff::SignedDuration::from_secs(60));
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
}
