//! Problem documents (RFC 9457), and the list of their codes.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI of the kind of problem: `urn:postern:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words; the same for every problem of a code.
    pub title: String,
    /// The HTTP status code, again.
    pub status: u16,
    /// What happened, and what to do, for people.
    pub detail: String,
    /// The kind of problem, for programs.
    pub code: Code,
    /// The member of the request that is wrong, as a path in its JSON: `quota.sends_per_minute`, `to[1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds after which the request may succeed; the same as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// More for programs: for `in_use`, what would be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

/// The kind of a problem. Codes are stable: they are added, and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body is not JSON.
    Malformed,
    /// The body has another media type than `application/json`.
    UnsupportedMediaType,
    /// The body is longer than the server accepts.
    TooLarge,
    /// A member of the request is wrong; `field` names it.
    Invalid,
    /// The caller's role or scope does not allow the request.
    Forbidden,
    /// What the request names does not exist.
    Missing,
    /// The API has no such path.
    UnknownPath,
    /// The path has no such method.
    MethodNotAllowed,
    /// Something of that name exists.
    Exists,
    /// Somebody else changed it at the same time: read it again.
    Changed,
    /// Other things depend on it; `details` lists them.
    InUse,
    /// The account is disabled.
    AccountDisabled,
    /// The account cannot be used at Azure as it is.
    AccountUnusable,
    /// The account does not authenticate with a client secret.
    NoClientSecret,
    /// No rotation is in progress.
    NoRotation,
    /// A rotation is in progress.
    RotationInProgress,
    /// The last rotation's old secret is still valid.
    RotationInGrace,
    /// The plan is not the one that was approved; `details` is the plan as it is now.
    PlanChanged,
    /// The plan cannot succeed, and nothing was made; `detail` says who has to act.
    PlanCannotSucceed,
    /// The request cannot be carried out in the present state; `detail` says why.
    Conflict,
    /// More messages than are allowed in a minute; `retry_after_seconds` says when to try again.
    TooFast,
    /// The server has no capacity for it now.
    Busy,
    /// A service that Postern depends on failed or rejected the call.
    Upstream,
    /// The disk or the queue is full.
    Full,
    /// The server failed; its log says why.
    Internal,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 25] = [
        Self::Malformed,
        Self::UnsupportedMediaType,
        Self::TooLarge,
        Self::Invalid,
        Self::Forbidden,
        Self::Missing,
        Self::UnknownPath,
        Self::MethodNotAllowed,
        Self::Exists,
        Self::Changed,
        Self::InUse,
        Self::AccountDisabled,
        Self::AccountUnusable,
        Self::NoClientSecret,
        Self::NoRotation,
        Self::RotationInProgress,
        Self::RotationInGrace,
        Self::PlanChanged,
        Self::PlanCannotSucceed,
        Self::Conflict,
        Self::TooFast,
        Self::Busy,
        Self::Upstream,
        Self::Full,
        Self::Internal,
    ];

    /// The code as it is in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The kind of problem in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().1
    }

    /// The HTTP status codes that it comes with.
    #[must_use]
    pub fn statuses(self) -> &'static [u16] {
        self.row().2
    }

    /// The code of a word; [`Code::Conflict`] for one that is not listed.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|code| code.as_str() == word).unwrap_or(Self::Conflict)
    }

    fn row(self) -> (&'static str, &'static str, &'static [u16]) {
        match self {
            Self::Malformed => ("malformed", "The body is not JSON", &[400]),
            Self::UnsupportedMediaType => {
                ("unsupported_media_type", "The body is not declared as application/json", &[415])
            }
            Self::TooLarge => ("too_large", "The body is too large", &[413]),
            Self::Invalid => ("invalid", "A member of the request is wrong", &[422]),
            Self::Forbidden => ("forbidden", "The caller may not do this", &[403]),
            Self::Missing => ("missing", "It does not exist", &[404]),
            Self::UnknownPath => ("unknown_path", "The API has no such path", &[404]),
            Self::MethodNotAllowed => ("method_not_allowed", "The path has no such method", &[405]),
            Self::Exists => ("exists", "Something of that name exists", &[409]),
            Self::Changed => ("changed", "Somebody else changed it at the same time", &[409]),
            Self::InUse => ("in_use", "Other things depend on it", &[409]),
            Self::AccountDisabled => ("account_disabled", "The account is disabled", &[409]),
            Self::AccountUnusable => ("account_unusable", "The account cannot be used at Azure", &[409]),
            Self::NoClientSecret => ("no_client_secret", "The account has no client secret", &[409]),
            Self::NoRotation => ("no_rotation", "No rotation is in progress", &[409]),
            Self::RotationInProgress => ("rotation_in_progress", "A rotation is in progress", &[409]),
            Self::RotationInGrace => {
                ("rotation_in_grace", "The old secret of the last rotation is still valid", &[409])
            }
            Self::PlanChanged => ("plan_changed", "The plan is not the one that was approved", &[409]),
            Self::PlanCannotSucceed => ("plan_cannot_succeed", "The plan cannot succeed", &[409]),
            Self::Conflict => ("conflict", "The present state does not allow it", &[409]),
            Self::TooFast => ("too_fast", "Too many messages a minute", &[429]),
            Self::Busy => ("busy", "The server has no capacity now", &[503]),
            Self::Upstream => ("upstream", "A service that Postern depends on failed", &[502, 503]),
            Self::Full => ("full", "The disk or the queue is full", &[507]),
            Self::Internal => ("internal", "The server failed", &[500]),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Problem {
    /// A problem of that kind.
    #[must_use]
    pub fn new(status: u16, code: Code, detail: impl ToString) -> Self {
        Self {
            kind: format!("urn:postern:problem:{code}"),
            title: code.title().to_owned(),
            status,
            detail: detail.to_string(),
            code,
            field: None,
            retry_after_seconds: None,
            details: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.detail),
            None => f.write_str(&self.detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_word_in_json_and_in_rust() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(Code::from_word(code.as_str()), code);
        }
        assert_eq!(Code::from_word("nothing of that kind"), Code::Conflict);
    }

    #[test]
    fn a_problem_document_has_the_members_of_rfc_9457() {
        let problem = Problem { field: Some("to[1]".to_owned()), ..Problem::new(422, Code::Invalid, "no @") };
        let expected = serde_json::json!({
            "type": "urn:postern:problem:invalid",
            "title": "A member of the request is wrong",
            "status": 422,
            "detail": "no @",
            "code": "invalid",
            "field": "to[1]",
        });
        assert_eq!(serde_json::to_value(&problem).unwrap(), expected);
    }
}
