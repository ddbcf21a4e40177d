//! Which entries somebody wants to see.

use smtp::address::{Domain, Mailbox};

use super::SuppressionReason;
use crate::id::AccountId;

/// Which entries are listed, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub within: Within,
    /// Only those of this address.
    pub address: Option<Mailbox>,
    /// Only addresses at this domain.
    pub domain: Option<Domain>,
    pub reason: Option<SuppressionReason>,
    /// Only those before this number.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

/// Whose entries are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// Every account's, and those that hold for all accounts.
    Everything,
    /// Those of these accounts.
    Accounts(Vec<AccountId>),
}
