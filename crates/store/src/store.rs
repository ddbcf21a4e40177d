//! Opening the data directory as a whole.

use std::sync::Arc;

use jiff::Timestamp;

use crate::accounts::Accounts;
use crate::credentials::Credentials;
use crate::data_dir::DataDir;
use crate::database::Database;
use crate::directory::{Directory, Published};
use crate::error::StoreError;
use crate::pace::Pace;
use crate::queue::Queue;
use crate::secrets::{MasterKey, Secrets};
use crate::senders::Senders;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Octets of one segment of the journal.
    pub segment_octets: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_octets: 32 << 20 }
    }
}

/// An open data directory.
#[derive(Clone)]
pub struct Store {
    database: Database,
    published: Arc<Published>,
    queue: Queue,
    secrets: Secrets,
}

impl Store {
    /// Opens the store, enters what the last process left in the journal, and starts its threads.
    ///
    /// # Errors
    /// When a file cannot be read or written, or was written by a newer program.
    pub fn open(
        data_dir: &DataDir,
        key: MasterKey,
        options: &Options,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let database = Database::open(&data_dir.join("postern.db"))?;
        let queue = Queue::open(data_dir.clone(), database.clone(), options.segment_octets, now)?;
        let published = Arc::new(Published::load(&database)?);
        let secrets = Secrets::new(database.clone(), key);
        Ok(Self { database, published, queue, secrets })
    }

    /// Accepted messages.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Sealed secrets.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Accounts.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.database.clone(), Arc::clone(&self.published), self.secrets.clone())
    }

    /// Sender addresses.
    #[must_use]
    pub fn senders(&self) -> Senders {
        Senders::new(self.database.clone(), Arc::clone(&self.published))
    }

    /// Credentials.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.database.clone(), Arc::clone(&self.published))
    }

    /// Requests that Azure has counted.
    #[must_use]
    pub fn pace(&self) -> Pace {
        Pace::new(self.database.clone())
    }

    /// Accounts, senders and credentials as they are now. Whoever asks after a change sees the change.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.published.now()
    }

    /// Resolves when the directory has changed since `seen` was looked at.
    pub async fn directory_change(&self, seen: &Arc<Directory>) -> Arc<Directory> {
        self.published.change(seen).await
    }
}
