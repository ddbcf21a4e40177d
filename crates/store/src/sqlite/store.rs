//! Opening the data directory as a whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;

use crate::data_dir::DataDir;
use crate::directory::Directory;
use crate::error::StoreError;
use crate::meters::StoreMeters;
use crate::options::Options;
use crate::sqlite::accounts::{Accounts, Losses, Parts};
use crate::sqlite::alarms::RaisedAlarms;
use crate::sqlite::audit::{Audit, AuditEntry};
use crate::sqlite::changes::Changes;
use crate::sqlite::credentials::Credentials;
use crate::sqlite::database::Database;
use crate::sqlite::directory_rows;
use crate::sqlite::dns_providers::DnsProviders;
use crate::sqlite::infrastructure::Infrastructures;
use crate::sqlite::locks::{Locks, Term};
use crate::sqlite::logins::Logins;
use crate::sqlite::nodes::{self, Node};
use crate::sqlite::published::{Published, Source};
use crate::sqlite::queue::{self, Queue};
use crate::sqlite::quota_leases::QuotaLeases;
use crate::sqlite::rate_usage::RateUsage;
use crate::sqlite::refusals::Refusals;
use crate::sqlite::rotations::Rotations;
use crate::sqlite::secrets::{KeySource, MasterKey, Secrets, foreign_key, is_used};
use crate::sqlite::senders::Senders;
use crate::sqlite::smtp_usernames::SmtpUsernames;
use crate::sqlite::suppressions::{Index, Suppressions};
use crate::sqlite::verifications::Verifications;
use crate::sqlite::webhooks::Webhooks;

const DIRECTORY: Source = Source { read: directory_rows::read, follow: directory_rows::follow };

/// An open data directory.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    database: Database,
    published: Arc<Published>,
    node: Node,
    locks: Locks,
    queue: Queue,
    suppressed: Arc<Index>,
    secrets: Secrets,
    /// Where the master key is, unless somebody else keeps it.
    key_file: Option<PathBuf>,
}

impl SqliteStore {
    /// Opens the store, enters what the last process left in the journal, and starts its threads.
    ///
    /// # Errors
    /// When a file cannot be read or written, or was written by a newer program.
    pub(crate) fn open(
        data_dir: &DataDir,
        key: impl Into<KeySource>,
        options: &Options,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let database = Database::open(&data_dir.join("postern.db"))?;
        let node = nodes::enter(&database, now)?;
        let locks = Locks::new(database.clone(), node);
        let suppressed = Arc::new(Index::load(&database)?);
        let queue = Queue::open(
            queue::Parts {
                data_dir: data_dir.clone(),
                database: database.clone(),
                node,
                suppressed: Arc::clone(&suppressed),
            },
            options,
            now,
        )?;
        let published = Arc::new(Published::load(&database, DIRECTORY)?);
        let (key, key_file) = match key.into() {
            KeySource::Given(key) => (key, None),
            KeySource::File(path) if !path.exists() && !next_key(&path).exists() => {
                // A fresh key opens nothing that was sealed under another.
                if let Some(id) = foreign_key(&database, "")? {
                    return Err(StoreError::KeyMissing { path, id });
                }
                (current_key(&database, &path)?, Some(path))
            }
            KeySource::File(path) => (current_key(&database, &path)?, Some(path)),
        };
        if let Some(id) = foreign_key(&database, key.id())? {
            return Err(StoreError::OtherKey { given: key.id().to_owned(), id });
        }
        let secrets = Secrets::new(database.clone(), key);
        Ok(Self { database, published, node, locks, queue, suppressed, secrets, key_file })
    }

    #[must_use]
    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    #[must_use]
    pub(crate) fn raised_alarms(&self) -> RaisedAlarms {
        RaisedAlarms::new(self.database.clone())
    }

    #[must_use]
    pub(crate) fn meters(&self) -> Arc<StoreMeters> {
        Arc::clone(self.database.meters())
    }

    #[must_use]
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    #[must_use]
    pub(crate) fn accounts(&self) -> Accounts {
        Accounts::new(Parts {
            database: self.database.clone(),
            published: Arc::clone(&self.published),
            secrets: self.secrets.clone(),
            queue: self.queue.clone(),
        })
    }

