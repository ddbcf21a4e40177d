//! What clients were refused, so that a restart does not forget it.

use model::refused::Refused;

use crate::engine::{Engine, on_engine};
use crate::{RefusalChanges, StoreError};

/// A handle to the refusals.
#[derive(Clone)]
pub struct Refusals(Engine);

impl Refusals {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Writes changes down, unsynced.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn write(&self, changes: RefusalChanges) -> Result<(), StoreError> {
        on_engine!(self.0, refusals.write(changes).await)
    }

    /// All of them, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn all(&self) -> Result<Vec<(u64, Refused)>, StoreError> {
        on_engine!(self.0, refusals.all().await)
    }
}
