//! The change feed of the directory: what changed, in the order of numbers that grow. A reader remembers the last number
//! that it has seen.
//!
//! Triggers write it, so that nobody who writes a row can forget it. Of everything only its last change stays.

use crate::engine::{Engine, on_engine};
use crate::{Change, StoreError};

/// A handle to the feed.
#[derive(Clone)]
pub struct Changes(Engine);

impl Changes {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Up to `limit` changes after that number, in their order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn since(&self, number: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        on_engine!(self.0, changes.since(number, limit).await)
    }
}
