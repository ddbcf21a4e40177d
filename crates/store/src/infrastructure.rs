//! The desired state of accounts, how far each step towards it came, and what was written into DNS.

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::infrastructure::{Infrastructure, RecordedStep, WrittenRecord};

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, StoreError};

/// A handle to the infrastructure.
#[derive(Clone)]
pub struct Infrastructures(Engine);

impl Infrastructures {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// The desired state of an account; `None` if nobody has said.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(&self, account: AccountId) -> Result<Option<Infrastructure>, StoreError> {
        on_engine!(self.0, infrastructure.of(account).await)
    }

    /// Accounts of which somebody has said what they are to have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        on_engine!(self.0, infrastructure.accounts().await)
    }

    /// Keeps an infrastructure in place of `before`, which was read earlier.
    ///
    /// # Errors
    /// When somebody else has changed it since, the account is gone, or nothing can be written.
    pub async fn keep(
        &self,
        before: Option<Infrastructure>,
        infrastructure: Infrastructure,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.keep(before, infrastructure, audit).await)
    }

    /// Forgets the desired state of an account, and how far it came, unless somebody has changed it since. What was written
    /// into DNS stays known.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn forget(
        &self,
        account: &Account,
        changed_at: Timestamp,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.forget(account, changed_at, audit).await)
    }

    /// Writes down how far a step is. A step that begins is counted as a try.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn note_step(&self, account: AccountId, step: RecordedStep) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.note_step(account, step).await)
    }

    /// Forgets a step.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn forget_step(&self, account: AccountId, key: String) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.forget_step(account, key).await)
    }

    /// All steps of an account, by their keys.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn steps(&self, account: AccountId) -> Result<Vec<RecordedStep>, StoreError> {
        on_engine!(self.0, infrastructure.steps(account).await)
    }

    /// Writes down a record, before it is written and again with the id that it was given. What stood there
    /// before the first time stays known.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn note_record(&self, account: AccountId, record: WrittenRecord) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.note_record(account, record).await)
    }

    /// Forgets a record that is gone.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn forget_record(&self, account: AccountId, record: WrittenRecord) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.forget_record(account, record).await)
    }

    /// What was written for an account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn written(&self, account: AccountId) -> Result<Vec<WrittenRecord>, StoreError> {
        on_engine!(self.0, infrastructure.written(account).await)
    }
}
