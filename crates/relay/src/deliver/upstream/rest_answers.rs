//! What the Email API's and Entra's answers mean: for REST, the only table that tells permanent from temporary.
//!
//! Codes are matched, not texts. What is not known is temporary: a message waits rather than bounces
//! because of a word that Azure changed.

use std::time::Duration;

use azure_client::email::Answer;
use azure_client::entra::TokenFailure;
use azure_client::{Answered, RequestFailure};
use azure_types::email::EmailSendStatus;
use azure_types::error::ErrorDetail;
use message::notification::{Diagnostic, Speaker};
use model::delivery::Reason;

use super::status_answer::StatusAnswer;
use crate::deliver::outcome::{Acceptance, AttemptOutcome, Failed, Matter, RATE_WAIT, deferred};

/// When a status is read first, unless Azure asks for more patience. Azure says 3 seconds, needs 3 to 8, and
/// allows two hundred reads an hour: one that finds the end is worth more than three that find it under way.
pub(crate) const READ_STATUS_IN: Duration = Duration::from_secs(10);
/// Azure's code for a message of which all recipients are on a suppression list.
const ALL_SUPPRESSED: &str = "EmailDroppedAllRecipientsSuppressed";

/// What the Email API's answer to a send means.
pub(crate) fn of_send(result: Result<Answer, RequestFailure>) -> AttemptOutcome {
    match result {
        Ok(answer) => AttemptOutcome::Accepted(Acceptance {
            text: answer.ids.behind(&format!(
                "Azure took it as operation {}: {}",
                answer.result.id, answer.result.status
            )),
            read_status_in: Some(answer.retry_after.unwrap_or_default().max(READ_STATUS_IN)),
            ..Acceptance::default()
        }),
        Err(RequestFailure::Answered(answered)) => of_answer(&answered),
        Err(failure @ RequestFailure::Unreachable { .. }) => {
            deferred(failure.chain(), Matter::Unreachable, None)
        }
        Err(failure @ (RequestFailure::Interrupted { .. } | RequestFailure::Garbled { .. })) => {
            deferred(failure.chain(), Matter::Azure, None)
        }
    }
}

/// What an error of the Email API means where nothing else can be done about it.
pub(crate) fn of_answer(answered: &Answered) -> AttemptOutcome {
    let text = answered.ids.behind(&answered.to_string());
    let wait = answered.retry_after;
    match (answered.http_status, answered.code.as_str()) {
        (_, "DomainNotLinked") => deferred(text, Matter::Sender, wait),
        (_, "InvalidSenderUserName") => deferred(text, Matter::Username, wait),
        // That is about this program and no message.
        (_, code) if code.contains("ApiVersion") => deferred(text, Matter::Message, wait),
        // The id was used before: an earlier try arrived although nobody said so.
        (409, _) => AttemptOutcome::Accepted(Acceptance {
            text: format!("Azure has it from an earlier try ({text})"),
            read_status_in: Some(READ_STATUS_IN),
            ..Acceptance::default()
        }),
        (401 | 403, _) => deferred(text, Matter::Login, wait),
        (429, _) => deferred(text, Matter::Rate, Some(wait.unwrap_or(RATE_WAIT))),
        (413, _) => failed(552, (3, 4), "Azure does not take a message of that size.", text),
        (400 | 415 | 422, _) => failed(554, (6, 0), "Azure does not take the message as it is.", text),
        (500.., _) => deferred(text, Matter::Azure, wait),
        _ => deferred(text, Matter::Message, wait),
    }
}

/// What a failed login at Entra means.
pub(crate) fn of_token(failure: &TokenFailure) -> AttemptOutcome {
    let matter = match failure {
        TokenFailure::Refused(_) | TokenFailure::Unusable(_) => Matter::Login,
        TokenFailure::Exchange(_) => Matter::Unreachable,
    };
    let wait = match failure {
        TokenFailure::Exchange(RequestFailure::Answered(answered)) => answered.retry_after,
        _ => None,
    };
    let text = match failure {
        TokenFailure::Refused(refused) => format!("Entra refused the account's login: {}", refused.summary()),
        TokenFailure::Exchange(failure) => {
            format!("Entra could not be asked for a token: {}", failure.chain())
        }
        TokenFailure::Unusable(_) => failure.to_string(),
    };
    deferred(text, matter, wait)
}

