//! How much an upstream allows, and what it limits.

use crate::upstream::QuotaScope;

/// The allowances of a subscription, all counted per subscription and not per domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Sends, by REST and by SMTP together.
    pub sends: Allowance,
    /// Reads of an operation's status.
    pub status_reads: Allowance,
}

/// A limit: what it is of, and which requests count against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuotaKey {
    /// What it is of.
    pub scope: QuotaScope,
    /// Which requests count.
    pub kind: QuotaKind,
}

/// Requests that are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QuotaKind {
    /// Sends, by whichever transport.
    Sends,
    /// Reads of an operation's status.
    StatusReads,
}

/// So many requests in any minute, in any hour, and in any day if that is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// In any 60 seconds.
    pub per_minute: u32,
    /// In any 3,600 seconds.
    pub per_hour: u32,
    /// In any 24 hours; as many as the hours allow where this is `None`.
    pub per_day: Option<u32>,
}

impl Allowance {
    /// What keeps within both: accounts of one subscription share what Azure allows it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            per_minute: self.per_minute.min(other.per_minute),
            per_hour: self.per_hour.min(other.per_hour),
            per_day: self.per_day.into_iter().chain(other.per_day).min(),
        }
    }
}

impl QuotaScope {
    /// The limit of one kind of request.
    #[must_use]
    pub const fn of(self, kind: QuotaKind) -> QuotaKey {
        QuotaKey { scope: self, kind }
    }
}

crate::words!(QuotaKind {
    Sends = "sends",
    StatusReads = "status_reads",
});

impl Quota {
    /// The allowance of one kind of request.
    #[must_use]
    pub fn of(&self, kind: QuotaKind) -> Allowance {
        match kind {
            QuotaKind::Sends => self.sends,
            QuotaKind::StatusReads => self.status_reads,
        }
    }

    /// What a subscription with custom domains starts with (Azure document "Service limits").
    pub const CUSTOM_DOMAIN: Self = Self {
        sends: Allowance { per_minute: 30, per_hour: 100, per_day: None },
        status_reads: Allowance { per_minute: 60, per_hour: 200, per_day: None },
    };

    /// What an Azure-managed domain is held to; it cannot be raised.
    pub const AZURE_MANAGED_DOMAIN: Self = Self {
        sends: Allowance { per_minute: 5, per_hour: 10, per_day: None },
        status_reads: Allowance { per_minute: 10, per_hour: 20, per_day: None },
    };
}
