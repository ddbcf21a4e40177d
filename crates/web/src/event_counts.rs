//! How many events came, by what came of them.

use std::sync::atomic::{AtomicU64, Ordering};

/// Events since the server started.
#[derive(Debug, Default)]
pub(crate) struct EventCounts([AtomicU64; EventResult::ALL.len()]);

/// What came of an event, or of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventResult {
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
    pub(crate) const ALL: [Self; 6] =
        [Self::Applied, Self::Repeated, Self::Unknown, Self::Ignored, Self::Malformed, Self::Rejected];

    /// The label of the metric.
    pub(crate) fn as_str(self) -> &'static str {
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
    pub(crate) fn count(&self, result: EventResult) {
        self.0[result as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, result: EventResult) -> u64 {
        self.0[result as usize].load(Ordering::Relaxed)
    }
}
