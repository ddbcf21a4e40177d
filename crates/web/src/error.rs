//! The one place where failures become problem documents.

use std::error::Error;
use std::time::Duration;

use api::problem::{Code, MEDIA_TYPE, Problem};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use model::fault::{Conflicting, Fault};
use provisioning::ApplyError;
use relay::intake::Rejection;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::error;

/// A failure on its way to the caller.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Problem>);

impl ApiError {
    fn new(status: StatusCode, code: Code, detail: impl ToString) -> Self {
        Self(Box::new(Problem::new(status.as_u16(), code, detail)))
    }

    pub(crate) fn invalid(field: &str, message: impl ToString) -> Self {
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::Invalid, message);
        error.0.field = Some(field.to_owned());
        error
    }

    /// The present state does not allow it; `details` lists what prevents it.
    pub(crate) fn conflict(code: Code, message: impl ToString, details: &impl Serialize) -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, code, message);
        error.0.details = serde_json::to_value(details).ok();
        error
    }

    pub(crate) fn missing(what: impl std::fmt::Display) -> Self {
        Self::not_found(format!("{what} does not exist"))
    }

    pub(crate) fn not_found(message: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::Missing, message)
    }

    /// The API has no such path.
    pub(crate) async fn unknown_path() -> Self {
        let detail = "/v1/openapi.json lists the paths of this API";
        Self::new(StatusCode::NOT_FOUND, Code::UnknownPath, detail)
    }

    /// The path has other methods.
    pub(crate) async fn method_not_allowed() -> Self {
        let detail = "the Allow header lists the methods of this path";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, detail)
    }

    /// A handler panicked.
    pub(crate) fn panicked() -> Self {
        Fault::internal("a request panicked").into()
    }

    /// The problem document, for an answer that has begun.
    pub(crate) fn into_problem(self) -> Problem {
        *self.0
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let status = match &fault {
            Fault::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Fault::Conflict { .. } => StatusCode::CONFLICT,
            Fault::NotFound { .. } => StatusCode::NOT_FOUND,
            Fault::Forbidden { .. } => StatusCode::FORBIDDEN,
            Fault::Upstream { retry_after: Some(_), .. } => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Upstream { retry_after: None, .. } => StatusCode::BAD_GATEWAY,
            Fault::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
            Fault::Internal(source) => {
                // What is wrong with us goes to the log, with all that is behind it.
                error!(error = &**source as &dyn Error, "a request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let mut error = Self::new(status, Code::from_word(fault.code()), &fault);
        match fault {
            Fault::Invalid { field, reason } => (error.0.field, error.0.detail) = (Some(field), reason),
            Fault::Conflict { detail, .. } => error.0.details = details(detail),
            Fault::Upstream { retry_after, .. } => error.0.retry_after_seconds = retry_after.map(seconds),
            Fault::NotFound { .. } | Fault::Forbidden { .. } | Fault::Full { .. } | Fault::Internal(_) => {}
        }
        error
    }
}

fn details(conflicting: Vec<Conflicting>) -> Option<Value> {
    let members: Map<String, Value> =
        conflicting.into_iter().map(|one| (one.kind.to_owned(), Value::from(one.names))).collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        match error {
            ApplyError::Fault(fault) => fault.into(),
            ApplyError::PlanChanged(plan) => Self::conflict(Code::PlanChanged, message, &plan),
        }
    }
}

/// Whole seconds, never none: a client that comes back at once finds the same.
fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1)
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        let text = rejection.to_string();
        match rejection {
            Rejection::AccountDisabled(name) => {
                let text = format!("{name} is disabled: postern account enable {name}");
                Self::new(StatusCode::CONFLICT, Code::AccountDisabled, text)
            }
            Rejection::SenderNotAllowed(_) => Self::new(StatusCode::FORBIDDEN, Code::Forbidden, text),
            Rejection::UnknownSender(_)
            | Rejection::DomainNotLinked(_)
            | Rejection::AuthorUnknown(_)
            | Rejection::ReversePathUnreadable => Self::invalid("from", text),
            Rejection::RecipientUnreadable
            | Rejection::NoRecipients
            | Rejection::TooManyRecipients { .. }
            | Rejection::RecipientNotPossible
            | Rejection::RecipientSuppressed(_) => Self::invalid("to", text),
            Rejection::Malformed(_) | Rejection::HeaderTooLarge { .. } | Rejection::Loop { .. } => {
                Self::invalid("subject", text)
            }
            Rejection::TooLarge { .. } => Self::invalid("text", text),
            Rejection::Timing(fault) => Self::invalid(fault.field(), text),
            Rejection::TooFast { retry_after } => {
                let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, Code::TooFast, text);
                error.0.retry_after_seconds = Some(seconds(retry_after));
                error
            }
            Rejection::InProgress => Self::new(StatusCode::CONFLICT, Code::Conflict, text),
            Rejection::NoRoom(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, Code::Full, text),
            Rejection::Store(error) => Fault::from(error).into(),
            Rejection::CredentialGone(_) | Rejection::TokenExpiring => {
                Self::new(StatusCode::FORBIDDEN, Code::Forbidden, text)
            }
            Rejection::NoMemory | Rejection::RecipientUncertain { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Busy, text)
            }
            Rejection::NotSent(_) => Self::new(StatusCode::BAD_GATEWAY, Code::Upstream, text),
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => Code::Invalid,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
            _ => Code::Malformed,
        };
        let mut error = Self::new(rejection.status(), code, rejection.body_text());
        if code == Code::Invalid
            && let Some((field, reason)) = wrong_member(&rejection)
        {
            (error.0.field, error.0.detail) = (field, reason);
        }
        error
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        let text = rejection.body_text();
        let (_, reason) = text.split_once("query string: ").unwrap_or_default();
        match reason.split_once(": ").filter(|(field, _)| is_path(field)) {
            Some((field, reason)) => Self::invalid(field, reason),
            None => Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::Invalid, text),
        }
    }
}

