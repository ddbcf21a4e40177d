//! The error document of ARM and of the data planes (common-types `ErrorResponse`).

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The error document of Azure's services: `{"error": {...}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    pub error: ErrorDetail,
}

/// What went wrong.
///
/// Azure writes members that it leaves out as null, and no recording shows an error of the Email API. So a
/// member that is null, absent or of another type counts as empty: an error that could not be read would be
/// a bounce that nobody hears of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// A word for programs.
    #[serde(default, deserialize_with = "text")]
    pub code: String,
    /// A sentence for people.
    #[serde(default, deserialize_with = "text")]
    pub message: String,
    /// The field or resource that is meant.
    #[serde(default, deserialize_with = "optional_text", skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// More of the same.
    #[serde(default, deserialize_with = "details", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(optional_text(deserializer)?.unwrap_or_default())
}

fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

fn details<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ErrorDetail>, D::Error> {
    let Value::Array(elements) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(elements.into_iter().filter_map(|element| serde_json::from_value(element).ok()).collect())
}

impl ErrorDetail {
    /// The error and all that it holds, outermost first.
    pub fn all(&self) -> Vec<&Self> {
        let mut found = vec![self];
        let mut next = 0;
        while let Some(detail) = found.get(next).copied() {
            found.extend(&detail.details);
            next += 1;
        }
        found
    }
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
        assert_eq!(read(r#"{"error":null}"#), (String::new(), String::new()));
    }

    #[test]
    fn null_is_absent_at_every_depth() {
        let without =
            r#"{"error":{"code":"BadRequest","message":"no","details":[{"code":"InvalidAddress"}]}}"#;
        let with = r#"{"error":{"code":"BadRequest","message":"no","target":null,"innererror":null,
            "additionalInfo":null,"details":[null,{"code":"InvalidAddress","message":null,"target":null,
            "details":null,"additionalInfo":null}]}}"#;
        let read = |body: &str| ErrorResponse::read(body.as_bytes());
        assert_eq!(read(with), read(without));
        let codes: Vec<String> = read(with).all().into_iter().map(|detail| detail.code.clone()).collect();
        assert_eq!(codes, ["BadRequest", "InvalidAddress"]);
        let odd = read(r#"{"error":{"code":400,"message":{"value":"no"},"target":[],"details":{}}}"#);
        assert_eq!(odd, ErrorDetail { code: "400".to_owned(), ..ErrorDetail::default() });
    }
}
