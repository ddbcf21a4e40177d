//! The one place where failures become HTTP replies.

use std::time::Duration;

use api::problem::{ErrorBody, ErrorText};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use model::fault::Fault;
use serde::Serialize;
use tracing::error;

/// A failure on its way to the caller.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: ErrorText,
    /// Seconds after which the request may succeed.
    retry_after: Option<u32>,
}

impl ApiError {
    fn new(status: StatusCode, code: &str, message: impl ToString) -> Self {
        let body =
            ErrorText { code: code.to_owned(), field: None, message: message.to_string(), details: None };
        Self { status, body, retry_after: None }
    }

    pub(crate) fn invalid(field: &str, message: impl ToString) -> Self {
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message);
        error.body.field = Some(field.to_owned());
        error
    }

    /// What cannot be as things are, with what stands against it.
    pub(crate) fn conflict(code: &str, message: impl ToString, details: &impl Serialize) -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, code, message);
        error.body.details = serde_json::to_value(details).ok();
        error
    }

    pub(crate) fn missing(what: impl std::fmt::Display) -> Self {
        Self::not_found(format!("{what} does not exist"))
    }

    pub(crate) fn not_found(message: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, "missing", message)
    }
}

impl ApiError {
    /// What it says, for an answer that has begun.
    pub(crate) fn into_text(self) -> ErrorText {
        self.body
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
                error!(error = &**source as &dyn std::error::Error, "a request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let mut error = Self::new(status, fault.code(), &fault);
        match fault {
            Fault::Invalid { field, reason } => {
                (error.body.field, error.body.message) = (Some(field), reason);
            }
            Fault::Upstream { retry_after, .. } => error.retry_after = retry_after.map(seconds),
            _ => {}
        }
        error
    }
}

/// Whole seconds, never none: a client that comes back at once finds the same.
fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1)
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "invalid", rejection.body_text())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let headers = self.retry_after.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
        let body = Json(ErrorBody { error: self.body });
        match headers {
            Some(headers) => (self.status, headers, body).into_response(),
            None => (self.status, body).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
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
}
