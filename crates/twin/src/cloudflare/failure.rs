//! Refusals in Cloudflare's form: numbers, with a text for people.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why nothing was done.
#[derive(Clone, Debug)]
pub(super) struct CloudflareError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    message: String,
    /// What was wrong in particular.
    cause: Option<(u32, String)>,
    retry_after: Option<u64>,
}

impl CloudflareError {
    pub(super) fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), cause: None, retry_after: None }
    }

    pub(super) fn bad(code: u32, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A record that cannot stand in a zone.
    pub(super) fn invalid(code: u32, message: impl Into<String>) -> Self {
        let failure = Self::bad(1_004, "DNS Validation Error");
        Self { cause: Some((code, message.into())), ..failure }
    }

    /// The token is good, but not for this.
    pub(super) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, 10_000, "Authentication error")
    }

    pub(super) fn no_route(segments: &[&str]) -> Self {
        let path = segments.join("/");
        let text = format!("Could not route to /{path}, perhaps your object identifier is invalid?");
        Self::new(StatusCode::NOT_FOUND, 7_003, text)
    }

    pub(super) fn no_zone() -> Self {
        Self::new(StatusCode::NOT_FOUND, 1_001, "Invalid zone identifier")
    }

    pub(super) fn no_record() -> Self {
        Self::new(StatusCode::NOT_FOUND, 81_044, "Record does not exist.")
    }

    pub(super) fn too_many(retry_after: u64) -> Self {
        let text = "Please wait and consider throttling your request speed";
        let failure = Self::new(StatusCode::TOO_MANY_REQUESTS, 971, text);
        Self { retry_after: Some(retry_after), ..failure }
    }
}

impl IntoResponse for CloudflareError {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some((code, message)) = self.cause {
            error["error_chain"] = json!([{ "code": code, "message": message }]);
        }
        let body = json!({ "success": false, "errors": [error], "messages": [], "result": Value::Null });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