/// What the answer to a status read means for a message that Azure accepted.
pub(super) fn of_status(result: Result<Answer, RequestFailure>) -> StatusAnswer {
    match result {
        Ok(Answer { result, retry_after, ids }) => match result.status {
            EmailSendStatus::Succeeded => {
                StatusAnswer::Sent(ids.behind("Azure sent it on: the operation has succeeded"))
            }
            EmailSendStatus::Failed | EmailSendStatus::Canceled => {
                let error = result.error.unwrap_or_default();
                let reason = (error.code == ALL_SUPPRESSED).then_some(Reason::Suppressed);
                let why = ids.behind(&said(&error));
                StatusAnswer::Failed { text: format!("Azure gave up: {why}"), why, reason }
            }
            _ => StatusAnswer::UnderWay(retry_after),
        },
        Err(RequestFailure::Answered(Answered { http_status: 404, .. })) => {
            StatusAnswer::Forgotten("Azure does not know the operation any more".to_owned())
        }
        Err(failure) => {
            let why = failure.chain();
            match failure {
                RequestFailure::Answered(answered) => StatusAnswer::Refused(why, answered.retry_after),
                _ => StatusAnswer::Unread(why),
            }
        }
    }
}

/// Why an operation failed, in Azure's words, or in ours where it gives none.
fn said(error: &ErrorDetail) -> String {
    let words = match (error.code.as_str(), error.message.as_str()) {
        ("", "") => "it gives no reason".to_owned(),
        (code, "") => code.to_owned(),
        ("", message) => message.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    azure_client::one_line(&words)
}

fn failed(code: u16, status: (u16, u16), reason: &str, diagnostic: String) -> AttemptOutcome {
    let diagnostic = Some(Diagnostic { speaker: Speaker::Azure, text: diagnostic });
    AttemptOutcome::Failed(Failed { code, status, reason: reason.to_owned(), diagnostic })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(http_status: u16, code: &str) -> AttemptOutcome {
        of_send(Err(RequestFailure::Answered(Answered {
            http_status,
            code: code.to_owned(),
            message: "text".to_owned(),
            particulars: Vec::new(),
            retry_after: (http_status == 503).then_some(Duration::from_secs(7)),
            ids: azure_client::RequestIds::default(),
        })))
    }

    fn matter(outcome: &AttemptOutcome) -> Option<(Matter, Option<u64>)> {
        match outcome {
            AttemptOutcome::Deferred(deferred) => {
                Some((deferred.matter, deferred.wait.map(|wait| wait.as_secs())))
            }
            _ => None,
        }
    }

    #[test]
    fn the_email_apis_answers_are_told_apart_by_code() {
        for (status, code, expected) in [
            (404, "DomainNotLinked", (Matter::Sender, None)),
            (400, "DomainNotLinked", (Matter::Sender, None)),
            (400, "InvalidSenderUserName", (Matter::Username, None)),
            (401, "Denied", (Matter::Login, None)),
            (403, "", (Matter::Login, None)),
            (429, "TooManyRequests", (Matter::Rate, Some(60))),
            (503, "", (Matter::Azure, Some(7))),
            (500, "", (Matter::Azure, None)),
            (404, "NotFound", (Matter::Message, None)),
            (302, "", (Matter::Message, None)),
            (410, "Gone", (Matter::Message, None)),
            (400, "UnsupportedApiVersion", (Matter::Message, None)),
        ] {
            assert_eq!(matter(&answered(status, code)), Some(expected), "{status} {code}");
        }
        for status in [400, 413, 415, 422] {
            assert!(matches!(answered(status, "BadRequest"), AttemptOutcome::Failed(_)), "{status}");
        }
        assert!(matches!(answered(409, "Conflict"), AttemptOutcome::Accepted(_)));
    }
}