/// The path of the member that does not fit its type, if it is one member, and why.
fn wrong_member(error: &(dyn Error + 'static)) -> Option<(Option<String>, String)> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<serde_path_to_error::Error<serde_json::Error>>() {
            let reason = found.inner().to_string();
            return Some((path_of(&found.path().to_string(), &reason), reason));
        }
        cause = error.source();
    }
    None
}

/// The path of a member; of one that is missing serde gives the path of what should hold it.
fn path_of(path: &str, reason: &str) -> Option<String> {
    let absent = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (path, absent) {
        (".", absent) => absent.map(str::to_owned),
        (path, Some(absent)) => Some(format!("{path}.{absent}")),
        (path, None) => Some(path.to_owned()),
    }
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.[]".contains(c))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = problem.retry_after_seconds.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
        (status, retry_after, [(CONTENT_TYPE, MEDIA_TYPE)], Json(problem)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use relay::intake::{AddressFault, ChosenBy, Part, TimingFault};
    use store::StoreError;

    use super::*;

    #[test]
    fn each_fault_has_its_status_and_an_upstream_one_says_when_to_try_again() {
        let upstream = |seconds: Option<u64>| Fault::Upstream {
            who: "Entra".to_owned(),
            message: "no answer".to_owned(),
            retry_after: seconds.map(Duration::from_secs),
        };
        for (fault, status, retry_after) in [
            (Fault::invalid("name", "it is empty"), 422, None),
            (Fault::conflict("exists", "account a exists"), 409, None),
            (Fault::not_found("account a"), 404, None),
            (Fault::Forbidden { reason: "no".to_owned() }, 403, None),
            (upstream(Some(30)), 503, Some("30")),
            (upstream(Some(0)), 503, Some("1")),
            (upstream(None), 502, None),
            (Fault::Full { message: "full".to_owned() }, 507, None),
            (Fault::internal(std::io::Error::other("disk")), 500, None),
        ] {
            let text = fault.to_string();
            let response = ApiError::from(fault).into_response();
            let header = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!((response.status().as_u16(), header), (status, retry_after), "{text}");
        }
    }

    #[test]
    fn a_rejection_is_answered_by_its_meaning() {
        let fault = || AddressFault { mailbox: "a@contoso.example".parse().unwrap(), part: Part::From };
        for (rejection, status, code, field) in [
            (Rejection::SenderNotAllowed(fault()), 403, Code::Forbidden, None),
            (Rejection::UnknownSender(fault()), 422, Code::Invalid, Some("from")),
            (Rejection::TooManyRecipients { limit: 50 }, 422, Code::Invalid, Some("to")),
            (Rejection::Loop { hops: 51 }, 422, Code::Invalid, Some("subject")),
            (Rejection::TooLarge { limit_bytes: 1 }, 422, Code::Invalid, Some("text")),
            (Rejection::Timing(TimingFault::NoLane("fast".into())), 422, Code::Invalid, Some("lane")),
            (Rejection::TooFast { retry_after: Duration::from_millis(12_300) }, 429, Code::TooFast, None),
            (Rejection::NoRoom(StoreError::Behind), 507, Code::Full, None),
            (Rejection::Store(StoreError::Closed), 500, Code::Internal, None),
            (Rejection::NoMemory, 503, Code::Busy, None),
            (Rejection::InProgress, 409, Code::Conflict, None),
            (Rejection::CredentialGone(ChosenBy::Login), 403, Code::Forbidden, None),
        ] {
            let text = format!("{rejection:?}");
            let is_too_fast = matches!(rejection, Rejection::TooFast { .. });
            let error = ApiError::from(rejection);
            assert_eq!((error.0.status, error.0.code), (status, code), "{text}");
            assert_eq!(error.0.field.as_deref(), field, "{text}");
            assert_eq!(error.0.retry_after_seconds, is_too_fast.then_some(12), "{text}");
        }
    }
}
