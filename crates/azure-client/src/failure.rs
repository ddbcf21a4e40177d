//! Why a request brought nothing, sorted by what may have happened on the other side.

use std::time::Duration;

use azure_types::error::ErrorResponse;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// A request that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No connection came about: the request was never sent.
    #[error("no connection to {host}")]
    Unreachable {
        /// Whom we called.
        host: String,
        /// Why not.
        source: reqwest::Error,
    },
    /// The connection broke or nothing came in time: the request may have been carried out.
    #[error("no answer from {host}")]
    Interrupted {
        /// Whom we called.
        host: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// Azure answered, and not with what was asked for.
    #[error("{0}")]
    Answered(Answered),
    /// Azure answered with something that cannot be understood.
    #[error("{host} gave an answer that cannot be understood: {what}")]
    Garbled {
        /// Who answered.
        host: String,
        /// What is wrong with it.
        what: String,
    },
}

/// An error that Azure gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub http_status: u16,
    /// Azure's word for it; may be empty.
    pub code: String,
    /// Azure's sentence.
    pub message: String,
    /// How long Azure wants to be left alone.
    pub retry_after: Option<Duration>,
    /// The id that Microsoft's support asks for.
    pub request_id: Option<String>,
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

impl Failure {
    /// Sorts a failed exchange.
    pub(crate) fn exchange(host: &str, source: reqwest::Error) -> Self {
        // The rest of a URL may be a secret; the host is kept beside it.
        let (host, source) = (host.to_owned(), source.without_url());
        if source.is_connect() || source.is_builder() {
            Self::Unreachable { host, source }
        } else {
            Self::Interrupted { host, source }
        }
    }

    /// The failure and what is behind it, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // reqwest repeats itself on the way down.
            if !text.contains(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            source = cause.source();
        }
        text
    }
}

impl Answered {
    /// Reads an error reply.
    pub(crate) fn read(http_status: u16, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Self {
        let detail = ErrorResponse::read(body);
        Self {
            http_status,
            code: on_one_line(&detail.code),
            message: on_one_line(&detail.message),
            retry_after: retry_after(headers, now),
            request_id: headers.get("x-ms-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned),
        }
    }
}

/// What Azure says ends up in logs, on terminals and in notices: no line breaks, no control characters.
fn on_one_line(text: &str) -> String {
    text.split(char::is_control).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ")
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
    use super::*;

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
