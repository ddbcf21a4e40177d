//! What an upstream's answer means: the only table that tells permanent from temporary.
//!
//! Codes are matched, not texts. What is not known is temporary: a message waits rather than bounces
//! because of a word that Azure changed.

use std::time::Duration;

use ::smtp::client::{Cause as ProtocolCause, Stage, Verdict as SmtpVerdict};
use ::smtp::reply::{EnhancedStatus, Refusal};
use azure_client::email::Answer;
use azure_client::entra::TokenFailure;
use azure_client::{Answered, Failure};

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Azure has the message.
    Accepted(Accepted),
    /// Not now.
    Deferred(Deferred),
    /// Not ever.
    Failed(Failed),
}

/// Azure has the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// What it said.
    pub(crate) text: String,
    /// When its status may be read; `None` where there is none to be read.
    pub(crate) read_status_in: Option<Duration>,
    /// Recipients that it refused, by their place in the send.
    pub(crate) refused: Vec<(usize, Failed)>,
    /// Recipients that it would not take now.
    pub(crate) deferred: Vec<usize>,
}

/// Not now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deferred {
    /// What was said.
    pub(crate) text: String,
    /// How long Azure wants to wait, if it said so.
    pub(crate) wait: Option<Duration>,
    /// Whose matter it is.
    pub(crate) matter: Matter,
}

/// Why something was deferred, which decides what else has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matter {
    /// This message's only.
    Message,
    /// The sender's: its domain is not linked, or the username is unknown.
    Sender,
    /// The subscription's quota.
    Rate,
    /// The account's login or permissions: nothing of it can be sent.
    Login,
    /// The way there: nothing of the account can be sent, and the request never arrived.
    Unreachable,
}

/// Not ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// Reply code for a client that waits.
    pub(crate) code: u16,
    /// Enhanced status `5.subject.detail`.
    pub(crate) status: (u16, u16),
    /// Why, in a sentence for the sender.
    pub(crate) reason: String,
    /// What was said, word for word.
    pub(crate) diagnostic: Option<String>,
}

/// When a status may be read if Azure does not say.
const READ_STATUS_IN: Duration = Duration::from_secs(10);
/// After a rate limit that came without a wait.
const RATE_WAIT: Duration = Duration::from_secs(60);

/// What the Email API's answer to a send means.
pub(crate) fn of_send(result: Result<Answer, Failure>) -> Verdict {
    match result {
        Ok(answer) => Verdict::Accepted(Accepted {
            text: format!("Azure took it as operation {}: {}", answer.result.id, answer.result.status),
            read_status_in: Some(answer.retry_after.unwrap_or(READ_STATUS_IN)),
            ..Accepted::default()
        }),
        Err(Failure::Answered(answered)) => of_answer(&answered),
        Err(failure @ Failure::Unreachable { .. }) => deferred(failure.chain(), Matter::Unreachable, None),
        Err(failure @ (Failure::Interrupted { .. } | Failure::Garbled { .. })) => {
            deferred(failure.chain(), Matter::Message, None)
        }
    }
}

fn of_answer(answered: &Answered) -> Verdict {
    let text = answered.to_string();
    let wait = answered.retry_after;
    match (answered.http_status, answered.code.as_str()) {
        (_, "DomainNotLinked" | "InvalidSenderUserName") => deferred(text, Matter::Sender, wait),
        // The id was used before: an earlier try arrived although nobody said so.
        (409, _) => Verdict::Accepted(Accepted {
            text: format!("Azure has it from an earlier try ({text})"),
            read_status_in: Some(READ_STATUS_IN),
            ..Accepted::default()
        }),
        (401 | 403, _) => deferred(text, Matter::Login, wait),
        (429, _) => deferred(text, Matter::Rate, Some(wait.unwrap_or(RATE_WAIT))),
        (413, _) => failed(552, (3, 4), "Azure does not take a message of that size.", text),
        (400 | 415 | 422, _) => failed(554, (6, 0), "Azure does not take the message as it is.", text),
        _ => deferred(text, Matter::Message, wait),
    }
}

