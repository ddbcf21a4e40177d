//! `POST /emails:send`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use azure_types::email::{EmailMessage, EmailSendStatus, OPERATION_ID_HEADER, OPERATIONS_PATH};
use azure_types::ids::OperationId;
use http_body_util::{BodyExt as _, Limited};
use smtp::address::Mailbox;

use super::authorize::{Caller, authorize};
use super::document::{self, StatusDocument};
use super::validate::{check_message, check_sender, invalid_address};
use super::{Version, answer, message_id, unwanted, version};
use crate::backend::Backend;
use crate::captured::{CapturedMail, CapturedRecipient, Fate, Field, Kind, Path, Throttled};
use crate::error_reply::ErrorReply;
use crate::events;
use crate::faults::Operation;
use crate::keys::random_guid;
use crate::state::{Behaviour, Domain, RepeatedOperation};

pub(super) async fn send(
    Shared(backend): Shared<Arc<Backend>>,
    query: Query<Version>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = read_body(&backend, body).await;
    answer(&backend, Operation::Send, async {
        let bytes = bytes?;
        let version = version(&query)?;
        let operation = take(&backend, &Asked { parts: &parts, bytes: &bytes, version })?;
        Ok(accepted(&backend, &parts, operation, version))
    })
    .await
}

struct Asked<'a> {
    parts: &'a Parts,
    bytes: &'a [u8],
    version: &'a str,
}

/// What the twin knows of a sender.
struct Known {
    behaviour: Behaviour,
    domain: Domain,
    service: String,
}

/// Reads to the end even what is too large: a client whose request is cut off never sees the answer.
async fn read_body(backend: &Backend, body: Body) -> Result<Vec<u8>, ErrorReply> {
    let limit = backend.state().behaviour.max_request_bytes;
    let too_large = || {
        let text = format!("The request is larger than {limit} bytes.");
        ErrorReply::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestBodyTooLarge", text)
    };
    let collected = Limited::new(body, limit.saturating_mul(4)).collect().await.map_err(|_| too_large())?;
    let bytes = collected.to_bytes();
    if bytes.len() > limit { Err(too_large()) } else { Ok(bytes.to_vec()) }
}

