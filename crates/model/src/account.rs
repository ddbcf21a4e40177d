//! An account: what mail is sent through, how fast, and whether.

use jiff::Timestamp;

use crate::azure::AzureConnection;
use crate::id::AccountId;
use crate::name::AccountName;
use crate::quota::Quota;
use crate::upstream::{NotAzure, QuotaScope, Transport, Upstream};

/// A connected account. Its secrets are kept apart, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// The operator's name for it.
    pub name: AccountName,
    pub upstream: Upstream,
    /// What the upstream allows.
    pub quota: Quota,
    /// How much is under way at once.
    pub concurrency: Concurrency,
    /// Whether it is used.
    pub state: AccountState,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed, its secret included.
    pub changed_at: Timestamp,
}

/// Whether an account is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountState {
    #[default]
    Enabled,
    /// Nothing is accepted for it, and what waits goes on waiting.
    Disabled,
}

crate::words!(AccountState {
    Enabled = "enabled",
    Disabled = "disabled",
});

/// How much of an account's mail is under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Sends that wait for an answer by REST.
    pub requests: u16,
    /// Open sessions by SMTP. Azure allows 250 for a subscription, others' included.
    pub smtp_sessions: u16,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self { requests: 64, smtp_sessions: 20 }
    }
}

impl Account {
    /// Its connection to Azure. Code that is Azure's alone asks once, where it begins.
    ///
    /// # Errors
    /// When the account has another upstream.
    pub fn azure(&self) -> Result<&AzureConnection, NotAzure> {
        self.upstream.azure().ok_or_else(|| NotAzure(self.name.clone()))
    }

    /// The transports that its mail may use, preferred first.
    #[must_use]
    pub fn transports(&self) -> &'static [Transport] {
        self.upstream.transports()
    }

    /// What its upstream limits.
    #[must_use]
    pub fn quota_scope(&self) -> QuotaScope {
        self.upstream.quota_scope()
    }

    /// Whether its mail may use that transport.
    #[must_use]
    pub fn may_use(&self, transport: Transport) -> bool {
        self.transports().contains(&transport)
    }

    /// Whether the account may be used now.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.state == AccountState::Enabled
    }
}
