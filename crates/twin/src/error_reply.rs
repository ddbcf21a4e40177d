//! Error replies of the HTTPS endpoint.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_types::error::{ErrorDetail, ErrorResponse};

/// An error document with its status (common-types `ErrorResponse`).
#[derive(Clone, Debug)]
pub(crate) struct ErrorReply {
    status: StatusCode,
    code: String,
    message: String,
    target: Option<String>,
    retry_after: Option<u64>,
    challenge: Option<String>,
    /// Whether a resource provider says it, and not Resource Manager in front of it.
    is_by_service: bool,
    /// Whether the document is the error itself, which has no envelope.
    is_bare: bool,
}

/// Says who has refused: `gateway` or `service`.
pub(crate) const FAILURE_CAUSE: HeaderName = HeaderName::from_static("x-ms-failure-cause");

impl ErrorReply {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            target: None,
            retry_after: None,
            challenge: None,
            is_by_service: false,
            is_bare: false,
        }
    }

    /// The same, said by a resource provider.
    pub(crate) fn by_service(mut self) -> Self {
        self.is_by_service = true;
        self
    }

    /// The same without the envelope, as Azure DNS writes its errors.
    pub(crate) fn bare(mut self) -> Self {
        self.is_bare = true;
        self.by_service()
    }

    /// The word for programs.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Names the member that is meant.
    pub(crate) fn target(mut self, target: String) -> Self {
        self.target = Some(target);
        self
    }

    /// What goes into the document.
    pub(crate) fn detail(&self) -> ErrorDetail {
        ErrorDetail {
            code: self.code.clone(),
            message: self.message.clone(),
            target: self.target.clone(),
            ..ErrorDetail::default()
        }
    }

    pub(crate) fn challenge(mut self, challenge: String) -> Self {
        self.challenge = Some(challenge);
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl ErrorReply {
    /// Status and headers around a document that is written already.
    pub(crate) fn around(self, mut response: Response) -> Response {
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Ok(code) = HeaderValue::from_str(&self.code) {
            headers.insert("x-ms-error-code", code);
        }
        if let Some(Ok(challenge)) = self.challenge.map(|text| HeaderValue::from_str(&text)) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.is_by_service {
            headers.insert(FAILURE_CAUSE, HeaderValue::from_static("service"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for ErrorReply {
    fn into_response(self) -> Response {
        let error = self.detail();
        let document = match self.is_bare {
            true => Json(error).into_response(),
            false => Json(ErrorResponse { error }).into_response(),
        };
        self.around(document)
    }
}
