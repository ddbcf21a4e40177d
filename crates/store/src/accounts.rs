//! Accounts, with their secrets and what depends on them.

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::rotation::Rotation;

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, Dependents, Losses, NewSecret, SecretChange, StoreError};

/// A handle to the accounts.
#[derive(Clone)]
pub struct Accounts(Engine);

impl Accounts {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// What would be lost with an account, with all mail that was accepted before.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn losses(&self, account: AccountId) -> Result<Losses, StoreError> {
        on_engine!(self.0, accounts.losses(account).await)
    }

    /// Removes an account with its logins, its waiting mail, its senders and secrets, if that is exactly what
    /// `expected` says. All of it is one transaction with the entries in the log.
    ///
    /// # Errors
    /// When something else depends on it by now, mail is under way, or nothing can be written.
    pub async fn discard(
        &self,
        account: &Account,
        expected: Losses,
        audit: Vec<AuditEntry>,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, accounts.discard(account, expected, audit).await)
    }

    /// Adds an account together with the secret that it may need.
    ///
    /// # Errors
    /// When the name is taken or nothing can be written.
    pub async fn add(
        &self,
        account: Account,
        secret: Option<NewSecret>,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, accounts.add(account, secret, audit).await)
    }

    /// Changes an account that is as it was at `read_at`, and its secret if there is a new one, or what is known of the
    /// one that stays. Its waiting mail is due then.
    ///
    /// # Errors
    /// When the account is gone or was changed meanwhile, its new name is taken, or nothing can be written.
    pub async fn change(
        &self,
        account: Account,
        read_at: Timestamp,
        secret: SecretChange,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, accounts.change(account, read_at, secret, audit).await)
    }

    /// Puts the secret that a rotation made into use, and notes that the rotation is so far.
    ///
    /// # Errors
    /// When there is no such secret, the account was changed meanwhile, or nothing can be written.
    pub async fn switch(
        &self,
        account: Account,
        read_at: Timestamp,
        rotation: Rotation,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, accounts.switch(account, read_at, rotation, audit).await)
    }

    /// What cannot be without the account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn dependents(&self, account: AccountId) -> Result<Dependents, StoreError> {
        on_engine!(self.0, accounts.dependents(account).await)
    }

    /// Removes an account with its senders and secrets.
    ///
    /// # Errors
    /// When credentials use it or mail waits for it, or nothing can be written.
    pub async fn remove(&self, account: &Account, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, accounts.remove(account, audit).await)
    }
}
