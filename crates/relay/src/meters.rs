//! What the relay counts of its own work since it started. Accounts are named by id: they are few, and may be renamed.

use std::time::Duration;

use jiff::Timestamp;
use meter::{Counter, Histogram, Labelled, Latest};
use model::delivery::{Attempt, AttemptResult};
use model::id::{AccountId, QueueId};
use model::queued::{Origin, QueuedMessage};
use model::upstream::Transport;

/// What the intake counts.
#[derive(Debug)]
pub struct IntakeMeters {
    /// Messages that were queued; repetitions are not.
    pub queued: Labelled<QueuedKind, Counter>,
    /// From the end of the mail data until the message was on disk, synced.
    pub accepting: Histogram,
    /// Messages that were sent while their client waited, by whether the upstream accepted them: `accepted`, `refused`.
    pub direct: Labelled<&'static str, Counter>,
}

/// What delivery counts.
#[derive(Debug)]
pub struct DeliveryMeters {
    /// Sends that were tried.
    pub attempts: Labelled<AttemptKind, Counter>,
    /// Durations of handing one message over, by the word of the transport: from its first byte to the end of the answer.
    pub requests: Labelled<&'static str, Histogram>,
    /// From the time at which the client began a message until the upstream accepted it.
    pub waits: Histogram,
    /// When the upstream of each account last accepted a message.
    pub accepted_at: Labelled<AccountId, Latest>,
}

/// What guards the logins counts.
#[derive(Debug, Default)]
pub struct LoginMeters {
    /// Logins that were tried, by result: `accepted`, `wrong`, `locked`, or `unavailable` where it could not be found out.
    pub tried: Labelled<&'static str, Counter>,
}

/// Whose a queued message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueuedKind {
    pub account: AccountId,
    /// The word of its lane.
    pub lane: &'static str,
    /// Who brought it: `credential`, `network` for a credential without login, `operator`, or `dsn` for a bounce.
    pub origin: &'static str,
}

/// How a send was tried, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptKind {
    pub account: AccountId,
    /// The word of the transport, `none` where it never got that far.
    pub transport: &'static str,
    /// The word of the result.
    pub result: &'static str,
}

impl Default for IntakeMeters {
    fn default() -> Self {
        let (queued, direct) = Default::default();
        Self { queued, accepting: Histogram::of_latencies(), direct }
    }
}

impl Default for DeliveryMeters {
    fn default() -> Self {
        let (attempts, requests, accepted_at) = Default::default();
        Self { attempts, requests, waits: Histogram::of_waits(), accepted_at }
    }
}

impl QueuedKind {
    pub(crate) fn of(message: &QueuedMessage) -> Self {
        let origin = match message.origin {
            Origin::Credential(_) => "credential",
            Origin::Network(_) => "network",
            Origin::Entra(_) => "entra",
            Origin::Operator => "operator",
            Origin::Dsn => "dsn",
        };
        Self { account: message.account, lane: message.lane.as_str(), origin }
    }
}

impl DeliveryMeters {
    /// When the upstream of an account last accepted a message, if it has since the server started.
    #[must_use]
    pub fn last_accepted(&self, account: AccountId) -> Option<Timestamp> {
        let at = self.accepted_at.of(&account, Latest::default).milliseconds();
        Timestamp::from_millisecond(at).ok().filter(|at| *at > Timestamp::UNIX_EPOCH)
    }

    /// Counts how long a request took, if there was one.
    pub(crate) fn carried(&self, transport: Option<Transport>, took: Duration) {
        if let Some(transport) = transport {
            self.requests.of(&transport.as_str(), Histogram::of_latencies).time(took);
        }
    }

    /// Counts what a try of a message brought.
    pub(crate) fn tried(&self, account: AccountId, message: QueueId, attempt: &Attempt) {
        let transport = attempt.transport.map_or("none", Transport::as_str);
        let kind = AttemptKind { account, transport, result: attempt.result.as_str() };
        self.attempts.of(&kind, Counter::default).count();
        if attempt.result == AttemptResult::Accepted {
            let waited = attempt.at.duration_since(message.made_at());
            self.waits.time(waited.try_into().unwrap_or_default());
            self.accepted_at.of(&account, Latest::default).happened(attempt.at.as_millisecond());
        }
    }
}