    /// What would be lost with an account, with all mail that was accepted before.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn losses(&self, account: AccountId) -> Result<Losses, StoreError> {
        self.accounts().losses(account).await
    }

    /// Removes an account with its logins, its waiting mail, its senders and secrets, if that is exactly what
    /// `expected` says. All of it is one transaction with the entries in the log.
    ///
    /// # Errors
    /// When something else depends on it by now, mail is under way, or nothing can be written.
    pub(crate) async fn discard_account(
        &self,
        account: &Account,
        expected: Losses,
        audit: Vec<AuditEntry>,
    ) -> Result<(), StoreError> {
        self.accounts().discard(account, expected, audit).await
    }

    #[must_use]
    pub(crate) fn senders(&self) -> Senders {
        Senders::new(self.database.clone(), Arc::clone(&self.published))
    }

    #[must_use]
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(self.database.clone(), Arc::clone(&self.published))
    }

    /// Addresses that mail must not go to.
    #[must_use]
    pub(crate) fn suppressions(&self) -> Suppressions {
        Suppressions::new(self.database.clone(), Arc::clone(&self.suppressed))
    }

    /// Which logins worked, and from where.
    #[must_use]
    pub(crate) fn logins(&self) -> Logins {
        Logins::new(self.database.clone())
    }

    /// SMTP usernames that Azure lists.
    #[must_use]
    pub(crate) fn smtp_usernames(&self) -> SmtpUsernames {
        SmtpUsernames::new(self.database.clone(), Arc::clone(&self.published))
    }

    /// What accounts are to have at Azure.
    #[must_use]
    pub(crate) fn infrastructure(&self) -> Infrastructures {
        Infrastructures::new(self.database.clone())
    }

    /// DnsProviders to those who keep zones.
    #[must_use]
    pub(crate) fn dns_providers(&self) -> DnsProviders {
        DnsProviders::new(self.database.clone(), self.secrets.clone())
    }

    /// Who changed what.
    #[must_use]
    pub(crate) fn audit(&self) -> Audit {
        Audit::new(self.database.clone())
    }

    /// What the last look at each account found.
    #[must_use]
    pub(crate) fn verifications(&self) -> Verifications {
        Verifications::new(self.database.clone())
    }

    /// Endpoints of web hooks.
    #[must_use]
    pub(crate) fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.database.clone(), self.secrets.clone(), self.queue.feed())
    }

    /// Rotations of client secrets.
    #[must_use]
    pub(crate) fn rotations(&self) -> Rotations {
        Rotations::new(self.database.clone(), self.secrets.clone())
    }

    /// Requests that Azure has counted.
    #[must_use]
    pub(crate) fn rate_usage(&self) -> RateUsage {
        RateUsage::new(self.database.clone())
    }

    /// Permits of limits, leased for a time.
    #[must_use]
    pub(crate) fn quota_leases(&self) -> QuotaLeases {
        QuotaLeases::new(self.database.clone(), self.node)
    }

    /// Locks by name that all nodes share.
    #[must_use]
    pub(crate) fn locks(&self) -> &Locks {
        &self.locks
    }

    /// What changed in the directory, by number.
    #[must_use]
    pub(crate) fn changes(&self) -> Changes {
        Changes::new(self.database.clone())
    }

    /// The number of this process, which no other ever has.
    #[must_use]
    pub(crate) fn node(&self) -> Node {
        self.node
    }

    /// Takes up what other nodes have changed in the directory.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn refresh_directory(&self) -> Result<(), StoreError> {
        self.suppressed.follow(&self.database).await?;
        self.published.refresh(&self.database).await
    }

    /// What clients were refused.
    #[must_use]
    pub(crate) fn refusals(&self) -> Refusals {
        Refusals::new(self.database.clone())
    }

    /// Accounts, senders and credentials as they are now. A caller that asks after a change sees the change.
    #[must_use]
    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.published.now()
    }

    /// Resolves when the directory has changed since `seen` was read.
    pub(crate) async fn directory_change(&self, seen: &Arc<Directory>) -> Arc<Directory> {
        self.published.change(seen).await
    }

    /// Seals all secrets under another master key; says how many there are. A key that is in a file is
    /// replaced there, in an order in which a crash at any point leaves a key that opens everything.
    ///
    /// # Errors
    /// When a secret cannot be opened, or nothing can be written.
    pub(crate) async fn rewrap(&self, new: MasterKey, audit: AuditEntry) -> Result<usize, StoreError> {
        let store = self.clone();
        // The caller may be dropped; half of it must not be done.
        let work = tokio::spawn(async move { store.rewrap_whole(new, audit).await });
        work.await.map_err(|_| StoreError::Closed)?
    }

    async fn rewrap_whole(&self, new: MasterKey, audit: AuditEntry) -> Result<usize, StoreError> {
        let _lock = self.locks.take("rewrap", Term::from(audit.at)).await?;
        let Some(path) = &self.key_file else { return self.secrets.rewrap(new, audit).await };
        let next = next_key(path);
        if next.exists() && is_used(&self.database, &MasterKey::open_or_create(&next)?)? {
            // It would be the only copy of the key that opens everything.
            return Err(StoreError::Damaged("the last change of keys was not finished: restart".to_owned()));
        }
        new.keep(&next)?;
        let count = self.secrets.rewrap(new, audit).await?;
        fs::rename(next, path)?;
        Ok(count)
    }

    /// Whether the master key is in a file of the data directory.
    #[must_use]
    pub(crate) fn keeps_its_key(&self) -> bool {
        self.key_file.is_some()
    }
}

