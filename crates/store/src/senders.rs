//! Sender addresses as rows.

use model::sender::Sender;

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, StoreError};

/// A handle to the senders.
#[derive(Clone)]
pub struct Senders(Engine);

impl Senders {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Adds a sender.
    ///
    /// # Errors
    /// When the account has it already or nothing can be written.
    pub async fn add(&self, sender: Sender, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, senders.add(sender, audit).await)
    }

    /// Adds senders, renames those that are there, and removes others; all of it or nothing.
    ///
    /// # Errors
    /// When the account is gone or nothing can be written.
    pub async fn put_all(
        &self,
        senders: Vec<Sender>,
        gone: Vec<Sender>,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, senders.put_all(senders, gone, audit).await)
    }

    /// Removes a sender.
    ///
    /// # Errors
    /// When the account does not have it or nothing can be written.
    pub async fn remove(&self, sender: &Sender, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, senders.remove(sender, audit).await)
    }
}
