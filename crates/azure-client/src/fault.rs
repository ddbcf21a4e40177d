//! A call to Azure that failed, as the [`Fault`] that a caller gets.

use std::time::Duration;

use model::fault::Fault;

use crate::RequestFailure;
use crate::arm::CallError;
use crate::entra::TokenFailure;

/// When it makes sense to try again after a connection failed.
pub const SOON: Duration = Duration::from_secs(60);

/// What a call that failed says, in one line.
#[must_use]
pub fn explain(error: &CallError) -> String {
    match error {
        CallError::Token(failure) => failure.to_string(),
        CallError::Failed(failure) => failure.chain(),
    }
}

/// A service that failed or rejected a call; `message` says so to people.
#[must_use]
pub fn upstream(who: &str, message: impl ToString, error: &CallError) -> Fault {
    let retry_after = match error {
        CallError::Token(failure) => after_token(failure),
        CallError::Failed(failure) => after(failure),
    };
    Fault::Upstream { who: who.to_owned(), message: message.to_string(), retry_after }
}

/// When a token may be had after one was not.
#[must_use]
pub fn after_token(failure: &TokenFailure) -> Option<Duration> {
    match failure {
        TokenFailure::Exchange(failure) => after(failure),
        TokenFailure::Refused(_) | TokenFailure::Unusable(_) => None,
    }
}

/// When the same call may succeed; never where Azure understood it and rejected it.
#[must_use]
pub fn after(failure: &RequestFailure) -> Option<Duration> {
    match failure {
        RequestFailure::Answered(answered) if answered.http_status == 429 || answered.http_status >= 500 => {
            Some(answered.retry_after.unwrap_or(SOON))
        }
        RequestFailure::Answered(_) => None,
        RequestFailure::Unreachable { .. }
        | RequestFailure::Interrupted { .. }
        | RequestFailure::Garbled { .. } => Some(SOON),
    }
}

#[cfg(test)]
mod tests {
    use crate::Answered;

    use super::*;

    fn answered(http_status: u16, retry_after: Option<u64>) -> RequestFailure {
        RequestFailure::Answered(Answered {
            http_status,
            code: String::new(),
            message: String::new(),
            particulars: Vec::new(),
            retry_after: retry_after.map(Duration::from_secs),
            ids: crate::RequestIds::default(),
        })
    }

    #[test]
    fn a_rejected_call_is_not_tried_again_and_a_throttled_one_when_azure_says() {
        let garbled = RequestFailure::Garbled { host: "h".to_owned(), what: "no JSON".to_owned() };
        for (failure, seconds) in [
            (answered(403, None), None),
            (answered(404, Some(5)), None),
            (answered(429, Some(5)), Some(5)),
            (answered(429, None), Some(60)),
            (answered(503, None), Some(60)),
            (garbled, Some(60)),
        ] {
            assert_eq!(after(&failure), seconds.map(Duration::from_secs), "{failure}");
        }
        let fault = upstream("Azure", "it is down", &CallError::Failed(answered(503, Some(7))));
        assert_eq!((fault.code(), fault.to_string().as_str()), ("upstream", "Azure: it is down"));
    }
}
