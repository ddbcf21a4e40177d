//! How many events of Event Grid came, from wherever they came, by what came of them.

use std::sync::atomic::{AtomicU64, Ordering};

use azure_types::email_events::UnreadableEvent;
use model::account::Account;
use tracing::warn;

/// Events since the server started.
#[derive(Debug, Default)]
pub struct EventCounts([AtomicU64; EventResult::ALL.len()]);

/// What came of an event, or of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventResult {
    /// A recipient has another outcome now.
    Applied,
    /// It was known already, or something newer is.
    Repeated,
    /// It is about a message, or a recipient, that the account does not have.
    Unknown,
    /// It is of a type that is not used.
    Ignored,
    /// It cannot be read.
    Malformed,
    /// The request had a wrong key.
    Rejected,
}

impl EventResult {
    pub const ALL: [Self; 6] =
        [Self::Applied, Self::Repeated, Self::Unknown, Self::Ignored, Self::Malformed, Self::Rejected];

    /// The label of the metric.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Repeated => "repeated",
            Self::Unknown => "unknown",
            Self::Ignored => "ignored",
            Self::Malformed => "malformed",
            Self::Rejected => "rejected",
        }
    }
}

impl EventCounts {
    /// One more of these.
    pub fn count(&self, result: EventResult) {
        self.0[result as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    #[must_use]
    pub fn of(&self, result: EventResult) -> u64 {
        self.0[result as usize].load(Ordering::Relaxed)
    }

    /// Notes that something came which is no event.
    pub fn malformed(&self, account: &Account, error: &UnreadableEvent) {
        self.count(EventResult::Malformed);
        warn!(account = %account.name, event.id = %error.id, reason = %error.reason, "an event cannot be read");
    }
}
