//! Leases of limits that nodes share: a node makes so many requests until a time, without asking anybody.
//!
//! Whatever a node does, the requests of all nodes together stay within the limit: what is leased counts as used from
//! the beginning, and what was not given back counts as made at the end of the lease. A node that crashes leaves a part
//! of the limit unused, for as long as the limit's longest window.

use jiff::Timestamp;

use crate::engine::{Engine, on_engine};
use crate::{QuotaLease, QuotaRequest, Share, StoreError};

/// A handle to the leases.
#[derive(Clone)]
pub struct QuotaLeases(Engine);

impl QuotaLeases {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// How much of every limit this node has without a lease. A data directory belongs to one process.
    #[must_use]
    pub fn share(&self) -> Share {
        on_engine!(self.0, quota_leases.share())
    }

    /// Leases permits; `None` while all are used or leased.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn take(
        &self,
        request: QuotaRequest,
        now: Timestamp,
    ) -> Result<Option<QuotaLease>, StoreError> {
        on_engine!(self.0, quota_leases.take(request, now).await)
    }

    /// Takes requests off a lease that are counted as used in the same moment.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn used(&self, lease: &QuotaLease, count: u32) -> Result<(), StoreError> {
        on_engine!(self.0, quota_leases.used(lease, count).await)
    }

    /// Gives back what is left of a lease, when all its requests have ended and are counted as used.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn give_back(&self, lease: &QuotaLease, now: Timestamp) -> Result<(), StoreError> {
        on_engine!(self.0, quota_leases.give_back(lease, now).await)
    }
}
