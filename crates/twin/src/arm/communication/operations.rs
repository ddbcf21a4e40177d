//! Operations that go on for a while, and where to ask about them.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::COMMUNICATION_NAMESPACE;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::super::Answer;
use super::super::call::Call;
use super::super::headers::RequestId;
use super::shape::Document;
use crate::error_reply::ErrorReply;
use crate::faults::{Effect, Operation};
use crate::keys::random_guid;
use crate::state::{DeletionForm, LongRunningOperation, OperationKind, State};

/// How something that goes on for a while will end.
pub(super) struct Fate {
    /// When; never, if it hangs.
    pub(super) done_at: Timestamp,
    /// Why it comes to nothing: a code and a text.
    pub(super) failure: Option<(String, String)>,
}

/// Something that begins.
pub(super) struct Begin {
    /// An ARM id.
    pub(super) resource: String,
    pub(super) fate: Fate,
    pub(super) kind: OperationKind,
}

/// Where an answer says how an operation goes.
pub(super) const ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

impl Fate {
    /// Settles when a resource is there and whether in vain. One that was there stays as it is while it is changed,
    /// unless something goes wrong, or went wrong before.
    pub(super) fn apply_to(&self, is_new: bool, ready_at: &mut Timestamp, has_failed: &mut bool) {
        let is_wrong = self.failure.is_some() || self.done_at == Timestamp::MAX;
        if is_new || is_wrong || *has_failed {
            *ready_at = self.done_at;
        }
        *has_failed = self.failure.is_some();
    }

    /// It is done after so many seconds.
    pub(super) fn after(call: &Call<'_>, seconds: i64) -> Self {
        let now = call.backend.now();
        let done_at = clock::after(now, SignedDuration::from_secs(seconds));
        Self { done_at, failure: None }
    }
}

/// What becomes of a resource that is written, unless a failure is due: it is there after a while.
pub(super) fn fate(call: &Call<'_>, state: &State) -> Fate {
    let wait = SignedDuration::from_secs(state.behaviour.provisioning_seconds);
    let (wait, failure) = match call.backend.faults.trigger(Operation::Provisioning) {
        Some(Effect::Hang) => return Fate { done_at: Timestamp::MAX, failure: None },
        Some(Effect::Late(milliseconds)) => (wait + late(milliseconds), None),
        Some(Effect::Fail { code, message } | Effect::Answer { code, message, .. }) => {
            let code = if code.is_empty() { "InternalServerError".to_owned() } else { code };
            (wait, Some((code, message)))
        }
        None | Some(Effect::DoneButUnanswered | Effect::CutAfter(_)) => (wait, None),
    };
    let now = call.backend.now();
    Fate { done_at: clock::after(now, wait), failure }
}

/// So much later.
pub(super) fn late(milliseconds: u64) -> SignedDuration {
    SignedDuration::from_millis(milliseconds.try_into().unwrap_or(i64::MAX))
}

/// Notes that something has begun.
pub(super) fn begin(call: &Call<'_>, state: &mut State, begin: Begin) -> LongRunningOperation {
    let operation = LongRunningOperation {
        id: random_guid(),
        resource: begin.resource,
        begun_at: call.backend.now(),
        done_at: begin.fate.done_at,
        failure: begin.fate.failure,
        kind: begin.kind,
    };
    state.operations.push(operation.clone());
    operation
}

/// Notes that a deletion has begun, which takes as long as making something does.
pub(super) fn begin_deletion(call: &Call<'_>, state: &mut State, resource: String) -> LongRunningOperation {
    let fate = Fate::after(call, state.behaviour.provisioning_seconds);
    begin(call, state, Begin { resource, fate, kind: OperationKind::Delete })
}

/// Says where to ask, as long and as odd as Azure's own addresses are. The id of the request is the operation's.
pub(super) fn tell(
    call: &Call<'_>,
    response: &mut Response,
    operation: &LongRunningOperation,
    headers: &[HeaderName],
) {
    if let Ok(value) = HeaderValue::from_str(&address(call, operation)) {
        for name in headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
    }
    // A seed cannot say "nothing" in any other way.
    if let Some(seconds) = call.behaviour().communication_retry_after.filter(|seconds| *seconds > 0) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if call.method != "GET" {
        response.extensions_mut().insert(RequestId(operation.id));
    }
}

