//! Why a request brought nothing, sorted by what may have happened on the other side.

use std::time::Duration;

use azure_types::error::{ErrorDetail, ErrorResponse};
use http_client::header::{HeaderMap, RETRY_AFTER};
use http_client::{ExchangeError, Reply, TransportError};
use jiff::Timestamp;

/// A request that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum RequestFailure {
    /// No connection came about: the request was never sent.
    #[error("no connection to {host}")]
    Unreachable {
        /// Whom we called.
        host: String,
        source: TransportError,
    },
    /// The connection broke or nothing came in time: the request may have been carried out.
    #[error("no answer from {host}")]
    Interrupted {
        /// Whom we called.
        host: String,
        source: TransportError,
    },
    /// Azure answered, and not with what was asked for.
    #[error("{0}")]
    Answered(Answered),
    /// Azure answered with something that cannot be understood.
    #[error("{host} gave an answer that cannot be understood: {what}")]
    Garbled {
        host: String,
        /// What is wrong with it.
        what: String,
    },
}

/// An error that Azure gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub http_status: u16,
    /// Azure's word for it; may be empty.
    pub code: String,
    pub message: String,
    /// Azure's fields that are meant, and its sentences about parts of the request, in the order given.
    pub particulars: Vec<String>,
    /// How long Azure wants to be left alone.
    pub retry_after: Option<Duration>,
    /// The ids that Microsoft's support asks for.
    pub ids: RequestIds,
}

/// The ids under which Azure, and the network in front of it, know a request: what Microsoft's support asks
/// for. The Email API gives no `x-ms-request-id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestIds(Vec<(&'static str, String)>);

/// Headers that name a request, most telling first.
const REQUEST_IDS: [&str; 3] = ["x-ms-request-id", "mise-correlation-id", "X-Azure-Ref"];
/// The longest id that is kept, in bytes.
const MAX_ID_BYTES: usize = 128;
/// Characters that are kept of a text.
const MAX_TEXT: usize = 2_048;
/// Particulars that are kept: more than one for each of the 50 recipients that a request may have.
const MAX_PARTICULARS: usize = 200;

impl RequestIds {
    /// The ids of an answer.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let id = |name: &'static str| {
            let value = headers.get(name)?.to_str().ok()?.trim();
            let is_an_id = !value.is_empty() && value.len() <= MAX_ID_BYTES;
            is_an_id.then(|| (name, value.to_owned()))
        };
        Self(REQUEST_IDS.into_iter().filter_map(id).collect())
    }

    /// `text`, and the ids behind it in brackets.
    #[must_use]
    pub fn behind(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { format!("{text} [{self}]") }
    }
}

impl std::fmt::Display for RequestIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, (name, id)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {id}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HTTP {}", self.http_status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl From<ExchangeError> for RequestFailure {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Unreachable { host, source } => Self::Unreachable { host, source },
            // Azure may be anywhere; nobody asks for this here.
            ExchangeError::NotPublic(error) => {
                Self::Garbled { host: error.host.clone(), what: error.to_string() }
            }
            ExchangeError::Interrupted { host, source } => Self::Interrupted { host, source },
            ExchangeError::Garbled { host, what } => Self::Garbled { host, what },
        }
    }
}

impl RequestFailure {
    /// The failure and what is behind it, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        model::error_chain(self)
    }
}

/// The code in an answer of Azure Storage, whose body is XML.
fn storage_code(headers: &HeaderMap) -> &str {
    headers.get("x-ms-error-code").and_then(|code| code.to_str().ok()).unwrap_or_default()
}

impl Answered {
    /// Reads an error reply.
    pub(crate) fn read(reply: &Reply, now: Timestamp) -> Self {
        let (detail, headers) = (ErrorResponse::read(&reply.body), &reply.headers);
        Self {
            http_status: reply.status.as_u16(),
            code: one_line(if detail.code.is_empty() { storage_code(headers) } else { &detail.code }),
            message: one_line(&detail.message),
            particulars: particulars(&detail),
            retry_after: retry_after(headers, now),
            ids: RequestIds::read(headers),
        }
    }
}

/// What an error says beyond its code and its sentence: the fields that it means, and the same of each detail.
fn particulars(detail: &ErrorDetail) -> Vec<String> {
    let all = detail.all();
    let targets = all.iter().filter_map(|one| one.target.as_deref());
    let sentences = all.iter().skip(1).map(|one| one.message.as_str());
    targets.chain(sentences).map(one_line).filter(|text| !text.is_empty()).take(MAX_PARTICULARS).collect()
}

/// What Azure says ends up in logs, on terminals and in notices: no line breaks, no control characters, no end of it.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line =
        text.split(char::is_control).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(MAX_TEXT) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Retry-After in seconds or as a date (RFC 9110 section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http_client::StatusCode;

    use super::*;

    #[test]
    fn the_ids_that_support_asks_for_are_kept() {
        let ids = |headers: &[(&'static str, &str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (
                    http_client::header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    value.parse().unwrap(),
                )
            });
            RequestIds::read(&headers.collect()).behind("no")
        };
        let recorded = [("x-azure-ref", "20260101T1Z-abc"), ("mise-correlation-id", "8540c0de")];
        assert_eq!(ids(&recorded), "no [mise-correlation-id 8540c0de, X-Azure-Ref 20260101T1Z-abc]");
        assert_eq!(ids(&[("x-ms-request-id", "7")]), "no [x-ms-request-id 7]");
        assert_eq!(ids(&[("x-ms-request-id", ""), ("X-Azure-Ref", &"x".repeat(500))]), "no");
    }

    #[test]
    fn what_an_error_says_about_parts_of_a_request_is_kept() {
        let body = r#"{"error":{"code":"BadRequest","message":"no","target":"recipients.to",
            "details":[{"code":"Invalid","message":"a@b is\nnot valid","target":null},null]}}"#;
        let now = "2026-11-21T08:00:00Z".parse().unwrap();
        let reply = Reply {
            host: "host".to_owned(),
            status: StatusCode::BAD_REQUEST,
            headers: HeaderMap::new(),
            body: body.into(),
        };
        let answered = Answered::read(&reply, now);
        assert_eq!(answered.particulars, ["recipients.to", "a@b is not valid"]);
    }

    fn read(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, "2026-11-21T08:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_wait_may_be_seconds_or_a_date() {
        assert_eq!(read("20"), Some(Duration::from_secs(20)));
        assert_eq!(read("Sat, 21 Nov 2026 08:01:00 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(read("Sat, 21 Nov 2026 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
    }
}
