//! Web hooks: endpoints that are told what becomes of mail, and what they are told.

mod signature;

use jiff::Timestamp;
use smtp::path::ReversePath;
use url::Url;

use crate::delivery::{AttemptResult, Reason};
use crate::id::{AccountId, QueueId, WebhookId};
use crate::name::AccountName;
use crate::tracking::{EventSource, RecipientState};
use crate::upstream::Transport;

pub use self::signature::{NotASigningSecret, SigningSecret};

/// An endpoint of the operator's. Its signing secret is kept apart, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    /// The operator's name for it.
    pub name: AccountName,
    pub url: Url,
    /// What it is told of; never empty, without repetition.
    pub kinds: Vec<WebhookKind>,
    /// The account whose mail it is told of; all of them if absent.
    pub account: Option<AccountId>,
    pub form: WebhookForm,
    pub reach: Reach,
    /// CA certificates to trust instead of the system's, in PEM.
    pub ca_pem: Option<String>,
    pub state: WebhookState,
    pub created_at: Timestamp,
}

/// The body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookForm {
    /// One event, as an object.
    Single,
    /// A list of events, at most so many.
    Batch(u16),
}

/// The addresses that an endpoint may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the Internet.
    Public,
    /// Private networks and this machine, too.
    Private,
}

/// Whether an endpoint is told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookState {
    Enabled,
    /// The operator disabled it.
    Disabled,
    /// It answered 410: it wants nothing any more.
    Gone,
}

/// What an event is of. Receivers match the words; the feed on disk has their order, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookKind {
    /// Postern has accepted a message: it is on disk.
    Accepted,
    /// The upstream has accepted a message.
    Sent,
    /// The recipient's server has accepted a message.
    Delivered,
    /// A try to send failed, and there will be another.
    Deferred,
    /// A message does not reach a recipient.
    Failed,
    /// Azure did not try, because the recipient is on a suppression list.
    Suppressed,
    /// The secret of an account expires soon, or has expired.
    SecretExpiring,
    /// A domain cannot send.
    DomainBroken,
    /// Mail of an account, or of the whole server, stands still.
    QueueStuck,
}

/// Where an event is in the feed: events are fed in the order in which they were committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedPlace {
    /// The number of the transaction's row.
    pub row: u64,
    /// The event in it, from 1; 0 is before all of them.
    pub entry: u32,
}

/// Something that endpoints are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    /// An id that no other event has, and that never changes.
    pub id: String,
    pub kind: WebhookKind,
    /// When it happened.
    pub at: Timestamp,
    pub about: WebhookSubject,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookSubject {
    Message(Box<MessageNews>),
    Server(ServerNews),
}

/// An event of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageNews {
    pub account: AccountId,
    pub queue_id: QueueId,
    /// The author's Message-ID; empty if there was none.
    pub message_id: String,
    /// The envelope's sender.
    pub reverse_path: ReversePath,
    /// The address in the From field.
    pub header_from: String,
    /// Empty where subjects are not kept.
    pub subject: String,
    /// Whom it is about.
    pub recipients: Vec<String>,
    /// What became of them.
    pub state: RecipientState,
    /// How the request went, where one did.
    pub transport: Option<Transport>,
    pub reason: Option<Reason>,
    /// Enhanced status code, where one is known.
    pub status: Option<String>,
    /// What the other server said.
    pub text: String,
}

/// A problem that began or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerNews {
    /// The account's name, where it is one account's.
    pub account: Option<String>,
    /// The code that `postern status` has for it; with `_ended` when it is over.
    pub code: String,
    pub message: String,
}

crate::words!(WebhookKind {
    Accepted = "message.accepted",
    Sent = "message.sent",
    Delivered = "message.delivered",
    Deferred = "message.deferred",
    Failed = "message.failed",
    Suppressed = "message.suppressed",
    SecretExpiring = "secret.expiring",
    DomainBroken = "domain.broken",
    QueueStuck = "queue.stuck",
});

crate::words!(Reach {
    Public = "public",
    Private = "private",
});

crate::words!(WebhookState {
    Enabled = "enabled",
    Disabled = "disabled",
    Gone = "gone",
});

/// Most events in a request.
pub const MOST_IN_BATCH: u16 = 100;

