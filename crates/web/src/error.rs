//! The one place where failures become HTTP replies.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use control::ControlError;
use serde::{Deserialize, Serialize};
use store::StoreError;
use tracing::error;

/// `{"error": {...}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorText,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorText {
    /// A word for programs: `invalid`, `exists`, `changed`, `missing`, `in_use`, `full`, `internal`.
    pub code: String,
    /// The field that is meant, for `invalid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A sentence for people.
    pub message: String,
    /// What else there is to say to programs: for `in_use` at an account, what would be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

/// A failure on its way to the caller.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: ErrorText,
}

impl ApiError {
    fn new(status: StatusCode, code: &str, message: impl ToString) -> Self {
        let body =
            ErrorText { code: code.to_owned(), field: None, message: message.to_string(), details: None };
        Self { status, body }
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

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Invalid(invalid) => Self::invalid(invalid.field, invalid.reason),
            ControlError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Exists(_) => Self::new(StatusCode::CONFLICT, "exists", error),
            StoreError::Changed(_) => Self::new(StatusCode::CONFLICT, "changed", error),
            StoreError::Missing(_) => Self::new(StatusCode::NOT_FOUND, "missing", error),
            StoreError::InUse { .. } => Self::new(StatusCode::CONFLICT, "in_use", error),
            StoreError::Full(_) | StoreError::Behind => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "full", error)
            }
            _ => {
                // What is wrong with us goes to the log, with all that is behind it.
                error!(error = &error as &dyn std::error::Error, "a request failed");
                let text = "the server failed; its log says why";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", text)
            }
        }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "invalid", rejection.body_text())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(ErrorBody { error: self.body })).into_response()
    }
}