fn next_key(path: &Path) -> PathBuf {
    path.with_extension("next")
}

/// The key that opens the secrets: the next one, if the last change of keys came so far.
fn current_key(database: &Database, path: &Path) -> Result<MasterKey, StoreError> {
    let next = next_key(path);
    if next.exists() {
        if is_used(database, &MasterKey::open_or_create(&next)?)? {
            fs::rename(&next, path)?;
        } else {
            fs::remove_file(&next)?;
        }
    }
    Ok(MasterKey::open_or_create(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::secrets::{NewSecret, SecretFacts, SecretName, SecretOwner};
    use crate::{DataDir, Volatile};
    use secrecy::{ExposeSecret as _, SecretString};

    const OWNER: SecretOwner = SecretOwner::Account(AccountId::from_bytes([7; 16]));

    fn open(folder: &Path) -> Result<SqliteStore, StoreError> {
        let data_dir = DataDir::open(folder, Volatile::Allowed).unwrap();
        let key = KeySource::File(folder.join("master.key"));
        let options = Options { segment_bytes: 65_536, ..Options::default() };
        SqliteStore::open(&data_dir, key, &options, Timestamp::UNIX_EPOCH)
    }

    async fn secret(store: &SqliteStore) -> String {
        let secret = store.secrets().get(OWNER, SecretName::ClientSecret).await.unwrap();
        secret.expose_secret().to_owned()
    }

    fn audit() -> AuditEntry {
        AuditEntry {
            at: Timestamp::UNIX_EPOCH,
            who: String::new(),
            origin: String::new(),
            action: "secrets.rewrap".into(),
            subject: String::new(),
            detail: String::new(),
        }
    }

    async fn with_a_secret(folder: &Path) -> SqliteStore {
        let store = open(folder).unwrap();
        let secret = SecretString::from("s~cret");
        let facts = SecretFacts::of(&secret, Timestamp::UNIX_EPOCH);
        store
            .secrets()
            .put(OWNER, NewSecret { name: SecretName::ClientSecret, secret, facts })
            .await
            .unwrap();
        store
    }

    #[tokio::test]
    async fn a_new_master_key_opens_everything_at_once_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let store = with_a_secret(folder.path()).await;
        let old = fs::read_to_string(&path).unwrap();
        assert_eq!(store.rewrap(MasterKey::generate().unwrap(), audit()).await.unwrap(), 1);
        assert_eq!(secret(&store).await, "s~cret");
        assert_ne!(fs::read_to_string(&path).unwrap(), old);
        drop(store);
        let store = open(folder.path()).unwrap();
        assert_eq!(secret(&store).await, "s~cret");
        drop(store);
        fs::write(&path, old).unwrap();
        let refused = open(folder.path()).err().unwrap();
        assert!(matches!(refused, StoreError::OtherKey { .. }), "{refused}");
    }

    #[tokio::test]
    async fn no_fresh_key_is_made_over_sealed_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        drop(with_a_secret(folder.path()).await);
        fs::remove_file(&path).unwrap();
        let refused = open(folder.path()).err().unwrap();
        assert!(matches!(refused, StoreError::KeyMissing { .. }), "{refused}");
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_change_of_keys_that_was_broken_off_leaves_a_key_that_opens_everything() {
        for committed in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("master.key");
            let store = with_a_secret(folder.path()).await;
            let next = MasterKey::generate().unwrap();
            next.keep(&next_key(&path)).unwrap();
            if committed {
                store.secrets.rewrap(next, audit()).await.unwrap();
            }
            drop(store);
            let store = open(folder.path()).unwrap();
            assert_eq!(secret(&store).await, "s~cret", "committed: {committed}");
            assert!(!next_key(&path).exists());
        }
    }
}