/// What a failed login at Entra means.
pub(crate) fn of_token(failure: &TokenFailure) -> Verdict {
    let matter = match failure {
        TokenFailure::Refused(_) | TokenFailure::Unusable(_) => Matter::Login,
        TokenFailure::Exchange(_) => Matter::Unreachable,
    };
    let wait = match failure {
        TokenFailure::Exchange(Failure::Answered(answered)) => answered.retry_after,
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

/// What a server's verdict by SMTP means.
pub(crate) fn of_verdict(verdict: SmtpVerdict) -> Verdict {
    let (mut refused, mut later) = (Vec::new(), Vec::new());
    for (place, recipient) in verdict.recipients.iter().enumerate() {
        match recipient {
            Ok(()) => {}
            Err(refusal) if refusal.is_permanent() => refused.push((place, of_refusal(refusal))),
            Err(_) => later.push(place),
        }
    }
    match verdict.message {
        Some(Ok(reply)) => Verdict::Accepted(Accepted {
            text: format!("Azure took it: {reply}"),
            read_status_in: None,
            refused,
            deferred: later,
        }),
        Some(Err(refusal)) => of_message_refusal(&refusal),
        // Nobody was left to send to.
        None => {
            match (refused.into_iter().next(), verdict.recipients.iter().find_map(|r| r.as_ref().err())) {
                (Some((_, failed)), _) if later.is_empty() => Verdict::Failed(failed),
                (_, Some(refusal)) => deferred(refusal.to_string(), Matter::Message, None),
                (_, None) => deferred("no recipient was accepted".to_owned(), Matter::Message, None),
            }
        }
    }
}

fn of_message_refusal(refusal: &Refusal) -> Verdict {
    let has = |subject, detail| refusal.reply().status().is_some_and(|status| status.is(subject, detail));
    let text = refusal.to_string();
    if has(5, 127) {
        deferred(text, Matter::Rate, Some(RATE_WAIT))
    } else if has(1, 7) || has(1, 8) {
        deferred(text, Matter::Sender, None)
    } else if has(7, 3) || has(7, 57) {
        deferred(text, Matter::Login, None)
    } else if refusal.is_permanent() {
        Verdict::Failed(of_refusal(refusal))
    } else {
        deferred(text, Matter::Message, None)
    }
}

fn of_refusal(refusal: &Refusal) -> Failed {
    let status = refusal.reply().status().map_or((0, 0), numbers);
    let reason = match status.0 {
        1 => "The address was not accepted.",
        3 => "The message was not accepted as it is too large or of a wrong kind.",
        _ => "The message was not accepted.",
    };
    Failed {
        code: refusal.reply().code(),
        status,
        reason: reason.to_owned(),
        diagnostic: Some(refusal.to_string()),
    }
}

/// Subject and detail of a status, by way of its text: its class is known to be 5.
fn numbers(status: EnhancedStatus) -> (u16, u16) {
    let text = status.to_string();
    let mut numbers = text.split('.').skip(1).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// What a session that broke means.
pub(crate) fn of_session(error: &smtp_client::Error) -> Verdict {
    let text = crate::reply_for::chain(error);
    if let smtp_client::Cause::Protocol(failure) = &error.cause {
        match &failure.cause {
            ProtocolCause::Refused(refusal) if error.stage == Stage::Login => {
                let matter = if refusal.is_permanent() { Matter::Login } else { Matter::Unreachable };
                return deferred(text, matter, None);
            }
            ProtocolCause::NoTls | ProtocolCause::NoMechanism => return deferred(text, Matter::Login, None),
            _ => {}
        }
    }
    if let smtp_client::Cause::Message(violation) = &error.cause {
        let reason = format!("The message holds {violation}, which cannot be sent.");
        return Verdict::Failed(Failed { code: 554, status: (6, 11), reason, diagnostic: None });
    }
    match error.stage {
        Stage::Greeting | Stage::Hello | Stage::StartTls | Stage::Login => {
            deferred(text, Matter::Unreachable, None)
        }
        Stage::Idle | Stage::Envelope | Stage::Data | Stage::EndOfData | Stage::Quit => {
            deferred(text, Matter::Message, None)
        }
    }
}

pub(crate) fn deferred(text: String, matter: Matter, wait: Option<Duration>) -> Verdict {
    Verdict::Deferred(Deferred { text, wait, matter })
}

fn failed(code: u16, status: (u16, u16), reason: &str, diagnostic: String) -> Verdict {
    Verdict::Failed(Failed { code, status, reason: reason.to_owned(), diagnostic: Some(diagnostic) })
}

impl Verdict {
    /// Whether Azure may have counted the request.
    pub(crate) fn may_be_counted(&self) -> bool {
        !matches!(self, Self::Deferred(Deferred { matter: Matter::Unreachable, .. }))
    }
}

impl Failed {
    /// The status as text, `5.1.1`.
    pub(crate) fn status_text(&self) -> String {
        format!("5.{}.{}", self.status.0, self.status.1)
    }

    /// The refusal for a client that waits.
    pub(crate) fn refusal(&self) -> Refusal {
        let code = if (500..600).contains(&self.code) { self.code } else { 554 };
        Refusal::permanent(code, self.status, "").with_text(self.reason.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::smtp::reply::Reply;

    fn answered(http_status: u16, code: &str) -> Verdict {
        of_send(Err(Failure::Answered(Answered {
            http_status,
            code: code.to_owned(),
            message: "text".to_owned(),
            retry_after: (http_status == 503).then_some(Duration::from_secs(7)),
            request_id: None,
        })))
    }

    fn matter(verdict: &Verdict) -> Option<(Matter, Option<u64>)> {
        match verdict {
            Verdict::Deferred(deferred) => Some((deferred.matter, deferred.wait.map(|wait| wait.as_secs()))),
            _ => None,
        }
    }

    #[test]
    fn the_email_apis_answers_are_told_apart_by_code() {
        for (status, code, expected) in [
            (404, "DomainNotLinked", (Matter::Sender, None)),
            (400, "DomainNotLinked", (Matter::Sender, None)),
            (400, "InvalidSenderUserName", (Matter::Sender, None)),
            (401, "Denied", (Matter::Login, None)),
            (403, "", (Matter::Login, None)),
            (429, "TooManyRequests", (Matter::Rate, Some(60))),
            (503, "", (Matter::Message, Some(7))),
            (500, "", (Matter::Message, None)),
            (404, "NotFound", (Matter::Message, None)),
            (302, "", (Matter::Message, None)),
        ] {
            assert_eq!(matter(&answered(status, code)), Some(expected), "{status} {code}");
        }
        for status in [400, 413, 415, 422] {
            assert!(matches!(answered(status, "BadRequest"), Verdict::Failed(_)), "{status}");
        }
        assert!(matches!(answered(409, "Conflict"), Verdict::Accepted(_)));
    }

    fn said(code: u16, status: (u16, u16)) -> Verdict {
        let refusal = match code {
            500.. => Refusal::permanent(code, status, "text"),
            _ => Refusal::temporary(code, status, "text"),
        };
        of_verdict(SmtpVerdict { recipients: vec![Ok(())], message: Some(Err(refusal)) })
    }

    #[test]
    fn azures_smtp_replies_are_told_apart_by_status() {
        assert_eq!(matter(&said(450, (5, 127))), Some((Matter::Rate, Some(60))));
        assert_eq!(matter(&said(550, (1, 7))), Some((Matter::Sender, None)));
        assert_eq!(matter(&said(535, (7, 3))), Some((Matter::Login, None)));
        assert_eq!(matter(&said(451, (3, 0))), Some((Matter::Message, None)));
        let Verdict::Failed(failed) = said(554, (6, 0)) else { panic!() };
        assert_eq!((failed.status_text().as_str(), failed.refusal().reply().code()), ("5.6.0", 554));
    }

    #[test]
    fn recipients_have_their_own_fates() {
        const GONE: Refusal = Refusal::permanent(550, (1, 1), "no such user");
        const LATER: Refusal = Refusal::temporary(452, (5, 3), "too many");
        let taken = Some(Ok(Reply::positive(250, (0, 0), "ok")));
        let recipients = vec![Err(GONE), Ok(()), Err(LATER)];
        let Verdict::Accepted(accepted) = of_verdict(SmtpVerdict { recipients, message: taken }) else {
            panic!()
        };
        assert_eq!(accepted.refused.len(), 1);
        assert_eq!((accepted.refused[0].0, accepted.refused[0].1.status_text()), (0, "5.1.1".into()));
        assert_eq!(accepted.deferred, [2]);
        let none = |recipients| of_verdict(SmtpVerdict { recipients, message: None });
        assert!(matches!(none(vec![Err(GONE)]), Verdict::Failed(_)));
        assert!(matches!(none(vec![Err(GONE), Err(LATER)]), Verdict::Deferred(_)));
    }
}
