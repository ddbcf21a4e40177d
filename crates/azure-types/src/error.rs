//! The error document of ARM and of the data planes (common-types `ErrorResponse`).

use serde::{Deserialize, Serialize};

/// `{"error": {...}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// The error.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// A word for programs.
    #[serde(default, deserialize_with = "crate::email::null_is_empty")]
    pub code: String,
    /// A sentence for people.
    #[serde(default, deserialize_with = "crate::email::null_is_empty")]
    pub message: String,
    /// The field or resource that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// More of the same.
    #[serde(
        default,
        deserialize_with = "crate::email::null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub details: Vec<ErrorDetail>,
}

impl ErrorResponse {
    /// An error of that code and text.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        let error = ErrorDetail { code: code.into(), message: message.into(), ..ErrorDetail::default() };
        Self { error }
    }

    /// Reads a body that should be an error document. Some services leave the envelope out, and some
    /// answer with no JSON at all; what can be found is kept.
    #[must_use]
    pub fn read(body: &[u8]) -> ErrorDetail {
        if let Ok(response) = serde_json::from_slice::<Self>(body) {
            return response.error;
        }
        if let Ok(detail) = serde_json::from_slice::<ErrorDetail>(body) {
            return detail;
        }
        let text: String = String::from_utf8_lossy(body).chars().take(MAX_TEXT).collect();
        ErrorDetail { message: text, ..ErrorDetail::default() }
    }
}

/// What is kept of a body that is no error document, in characters.
const MAX_TEXT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_with_and_without_its_envelope() {
        let read = |body: &str| {
            let detail = ErrorResponse::read(body.as_bytes());
            (detail.code, detail.message)
        };
        let found = ("DomainNotLinked".to_owned(), "no".to_owned());
        assert_eq!(read(r#"{"error":{"code":"DomainNotLinked","message":"no","innererror":{}}}"#), found);
        assert_eq!(read(r#"{"code":"DomainNotLinked","message":"no"}"#), found);
        let with_nulls =
            r#"{"error":{"code":"DomainNotLinked","message":"no","target":null,"details":null}}"#;
        assert_eq!(read(with_nulls), found);
        assert_eq!(read("<html>"), (String::new(), "<html>".to_owned()));
    }
}
