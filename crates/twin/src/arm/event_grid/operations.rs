//! Operations of Event Grid, and where to ask about them.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use azure_types::event_grid::EVENT_GRID_NAMESPACE;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::super::Answer;
use super::super::call::Call;
use super::super::headers::RequestId;
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::{LongRunningOperation, OperationKind, State};

const ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// How long something takes that waits for nobody.
pub(super) fn done_at(call: &Call<'_>, state: &State) -> Timestamp {
    clock::after(call.backend.now(), SignedDuration::from_secs(state.behaviour.provisioning_seconds))
}

/// Notes that something has begun, which is over at that time.
pub(super) fn begin(
    call: &Call<'_>,
    state: &mut State,
    resource: String,
    kind: OperationKind,
    done_at: Timestamp,
) -> Uuid {
    let id = random_guid();
    let begun_at = call.backend.now();
    state.operations.push(LongRunningOperation { id, resource, begun_at, done_at, failure: None, kind });
    id
}

/// The answer to something that goes on for a while.
pub(super) fn tell(
    call: &Call<'_>,
    mut response: Response,
    operation: Uuid,
    kind: OperationKind,
) -> Response {
    let version = call.query.get("api-version").map(String::as_str).unwrap_or_default();
    let subscription = call.segments.get(1).map(String::as_str).unwrap_or_default();
    let place = |what: &str| {
        let id = operation.to_string().to_uppercase();
        let url = format!(
            "{}/subscriptions/{subscription}/providers/{EVENT_GRID_NAMESPACE}/locations/global/{what}/{id}\
             ?api-version={version}",
            call.base_url
        );
        HeaderValue::from_str(&url).unwrap_or(HeaderValue::from_static("/"))
    };
    let headers = response.headers_mut();
    headers.insert(ASYNC_OPERATION, place("operationsStatus"));
    if kind == OperationKind::Delete {
        headers.insert(header::LOCATION, place("operationResults"));
    }
    if let Some(seconds) = call.behaviour().communication_retry_after.filter(|seconds| *seconds > 0) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(RequestId(operation));
    response
}

/// An operation as it is shown (Azure/azure-cli, eventgrid, 2021-03).
#[derive(Serialize)]
struct Shown {
    id: String,
    name: Uuid,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ShownError>,
}

#[derive(Serialize)]
struct ShownError {
    code: String,
    message: String,
}

fn find(call: &Call<'_>) -> Result<LongRunningOperation, ErrorReply> {
    let id = call.segments.last().and_then(|id| Uuid::try_parse(id).ok());
    let found = call.backend.state().operations.iter().find(|one| Some(one.id) == id).cloned();
    found.ok_or_else(|| {
        let text = "There is no such operation.";
        ErrorReply::new(StatusCode::NOT_FOUND, "OperationNotFound", text).by_service()
    })
}

/// How an operation goes.
pub(super) fn status(call: &Call<'_>) -> Answer {
    let operation = find(call)?;
    let is_done = operation.done_at <= call.backend.now();
    let version = call.query.get("api-version").map(String::as_str).unwrap_or_default();
    let shown = Shown {
        id: format!("{}{}?api-version={version}", call.base_url, call.path),
        name: operation.id,
        status: match (is_done, &operation.failure) {
            (false, _) => "InProgress",
            (true, None) => "Succeeded",
            (true, Some(_)) => "Failed",
        },
        error: operation.failure.filter(|_| is_done).map(|(code, message)| ShownError { code, message }),
    };
    let response = Json(shown).into_response();
    Ok(if is_done { response } else { tell(call, response, operation.id, operation.kind) })
}

/// Whether a deletion is over: 202 until then.
pub(super) fn result(call: &Call<'_>) -> Answer {
    let operation = find(call)?;
    if operation.done_at <= call.backend.now() {
        return Ok(StatusCode::OK.into_response());
    }
    Ok(tell(call, StatusCode::ACCEPTED.into_response(), operation.id, operation.kind))
}
