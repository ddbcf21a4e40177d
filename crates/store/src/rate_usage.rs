//! Requests that an upstream has counted, so that a restart does not forget them.

use jiff::Timestamp;
use model::quota::QuotaKey;

use crate::engine::{Engine, on_engine};
use crate::{StoreError, Throttling, Usage};

/// A handle to the counts.
#[derive(Clone)]
pub struct RateUsage(Engine);

impl RateUsage {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Notes that an upstream said that there was too much.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn throttled(&self, key: QuotaKey, throttling: Throttling) -> Result<(), StoreError> {
        on_engine!(self.0, rate_usage.throttled(key, throttling).await)
    }

    /// The throttlings that are remembered, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn throttlings(&self, key: QuotaKey) -> Result<Vec<Throttling>, StoreError> {
        on_engine!(self.0, rate_usage.throttlings(key).await)
    }

    /// The slots of one kind that end after `since`: length, number and count.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(&self, key: QuotaKey, since: Timestamp) -> Result<Vec<Usage>, StoreError> {
        on_engine!(self.0, rate_usage.load(key, since).await)
    }

    /// Adds requests outside of a settlement.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add(&self, usage: Vec<Usage>) -> Result<(), StoreError> {
        on_engine!(self.0, rate_usage.add(usage).await)
    }

    /// Forgets slots that ended before `before`; those of ten minutes a day later, those of an hour
    /// after 90 days.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        on_engine!(self.0, rate_usage.forget(before).await)
    }
}
