//! The open store: what everybody else holds.

use std::sync::Arc;

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;

use crate::accounts::Accounts;
use crate::alarms::RaisedAlarms;
use crate::audit::Audit;
use crate::changes::Changes;
use crate::credentials::Credentials;
use crate::dns_providers::DnsProviders;
use crate::engine::{Engine, on_engine};
use crate::infrastructure::Infrastructures;
use crate::locks::Locks;
use crate::logins::Logins;
use crate::queue::Queue;
use crate::quota_leases::QuotaLeases;
use crate::rate_usage::RateUsage;
use crate::refusals::Refusals;
use crate::rotations::Rotations;
use crate::secrets::Secrets;
use crate::senders::Senders;
use crate::smtp_usernames::SmtpUsernames;
use crate::sqlite::store::SqliteStore;
use crate::suppressions::Suppressions;
use crate::verifications::Verifications;
use crate::webhooks::Webhooks;
use crate::{
    AuditEntry, AuthenticationFailures, DataDir, Directory, KeySource, Losses, MasterKey, Node, Options,
    StoreError, StoreMeters,
};

/// An open store.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    queue: Queue,
    secrets: Secrets,
    authentication_failures: AuthenticationFailures,
    locks: Locks,
}

impl Store {
    /// Opens the store, enters what the last process left in the journal, and starts its threads.
    ///
    /// # Errors
    /// When a file cannot be read or written, or was written by a newer program.
    pub fn open(
        data_dir: &DataDir,
        key: impl Into<KeySource>,
        options: &Options,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let engine = Engine::Sqlite(Arc::new(SqliteStore::open(data_dir, key, options, now)?));
        Ok(Self {
            queue: Queue::new(engine.clone()),
            secrets: Secrets::new(engine.clone()),
            authentication_failures: AuthenticationFailures::default(),
            locks: Locks::new(engine.clone()),
            engine,
        })
    }

    /// The queue of accepted messages.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Alarms whose problem goes on.
    #[must_use]
    pub fn raised_alarms(&self) -> RaisedAlarms {
        RaisedAlarms::new(self.engine.clone())
    }

    /// What is counted of the store's work.
    #[must_use]
    pub fn meters(&self) -> Arc<StoreMeters> {
        on_engine!(self.engine, meters())
    }

    /// The secrets, sealed under the master key.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Addresses that mail must not go to.
    #[must_use]
    pub fn suppressions(&self) -> Suppressions {
        Suppressions::new(self.engine.clone())
    }

    /// The connected accounts.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.engine.clone())
    }

    /// What would be lost with an account, with all mail that was accepted before.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn losses(&self, account: AccountId) -> Result<Losses, StoreError> {
        on_engine!(self.engine, losses(account).await)
    }

    /// Removes an account with its logins, its waiting mail, its senders and secrets, if that is exactly what
    /// `expected` says. All of it is one transaction with the entries in the log.
    ///
    /// # Errors
    /// When something else depends on it by now, mail is under way, or nothing can be written.
    pub async fn discard_account(
        &self,
        account: &Account,
        expected: Losses,
        audit: Vec<AuditEntry>,
    ) -> Result<(), StoreError> {
        on_engine!(self.engine, discard_account(account, expected, audit).await)
    }

    /// The sender addresses of all accounts.
    #[must_use]
    pub fn senders(&self) -> Senders {
        Senders::new(self.engine.clone())
    }

    /// The credentials of devices and applications.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.engine.clone())
    }

    /// Which logins worked, and from where.
    #[must_use]
    pub fn logins(&self) -> Logins {
        Logins::new(self.engine.clone())
    }

    /// SMTP usernames that Azure lists.
    #[must_use]
    pub fn smtp_usernames(&self) -> SmtpUsernames {
        SmtpUsernames::new(self.engine.clone())
    }

    /// What accounts are to have at Azure.
    #[must_use]
    pub fn infrastructure(&self) -> Infrastructures {
        Infrastructures::new(self.engine.clone())
    }

    /// DnsProviders to those who keep zones.
    #[must_use]
    pub fn dns_providers(&self) -> DnsProviders {
        DnsProviders::new(self.engine.clone())
    }

    /// Who changed what.
    #[must_use]
    pub fn audit(&self) -> Audit {
        Audit::new(self.engine.clone())
    }

    /// What the last look at each account found.
    #[must_use]
    pub fn verifications(&self) -> Verifications {
        Verifications::new(self.engine.clone())
    }

    /// Endpoints of web hooks.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.engine.clone())
    }

    /// Rotations of client secrets.
    #[must_use]
    pub fn rotations(&self) -> Rotations {
        Rotations::new(self.engine.clone())
    }

    /// Accounts whose logins were refused.
    #[must_use]
    pub fn authentication_failures(&self) -> &AuthenticationFailures {
        &self.authentication_failures
    }

    /// Requests that Azure has counted.
    #[must_use]
    pub fn rate_usage(&self) -> RateUsage {
        RateUsage::new(self.engine.clone())
    }

    /// Permits of limits, leased for a time.
    #[must_use]
    pub fn quota_leases(&self) -> QuotaLeases {
        QuotaLeases::new(self.engine.clone())
    }

    /// Locks by name that all nodes share.
    #[must_use]
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// What changed in the directory, by number.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::new(self.engine.clone())
    }

    /// The number of this process, which no other ever has.
    #[must_use]
    pub fn node(&self) -> Node {
        on_engine!(self.engine, node())
    }

    /// Takes up what other nodes have changed in the directory.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn refresh_directory(&self) -> Result<(), StoreError> {
        on_engine!(self.engine, refresh_directory().await)
    }

    /// What clients were refused.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        Refusals::new(self.engine.clone())
    }

    /// Accounts, senders and credentials as they are now. A caller that asks after a change sees the change.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        on_engine!(self.engine, directory())
    }

    /// Resolves when the directory has changed since `seen` was read.
    pub async fn directory_change(&self, seen: &Arc<Directory>) -> Arc<Directory> {
        on_engine!(self.engine, directory_change(seen).await)
    }

    /// Seals all secrets under another master key; says how many there are. A key that is in a file is
    /// replaced there, in an order in which a crash at any point leaves a key that opens everything.
    ///
    /// # Errors
    /// When a secret cannot be opened, or nothing can be written.
    pub async fn rewrap(&self, new: MasterKey, audit: AuditEntry) -> Result<usize, StoreError> {
        on_engine!(self.engine, rewrap(new, audit).await)
    }

    /// Whether the master key is in a file of the data directory.
    #[must_use]
    pub fn keeps_its_key(&self) -> bool {
        on_engine!(self.engine, keeps_its_key())
    }
}
