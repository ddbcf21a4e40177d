//! Addresses that mail must not go to.

use jiff::Timestamp;
use model::suppression::{Listing, Suppression};
use smtp::address::Mailbox;

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, Entered, StoreError, StoredSuppression};

/// A handle to the suppression list.
#[derive(Clone)]
pub struct Suppressions(Engine);

impl Suppressions {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// All entries of an address, whatever mail they are about and whether or not they have ended. An address that no
    /// entry has costs no statement: hashes of all addresses are in memory.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(&self, address: &Mailbox) -> Result<Vec<StoredSuppression>, StoreError> {
        on_engine!(self.0, suppressions.of(address).await)
    }

    /// Adds entries in one transaction with an entry in the log. One that is there already is reported once more.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn add(&self, entries: Vec<Suppression>, audit: AuditEntry) -> Result<Entered, StoreError> {
        on_engine!(self.0, suppressions.add(entries, audit).await)
    }

    /// Removes entries by their numbers, in one transaction with an entry in the log. Says how many there were.
    ///
    /// # Errors
    /// When none of them is there, or nothing can be written.
    pub async fn remove(&self, numbers: Vec<u64>, audit: AuditEntry) -> Result<usize, StoreError> {
        on_engine!(self.0, suppressions.remove(numbers, audit).await)
    }

    /// Entries, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self, listing: Listing) -> Result<Vec<StoredSuppression>, StoreError> {
        on_engine!(self.0, suppressions.list(listing).await)
    }

    /// Deletes entries that ended before a time. Says how many there were.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn forget_ended(&self, before: Timestamp) -> Result<usize, StoreError> {
        on_engine!(self.0, suppressions.forget_ended(before).await)
    }
}
