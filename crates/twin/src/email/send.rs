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
    if state.post().knows(operation) {
        match habits.repeated_operation {
            RepeatedOperation::Accept => return Ok(operation),
            RepeatedOperation::SendAgain => {}
            RepeatedOperation::Conflict => {
                let text = "An operation with this id exists already.";
                return Err(Refusal::new(StatusCode::CONFLICT, "Conflict", text));
            }
            RepeatedOperation::BadRequest => {
                return Err(Refusal::bad_request("BadRequest", "The Operation-Id was used before."));
            }
        }
    }
    let recipients = &message.recipients;
    let recipients =
        [(&recipients.to, Field::To), (&recipients.cc, Field::Cc), (&recipients.bcc, Field::Bcc)]
            .into_iter()
            .flat_map(|(list, field)| {
                list.iter().map(move |one| CapturedRecipient::new(&one.address, field, now))
            })
            .collect();
    state.keep(CapturedMail {
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
    });
    Ok(operation)
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
