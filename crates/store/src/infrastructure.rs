//! The desired state of accounts, what was approved and how far each step came, what was made at Azure and written into
//! DNS.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::infrastructure::{Approval, ApprovedStep, Infrastructure, MadeState, RecordedStep, WrittenRecord};

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, StoreError};

/// A step that goes on only when somebody approves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitingStep {
    pub account: AccountId,
    pub step: RecordedStep,
}

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

    /// Accounts that have a desired state.
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

    /// As [`Infrastructures::keep`], where a resource at Azure is no longer desired: it counts as made, no matter by whom, so
    /// that the next plan removes it.
    ///
    /// # Errors
    /// As [`Infrastructures::keep`].
    pub async fn keep_without(
        &self,
        before: Option<Infrastructure>,
        infrastructure: Infrastructure,
        resource: String,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.keep_without(before, infrastructure, resource, audit).await)
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

    /// The steps of all accounts that go on only when somebody approves them, by account and key.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn awaiting_approval(&self) -> Result<Vec<AwaitingStep>, StoreError> {
        on_engine!(self.0, infrastructure.awaiting_approval().await)
    }

    /// Writes down a record, before it is written and again with the id that it was given. What stood there
    /// before the first time stays known.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn note_record(&self, account: AccountId, record: WrittenRecord) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.note_record(account, record).await)
    }

    /// As [`Infrastructures::note_record`], before a write that a caller requested on its own: together with its audit
    /// entry.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn enter_record(
        &self,
        account: AccountId,
        record: WrittenRecord,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.enter_record(account, record, audit).await)
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

    /// Stores an approval together with its audit entry. What was approved of the same steps before is replaced.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn approve(
        &self,
        account: AccountId,
        approval: Approval,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.approve(account, approval, audit).await)
    }

    /// Steps that are approved and not done yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn approved(&self, account: AccountId) -> Result<Vec<ApprovedStep>, StoreError> {
        on_engine!(self.0, infrastructure.approved(account).await)
    }

    /// The approvals of an account, the last first, each with its steps that are not done yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn approvals(&self, account: AccountId) -> Result<Vec<Approval>, StoreError> {
        on_engine!(self.0, infrastructure.approvals(account).await)
    }

    /// Ends the approval of a step that is done: what it changed once it may not change again.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn use_approval(&self, account: AccountId, key: String) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.use_approval(account, key).await)
    }

    /// Notes how far the making of a resource came, by its ARM id in lower case: before the call and after it.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn note_made(
        &self,
        account: AccountId,
        resource: String,
        state: MadeState,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.note_made(account, resource, state, at).await)
    }

    /// Forgets a resource that is gone, or never was.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn forget_made(&self, account: AccountId, resource: String) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.forget_made(account, resource).await)
    }

    /// What was made for an account, or perhaps was: ARM ids in lower case.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn made(&self, account: AccountId) -> Result<BTreeSet<String>, StoreError> {
        on_engine!(self.0, infrastructure.made(account).await)
    }

    /// Notes that an apply of everything, begun at `at`, left nothing to do: what differs from here on has become so.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn note_applied(&self, account: AccountId, at: Timestamp) -> Result<(), StoreError> {
        on_engine!(self.0, infrastructure.note_applied(account, at).await)
    }

    /// When an apply began that left nothing to do; `None` if none ever did.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn applied_at(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        on_engine!(self.0, infrastructure.applied_at(account).await)
    }
}