impl WebhookForm {
    /// Events in a request, at most.
    #[must_use]
    pub fn most(self) -> usize {
        match self {
            Self::Single => 1,
            Self::Batch(most) => usize::from(most.clamp(1, MOST_IN_BATCH)),
        }
    }
}

impl WebhookKind {
    /// What a line of a message's story is, if endpoints are told of it.
    #[must_use]
    pub fn of_event(source: EventSource, result: &str, reason: Option<Reason>) -> Option<Self> {
        if reason == Some(Reason::Suppressed) {
            return Some(Self::Suppressed);
        }
        match source {
            EventSource::Attempt | EventSource::Status => match result.parse().ok()? {
                // That the operation succeeded adds nothing: the upstream had the message before.
                AttemptResult::Accepted => (source == EventSource::Attempt).then_some(Self::Sent),
                AttemptResult::Deferred => Some(Self::Deferred),
                AttemptResult::Failed => Some(Self::Failed),
            },
            EventSource::Operator => (result == RecipientState::Dropped.as_str()).then_some(Self::Failed),
            EventSource::Delivery => Some(Self::of_state(result.parse().ok()?)),
        }
    }

    /// What the outcome of a recipient is.
    #[must_use]
    pub fn of_state(state: RecipientState) -> Self {
        match state {
            RecipientState::Queued => Self::Deferred,
            RecipientState::Submitted | RecipientState::Sent => Self::Sent,
            RecipientState::Delivered | RecipientState::Expanded => Self::Delivered,
            RecipientState::Suppressed => Self::Suppressed,
            RecipientState::Dropped
            | RecipientState::Failed
            | RecipientState::Undelivered
            | RecipientState::Quarantined
            | RecipientState::FilteredSpam
            | RecipientState::Bounced => Self::Failed,
        }
    }

    /// What a problem with that code is. What has no kind of its own holds up mail, or soon will.
    #[must_use]
    pub fn of_problem(code: &str) -> Self {
        match code.trim_end_matches("_ended") {
            "secret_expires" | "secret_expired" => Self::SecretExpiring,
            code if code.starts_with("rotation") => Self::SecretExpiring,
            "domain_not_linked" | "sender_unknown" | "awaiting_approval" | "drift" => Self::DomainBroken,
            code if code.starts_with("domain") || code.starts_with("infrastructure") => Self::DomainBroken,
            _ => Self::QueueStuck,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_story_are_events_or_nothing() {
        for (source, result, expected) in [
            (EventSource::Attempt, "accepted", Some(WebhookKind::Sent)),
            (EventSource::Attempt, "deferred", Some(WebhookKind::Deferred)),
            (EventSource::Attempt, "failed", Some(WebhookKind::Failed)),
            (EventSource::Status, "accepted", None),
            (EventSource::Status, "failed", Some(WebhookKind::Failed)),
            (EventSource::Operator, "dropped", Some(WebhookKind::Failed)),
            (EventSource::Operator, "retried", None),
            (EventSource::Delivery, "delivered", Some(WebhookKind::Delivered)),
            (EventSource::Delivery, "expanded", Some(WebhookKind::Delivered)),
            (EventSource::Delivery, "suppressed", Some(WebhookKind::Suppressed)),
            (EventSource::Delivery, "bounced", Some(WebhookKind::Failed)),
            (EventSource::Delivery, "a later build's", None),
        ] {
            assert_eq!(WebhookKind::of_event(source, result, None), expected, "{source} {result}");
        }
        let suppressed = WebhookKind::of_event(EventSource::Status, "failed", Some(Reason::Suppressed));
        assert_eq!(suppressed, Some(WebhookKind::Suppressed));
    }

    #[test]
    fn problems_are_of_three_kinds() {
        for (code, expected) in [
            ("secret_expires", WebhookKind::SecretExpiring),
            ("secret_expired_ended", WebhookKind::SecretExpiring),
            ("domain_not_linked", WebhookKind::DomainBroken),
            ("awaiting_approval_ended", WebhookKind::DomainBroken),
            ("azure_unreachable", WebhookKind::QueueStuck),
            ("disk_full", WebhookKind::QueueStuck),
        ] {
            assert_eq!(WebhookKind::of_problem(code), expected, "{code}");
        }
    }
}