fn take(backend: &Backend, asked: &Asked<'_>) -> Result<OperationId, ErrorReply> {
    let caller = authorize(backend, asked.parts, asked.bytes)?;
    let operation = operation_id(asked.parts)?;
    let content_type = asked.parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !content_type.unwrap_or_default().starts_with("application/json") {
        let text = "The request must be application/json.";
        return Err(ErrorReply::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", text));
    }
    let message = document::read(asked.bytes)?;
    let sender: Mailbox =
        message.sender_address.parse().map_err(|_| invalid_address(&message.sender_address))?;
    let known = find(backend, &caller, &sender)?;
    check_message(&message, asked.version, &known.behaviour.email)?;
    unwanted::check(&known.behaviour.email, &message, asked.bytes.len())?;
    let repeats = known.behaviour.repeated_operation;
    let again = repeats == RepeatedOperation::SendAgain;
    if !again && backend.captured().knows(operation) {
        return repeated(repeats, operation);
    }
    let mail = captured(backend, asked, (operation, &message, &sender), known)?;
    let kept = if again { backend.keep(mail) } else { backend.keep_unless_known(mail) };
    let Some(kept) = kept else { return repeated(repeats, operation) };
    events::note(backend, &kept);
    Ok(operation)
}

/// The mail as it is kept, with what becomes of each recipient.
fn captured(
    backend: &Backend,
    asked: &Asked<'_>,
    (operation, message, sender): (OperationId, &EmailMessage, &Mailbox),
    known: Known,
) -> Result<CapturedMail, ErrorReply> {
    let (username, now) = (sender.local_part().as_str(), backend.now());
    let (internet_message_id, recipients) = {
        let captured = backend.captured();
        let fate =
            Fate { domain: &known.domain, username, captured: &captured, behaviour: &known.behaviour, now };
        (message_id::settle(message, &captured)?, recipients(message, &fate))
    };
    Ok(CapturedMail {
        number: 0,
        operation,
        at: now,
        path: Path::Rest,
        sender: sender.to_string(),
        sender_name: known.domain.display_name(username).map(str::to_owned),
        reverse_path: None,
        smtp: None,
        internet_message_id: Some(internet_message_id),
        recipients,
        raw: asked.bytes.to_vec(),
        service: known.service,
    })
}

/// Finds the sender's domain, and counts the send.
fn find(backend: &Backend, caller: &Caller, sender: &Mailbox) -> Result<Known, ErrorReply> {
    let state = backend.state();
    let (domain, service) = check_sender(&state, &caller.services, sender)?;
    let limits = state.limits(service.subscription, domain.management);
    let counted = backend.captured().count(
        (service.subscription, Kind::Sends),
        limits,
        backend.now(),
        &state.behaviour,
    );
    counted.map_err(throttled)?;
    Ok(Known { behaviour: state.behaviour.clone(), domain: domain.clone(), service: service.name.clone() })
}

/// The answer to a send whose id was used before.
fn repeated(setting: RepeatedOperation, operation: OperationId) -> Result<OperationId, ErrorReply> {
    match setting {
        RepeatedOperation::Accept | RepeatedOperation::SendAgain => Ok(operation),
        RepeatedOperation::Conflict => {
            let text = "An operation with this id exists already.";
            Err(ErrorReply::new(StatusCode::CONFLICT, "Conflict", text))
        }
        RepeatedOperation::BadRequest => {
            Err(ErrorReply::bad_request("BadRequest", "The Operation-Id was used before."))
        }
    }
}

/// To whom, and what becomes of each.
fn recipients(message: &EmailMessage, fate: &Fate<'_>) -> Vec<CapturedRecipient> {
    let recipients = &message.recipients;
    let lists = [(&recipients.to, Field::To), (&recipients.cc, Field::Cc), (&recipients.bcc, Field::Bcc)];
    let each = lists.into_iter().flat_map(|(list, field)| list.iter().map(move |one| (one, field)));
    each.map(|(one, field)| fate.of(&one.address, field)).collect()
}

/// The id that the caller chose, or one of ours.
fn operation_id(parts: &Parts) -> Result<OperationId, ErrorReply> {
    match parts.headers.get(OPERATION_ID_HEADER) {
        None => Ok(OperationId::new(random_guid())),
        Some(value) => {
            value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
                ErrorReply::bad_request("BadRequest", "The Operation-Id header is not a GUID.")
            })
        }
    }
}

pub(super) fn throttled(throttled: Throttled) -> ErrorReply {
    let text = format!(
        "The request rate limit of the subscription was exceeded. Try again in {} seconds.",
        throttled.retry_after_seconds
    );
    ErrorReply::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", text)
        .retry_after(throttled.retry_after_seconds)
}

fn accepted(backend: &Backend, parts: &Parts, operation: OperationId, version: &str) -> Response {
    let behaviour = backend.state().behaviour.clone();
    let status = EmailSendStatus::Running;
    let document = StatusDocument { id: operation, status, error: None, behaviour: &behaviour.email };
    let mut response = (StatusCode::ACCEPTED, Json(document)).into_response();
    let headers = response.headers_mut();
    // The Python SDK signs its polls with its own endpoint's host: another host here would break it.
    let host = parts
        .uri
        .authority()
        .map(http::uri::Authority::as_str)
        .or_else(|| parts.headers.get("host").and_then(|host| host.to_str().ok()))
        .unwrap_or("localhost");
    let slash = if behaviour.email.doubles_slash { "/" } else { "" };
    let location = format!("https://{host}{slash}{OPERATIONS_PATH}/{operation}?api-version={version}");
    if let Ok(location) = HeaderValue::from_str(&location) {
        headers.insert(HeaderName::from_static("operation-location"), location);
    }
    ask_to_wait(headers, &behaviour);
    response
}

/// Says when to ask again, if anything is said.
pub(super) fn ask_to_wait(headers: &mut HeaderMap, behaviour: &Behaviour) {
    if behaviour.poll_seconds > 0 {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(behaviour.poll_seconds));
    }
}
