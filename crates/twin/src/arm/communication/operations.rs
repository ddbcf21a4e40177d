//! Operations that go on for a while, and where to ask about them.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::super::Answer;
use super::super::call::Call;
use crate::keys::random_guid;
use crate::refusal::Refusal;
use crate::world::LongRunningOperation;

/// Notes that something has begun.
pub(super) fn begin(call: &Call<'_>, resource: &str, seconds: i64) -> LongRunningOperation {
    let now = call.state.now();
    let operation = LongRunningOperation {
        id: random_guid(),
        resource: resource.to_owned(),
        begun_at: now,
        done_at: now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now),
    };
    call.state.change_world(|world| world.operations.push(operation.clone()));
    operation
}

/// Says where to ask, as long and as odd as Azure's own addresses are.
pub(super) fn tell(
    call: &Call<'_>,
    response: &mut Response,
    operation: &LongRunningOperation,
    headers: &[HeaderName],
) {
    let version = call.query.get("api-version").map(String::as_str).unwrap_or_default();
    let subscription = call.segments.get(1).map(String::as_str).unwrap_or_default();
    let hash = operation.id.simple().to_string().repeat(2).to_uppercase();
    for name in headers {
        let kind = if *name == header::LOCATION { "operationResults" } else { "operationStatuses" };
        let url = format!(
            "{}/subscriptions/{subscription}/providers/Microsoft.Communication/locations/WESTUS2/{kind}/{}*{hash}\
             ?api-version={version}&t={}&c={}&s={}&h={}",
            call.origin,
            operation.id,
            operation.begun_at.as_second(),
            hash.repeat(20),
            hash.repeat(5),
            hash
        );
        if let Ok(value) = HeaderValue::from_str(&url) {
            response.headers_mut().insert(name.clone(), value);
        }
    }
    if let Some(seconds) = call.state.world().habits.communication_retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// How an operation stands: as a document, or as a result that is not there yet.
pub(super) fn status(call: &Call<'_>, name: &str, is_result: bool) -> Answer {
    let id = name.split('*').next().and_then(|id| Uuid::try_parse(id).ok());
    let found = call.state.world().operations.iter().find(|one| Some(one.id) == id).cloned();
    let Some(operation) = found else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "OperationNotFound", "There is no such operation."));
    };
    let is_done = operation.done_at <= call.state.now();
    let mut response = match (is_result, is_done) {
        (true, true) => StatusCode::OK.into_response(),
        (true, false) => StatusCode::ACCEPTED.into_response(),
        (false, _) => {
            let mut body = json!({
                "id": call.path,
                "name": name,
                "resourceId": operation.resource,
                "status": if is_done { "Succeeded" } else { "Accepted" },
                "startTime": operation.begun_at,
            });
            if is_done {
                body["endTime"] = operation.done_at.to_string().into();
                body["properties"] = serde_json::Value::Null;
            }
            Json(body).into_response()
        }
    };
    if !is_done {
        let again =
            if is_result { header::LOCATION } else { HeaderName::from_static("azure-asyncoperation") };
        tell(call, &mut response, &operation, &[again]);
    }
    Ok(response)
}
