//! What came of an attempt: accepted, deferred or failed. What an upstream's answer means is in `upstream/`, a table for
//! each protocol: `rest_answers.rs` and `smtp_replies.rs`.

use std::fmt::Write as _;
use std::time::Duration;

use message::notification::Diagnostic;
use model::delivery::Reason;
use model::queued::Recipient;
use model::rate_limit::Ended;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AttemptOutcome {
    /// Azure has the message.
    Accepted(Acceptance),
    Deferred(Deferred),
    Failed(Failed),
}

/// Azure has the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acceptance {
    /// What it said.
    pub(crate) text: String,
    /// When its status may be read; `None` where there is none to be read.
    pub(crate) read_status_in: Option<Duration>,
    /// Recipients that it refused, by their place in the send.
    pub(crate) refused: Vec<(usize, Failed)>,
    /// Recipients that it would not take now, and what it said of each.
    pub(crate) deferred: Vec<(usize, String)>,
    /// Why it would not take them, where that is not about them.
    pub(crate) trouble: Option<Deferred>,
}

impl Acceptance {
    /// What Azure said, of the message and of each of these recipients that it did not take.
    pub(crate) fn story(&self, recipients: &[Recipient]) -> String {
        let mut story = self.text.clone();
        let refused =
            self.refused.iter().map(|(place, failed)| (*place, "refused", failed.said().to_owned()));
        let deferred = self.deferred.iter().map(|(place, text)| (*place, "deferred", text.clone()));
        for (place, what, text) in refused.chain(deferred) {
            if let Some(recipient) = recipients.get(place) {
                let _ = write!(story, "; it {what} the recipient {}: {text}", recipient.mailbox);
            }
        }
        story
    }
}

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
    /// The sender's: its domain is not linked.
    Sender,
    /// The sender's: its domain is linked and does not know the username.
    Username,
    /// The subscription's quota.
    Rate,
    /// The account's login or permissions: nothing of it can be sent.
    Login,
    /// The network on the way there: nothing of the account can be sent, and the request never arrived.
    Unreachable,
    /// Azure's own: it failed, or broke off before it had answered. Other messages may fare better.
    Azure,
}

impl Matter {
    /// The reason to be noted with the try, where that concerns more than this message.
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Self::Message => None,
            Self::Sender => Some(Reason::DomainNotLinked),
            Self::Username => Some(Reason::SenderUnknown),
            Self::Rate => Some(Reason::Rate),
            Self::Login => Some(Reason::Login),
            Self::Unreachable => Some(Reason::Unreachable),
            Self::Azure => Some(Reason::Azure),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// Reply code for a client that waits.
    pub(crate) code: u16,
    /// Enhanced status `5.subject.detail`.
    pub(crate) status: (u16, u16),
    /// Why, in a sentence for the sender.
    pub(crate) reason: String,
    /// What was said, word for word, and by whom.
    pub(crate) diagnostic: Option<Diagnostic>,
}

/// After a rate limit that came without a wait.
pub(crate) const RATE_WAIT: Duration = Duration::from_secs(60);

pub(crate) fn deferred(text: String, matter: Matter, wait: Option<Duration>) -> AttemptOutcome {
    AttemptOutcome::Deferred(Deferred { text, wait, matter })
}

impl AttemptOutcome {
    /// How the request ended, as the rate limit counts it.
    pub(crate) fn ended(&self) -> Ended {
        let trouble = match self {
            Self::Accepted(accepted) => accepted.trouble.as_ref(),
            Self::Deferred(deferred) => Some(deferred),
            Self::Failed(_) => None,
        };
        match trouble.map(|trouble| (trouble.matter, trouble.wait)) {
            Some((Matter::Rate, wait)) => Ended::TooMuch(wait.unwrap_or(RATE_WAIT)),
            Some((Matter::Unreachable, _)) if matches!(self, Self::Deferred(_)) => Ended::Unsent,
            Some((Matter::Unreachable | Matter::Login | Matter::Azure | Matter::Message, _)) => {
                Ended::Unanswered
            }
            None | Some((Matter::Sender | Matter::Username, _)) => Ended::Answered,
        }
    }
}

impl Failed {
    /// The status as text, `5.1.1`.
    pub(crate) fn status_text(&self) -> String {
        format!("5.{}.{}", self.status.0, self.status.1)
    }

    /// What was said, or the reason where nothing was.
    pub(crate) fn said(&self) -> &str {
        self.diagnostic.as_ref().map_or(&self.reason, |diagnostic| &diagnostic.text)
    }

    /// The reason with what was said, for a client that waits.
    pub(crate) fn text(&self) -> String {
        match &self.diagnostic {
            Some(diagnostic) => format!("{} {}", self.reason, diagnostic.text),
            None => self.reason.clone(),
        }
    }
}