/// Ticks of 100 ns from the beginning of the year 1 to 1970.
const TICKS_TO_1970: i64 = 621_355_968_000_000_000;

/// Where an operation is asked about: with a `*` in its path and a signature of some 3 KB in its query.
fn address(call: &Call<'_>, operation: &LongRunningOperation) -> String {
    let version = call.query.get("api-version").map(String::as_str).unwrap_or_default();
    let subscription = call.segments.get(1).map(String::as_str).unwrap_or_default();
    let hash = operation.id.simple().to_string().repeat(2).to_uppercase();
    let ticks = TICKS_TO_1970 + operation.begun_at.as_microsecond() * 10;
    let filled = |length: usize| -> String { hash.chars().cycle().take(length).collect() };
    format!(
        "{}/subscriptions/{subscription}/providers/{COMMUNICATION_NAMESPACE}/locations/WESTUS2/operationStatuses/\
         {}*{hash}?api-version={version}&t={ticks}&c={}&s={}&h={}",
        call.base_url,
        operation.id,
        filled(2_700),
        filled(342),
        filled(43),
    )
}

/// How an operation goes. One of a deletion is answered with 202 until it is over, with a body all the same.
pub(super) fn status(call: &Call<'_>, name: &str) -> Answer {
    if call.backend.state().behaviour.operations_need_a_right {
        let action = format!("{COMMUNICATION_NAMESPACE}/Locations/OperationStatuses/read");
        call.must(&action, &call.path.split('/').take(3).collect::<Vec<_>>().join("/"))?;
    }
    let id = name.split('*').next().and_then(|id| Uuid::try_parse(id).ok());
    let found = call.backend.state().operations.iter().find(|one| Some(one.id) == id).cloned();
    let Some(operation) = found else {
        let text = "There is no such operation.";
        return Err(ErrorReply::new(StatusCode::NOT_FOUND, "OperationNotFound", text).by_service());
    };
    let is_done = operation.done_at <= call.backend.now();
    let form = call.backend.state().behaviour.deletion;
    let document = document(call, name, &operation, (is_done, form));
    let is_open_deletion = operation.kind == OperationKind::Delete && !is_done;
    let status = if is_open_deletion { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut response = (status, document).into_response();
    if !is_done {
        tell(call, &mut response, &operation, places(operation.kind, form));
    }
    Ok(response)
}

/// The headers that say where an operation is asked about.
pub(super) fn places(kind: OperationKind, form: DeletionForm) -> &'static [HeaderName] {
    static BOTH: [HeaderName; 2] = [ASYNC_OPERATION, header::LOCATION];
    match (kind, form) {
        (OperationKind::Write, _) => &BOTH[..1],
        (OperationKind::Delete, DeletionForm::Current) => &BOTH,
        (OperationKind::Delete, DeletionForm::Old) => &BOTH[1..],
    }
}

/// An operation as it is shown. `properties` and `error` belong to one that is over; `endTime` is not said of a
/// deletion.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: &'a str,
    name: &'a str,
    resource_id: &'a str,
    status: &'static str,
    start_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    /// Written as `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Option<()>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<OperationError<'a>>,
}

#[derive(Serialize)]
struct OperationError<'a> {
    code: &'a str,
    message: &'a str,
}

fn document(
    call: &Call<'_>,
    name: &str,
    operation: &LongRunningOperation,
    (is_done, form): (bool, DeletionForm),
) -> Document {
    let is_deletion = operation.kind == OperationKind::Delete;
    let status = match (&operation.failure, is_done, form) {
        (_, false, _) if is_deletion => "Deleting",
        (_, false, _) => "Accepted",
        (Some(_), true, _) => "Failed",
        (None, true, DeletionForm::Old) if is_deletion => "Deleted",
        (None, true, _) => "Succeeded",
    };
    let failure = operation.failure.as_ref().filter(|_| is_done);
    Document::of(&Shown {
        id: &call.path,
        name,
        resource_id: &operation.resource,
        status,
        start_time: operation.begun_at,
        end_time: (is_done && !is_deletion).then_some(operation.done_at),
        properties: is_done.then_some(None),
        error: failure.map(|(code, message)| OperationError { code, message }),
    })
}
