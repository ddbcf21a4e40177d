//! Who changed what: entered together with the change, and never edited.

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, StoreError};

/// A handle to the log.
#[derive(Clone)]
pub struct Audit(Engine);

impl Audit {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Enters something that changed nothing else here.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn enter(&self, entry: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, audit.enter(entry).await)
    }

    /// The newest entries first; only those of `subject` if it is not empty.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(
        &self,
        subject: String,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, AuditEntry)>, StoreError> {
        on_engine!(self.0, audit.list(subject, before, limit).await)
    }
}
