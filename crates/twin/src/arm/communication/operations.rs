//! Operations that go on for a while, and where to ask about them.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Answer;
use super::super::call::Call;
use crate::faults::{Effect, Operation};
use crate::keys::random_guid;
use crate::refusal::Refusal;
use crate::world::LongRunningOperation;

/// How something that goes on for a while will end.
pub(super) struct Fate {
    /// When; never, if it hangs.
    pub(super) done_at: Timestamp,
    /// Why it comes to nothing: a code and a text.
    pub(super) failure: Option<(String, String)>,
}

impl Fate {
    /// Settles when a resource is there and whether in vain. One that was there stays as it is while it is changed,
    /// unless something goes wrong, or went wrong before.
    pub(super) fn befall(&self, is_new: bool, ready_at: &mut Timestamp, has_failed: &mut bool) {
        let is_wrong = self.failure.is_some() || self.done_at == Timestamp::MAX;
        if is_new || is_wrong || *has_failed {
            *ready_at = self.done_at;
        }
        *has_failed = self.failure.is_some();
    }
}

/// What becomes of a resource that is written, unless a failure is due: it is there after a while.
pub(super) fn fate(call: &Call<'_>) -> Fate {
    let wait = SignedDuration::from_secs(call.state.world().habits.provisioning_seconds);
    let (wait, failure) = match call.state.faults.strike(Operation::Provisioning) {
        Some(Effect::Hang) => return Fate { done_at: Timestamp::MAX, failure: None },
        Some(Effect::Late(milliseconds)) => (wait + late(milliseconds), None),
        Some(Effect::Fail { code, message } | Effect::Answer { code, message, .. }) => {
            let code = if code.is_empty() { "InternalServerError".to_owned() } else { code };
            (wait, Some((code, message)))
        }
        None | Some(Effect::DoneButUnanswered | Effect::CutAfter(_)) => (wait, None),
    };
    let now = call.state.now();
    Fate { done_at: now.saturating_add(wait).unwrap_or(now), failure }
}

/// So much later.
pub(super) fn late(milliseconds: u64) -> SignedDuration {
    SignedDuration::from_millis(milliseconds.try_into().unwrap_or(i64::MAX))
}

/// Notes that something has begun.
pub(super) fn begin(call: &Call<'_>, resource: &str, fate: Fate) -> LongRunningOperation {
    let operation = LongRunningOperation {
        id: random_guid(),
        resource: resource.to_owned(),
        begun_at: call.state.now(),
        done_at: fate.done_at,
        failure: fate.failure,
    };
    call.state.change_world(|world| world.operations.push(operation.clone()));
    operation
}

/// Notes that something has begun that takes so many seconds and ends well.
pub(super) fn begin_for(call: &Call<'_>, resource: &str, seconds: i64) -> LongRunningOperation {
    let now = call.state.now();
    let done_at = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
    begin(call, resource, Fate { done_at, failure: None })
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
        (false, _) => Json(document(call, name, &operation, is_done)).into_response(),
    };
    if !is_done {
        let again =
            if is_result { header::LOCATION } else { HeaderName::from_static("azure-asyncoperation") };
        tell(call, &mut response, &operation, &[again]);
    }
    Ok(response)
}

/// An operation as it is shown. That it failed is no failure of asking.
fn document(call: &Call<'_>, name: &str, operation: &LongRunningOperation, is_done: bool) -> Value {
    let status = match &operation.failure {
        _ if !is_done => "Accepted",
        Some(_) => "Failed",
        None => "Succeeded",
    };
    let mut document = json!({
        "id": call.path,
        "name": name,
        "resourceId": operation.resource,
        "status": status,
        "startTime": operation.begun_at,
    });
    if is_done {
        document["endTime"] = operation.done_at.to_string().into();
        document["properties"] = Value::Null;
        if let Some((code, message)) = &operation.failure {
            document["error"] = json!({ "code": code, "message": message });
        }
    }
    document
}
