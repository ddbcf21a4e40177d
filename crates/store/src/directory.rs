//! Accounts, senders and credentials in memory: what every login and every message looks at.
//!
//! A directory never changes. Every write publishes a new one before it returns, so that a removed
//! credential is gone from the very next login.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::account::Account;
use model::credential::Credential;
use model::id::AccountId;
use model::sender::Sender;
use rusqlite::Connection;
use smtp::address::{Domain, Mailbox};
use tokio::sync::{Mutex, watch};

use crate::database::Database;
use crate::error::StoreError;
use crate::{accounts, credentials, senders};

/// All of it at one moment.
#[derive(Debug, Default)]
pub struct Directory {
    accounts: HashMap<AccountId, Arc<Account>>,
    credentials: HashMap<String, Arc<Credential>>,
    senders: HashMap<AccountId, Senders>,
}

#[derive(Debug, Default)]
struct Senders {
    /// By address in lower case: Azure does not tell upper from lower case in a sender username.
    by_mailbox: HashMap<String, Sender>,
    domains: HashSet<Domain>,
}

impl Directory {
    /// The account of that id.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    /// The account that the operator calls so.
    #[must_use]
    pub fn account_named(&self, name: &str) -> Option<&Arc<Account>> {
        self.accounts.values().find(|account| account.name.as_str().eq_ignore_ascii_case(name))
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// The credential that logs in so, in any case: devices shout.
    #[must_use]
    pub fn credential(&self, login: &str) -> Option<&Arc<Credential>> {
        self.credentials.get(&login.to_ascii_lowercase())
    }

    /// All credentials, in no order.
    pub fn credentials(&self) -> impl Iterator<Item = &Arc<Credential>> {
        self.credentials.values()
    }

    /// An account's sender of that address, in any case.
    #[must_use]
    pub fn sender(&self, account: AccountId, mailbox: &Mailbox) -> Option<&Sender> {
        self.senders.get(&account)?.by_mailbox.get(&mailbox.to_string().to_lowercase())
    }

    /// Whether an account has any sender at that domain, which is then linked to it.
    #[must_use]
    pub fn has_domain(&self, account: AccountId, domain: &Domain) -> bool {
        self.senders.get(&account).is_some_and(|senders| senders.domains.contains(domain))
    }

    /// An account's senders, in no order.
    pub fn senders(&self, account: AccountId) -> impl Iterator<Item = &Sender> {
        self.senders.get(&account).into_iter().flat_map(|senders| senders.by_mailbox.values())
    }

    fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut directory = Self::default();
        for account in accounts::read_all(connection)? {
            directory.accounts.insert(account.id, Arc::new(account));
        }
        for sender in senders::read_all(connection)? {
            let senders = directory.senders.entry(sender.account).or_default();
            senders.domains.insert(sender.mailbox.domain().clone());
            senders.by_mailbox.insert(sender.mailbox.to_string().to_lowercase(), sender);
        }
        for credential in credentials::read_all(connection)? {
            let login = credential.login.as_str().to_ascii_lowercase();
            directory.credentials.insert(login, Arc::new(credential));
        }
        Ok(directory)
    }
}

/// The directory that is valid now.
pub(crate) struct Published {
    directory: watch::Sender<Arc<Directory>>,
    /// One refresh at a time: an older directory must not follow a newer one.
    refreshing: Mutex<()>,
}

impl Published {
    pub(crate) fn load(database: &Database) -> Result<Self, StoreError> {
        let directory = database.read_blocking(Directory::read)?;
        Ok(Self { directory: watch::Sender::new(Arc::new(directory)), refreshing: Mutex::default() })
    }

    pub(crate) fn now(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.borrow())
    }

    /// Reads the directory again and makes it the valid one.
    pub(crate) async fn refresh(&self, database: &Database) -> Result<(), StoreError> {
        let _turn = self.refreshing.lock().await;
        let directory = database.read(Directory::read).await?;
        self.directory.send_replace(Arc::new(directory));
        Ok(())
    }

    pub(crate) async fn change(&self, seen: &Arc<Directory>) -> Arc<Directory> {
        let mut receiver = self.directory.subscribe();
        // The sender lives as long as this value, so that waiting cannot fail.
        match receiver.wait_for(|now| !Arc::ptr_eq(now, seen)).await {
            Ok(now) => Arc::clone(&now),
            Err(_) => self.now(),
        }
    }
}
