//! Accounts, with their secrets and what depends on them.

mod discard;
mod rows;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::rotation::{Rotation, Step};
use rusqlite::Connection;

pub use self::discard::{Losses, Waiting};
use self::rows::{insert, update};
pub(crate) use self::rows::{read_all, read_one};
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::infrastructure;
use crate::sqlite::published::Published;
use crate::sqlite::queue::Queue;
use crate::sqlite::secrets::{NewSecret, SecretFacts, SecretName, SecretOwner, Secrets, seal};
use crate::sqlite::{queue, rotations, webhooks};

/// A handle to the accounts.
#[derive(Clone)]
pub(crate) struct Accounts {
    database: Database,
    published: Arc<Published>,
    secrets: Secrets,
    queue: Queue,
}

/// What the accounts are kept with.
pub(crate) struct Parts {
    pub(crate) database: Database,
    pub(crate) published: Arc<Published>,
    pub(crate) secrets: Secrets,
    pub(crate) queue: Queue,
}

impl Accounts {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { database, published, secrets, queue } = parts;
        Self { database, published, secrets, queue }
    }

    pub(crate) async fn add(
        &self,
        account: Account,
        secret: Option<NewSecret>,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let key = self.secrets.key().await;
        let owner = SecretOwner::Account(account.id);
        let sealed = secret.map(|new| seal(&key, owner, &new)).transpose()?;
        self.database
            .write(Durability::Synced, move |connection| {
                insert(connection, &account)?;
                sealed.map_or(Ok(()), |sealed| sealed.store(connection))?;
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    pub(crate) async fn change(
        &self,
        account: Account,
        read_at: Timestamp,
        secret: SecretChange,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let key = self.secrets.key().await;
        let owner = SecretOwner::Account(account.id);
        let (sealed, expires) = match secret {
            SecretChange::None => (None, None),
            SecretChange::New(new) => (Some(seal(&key, owner, &new)?), None),
            SecretChange::ExpiresAt(name, at) => (None, Some((name, at))),
        };
        let changed = self
            .database
            .write(Durability::Synced, move |connection| {
                update(connection, &account, read_at)?;
                queue::make_due_now(connection, account.id, account.changed_at)?;
                if let Some(sealed) = sealed {
                    sealed.store(connection)?;
                    rotations::overtake(connection, &account)?;
                }
                if let Some((name, at)) = expires {
                    owner.expires(connection, name, at)?;
                }
                audit.store(connection)
            })
            .await;
        // Also for a worker whose account had changed: the next try sees what it is.
        self.published.refresh(&self.database).await?;
        changed
    }

    pub(crate) async fn switch(
        &self,
        account: Account,
        read_at: Timestamp,
        rotation: Rotation,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let owner = SecretOwner::Account(account.id);
        let secret = self.secrets.get(owner, SecretName::NextClientSecret).await?;
        let facts = self.secrets.facts(owner, SecretName::NextClientSecret).await?;
        let facts = facts.unwrap_or_else(|| SecretFacts::of(&secret, account.changed_at));
        let key = self.secrets.key().await;
        let sealed = seal(&key, owner, &NewSecret { name: SecretName::ClientSecret, secret, facts })?;
        self.database
            .write(Durability::Synced, move |connection| {
                update(connection, &account, read_at)?;
                sealed.store(connection)?;
                owner.remove(connection, SecretName::NextClientSecret)?;
                rotations::update(connection, Step::Proved, &rotation)?;
                queue::make_due_now(connection, account.id, account.changed_at)?;
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }

    pub(crate) async fn dependents(&self, account: AccountId) -> Result<Dependents, StoreError> {
        self.database.read(move |connection| dependents(connection, account)).await
    }

    pub(crate) async fn remove(&self, account: &Account, audit: AuditEntry) -> Result<(), StoreError> {
        let (id, name) = (account.id, account.name.to_string());
        self.database
            .write(Durability::Synced, move |connection| {
                let dependents = dependents(connection, id)?;
                if !dependents.is_empty() {
                    let what = format!("account {name}");
                    return Err(StoreError::InUse { what, by: dependents.to_string() });
                }
                delete(connection, id)?;
                audit.store(connection)
            })
            .await?;
        self.published.refresh(&self.database).await
    }
}

/// What a change of an account does to its secret.
#[derive(Debug)]
pub enum SecretChange {
    None,
    /// There is a new one.
    New(NewSecret),
    /// It stays, and expires then.
    ExpiresAt(SecretName, Timestamp),
}

/// What cannot be without an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependents {
    /// Logins whose mail goes through it.
    pub credentials: Vec<String>,
    /// Messages that wait for it.
    pub waiting: u64,
    /// Domains in its desired state, or whose records were written for it.
    pub domains: u64,
}

impl Dependents {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty() && self.waiting == 0 && self.domains == 0
    }
}

impl fmt::Display for Dependents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.credentials.is_empty() {
            let count = counted(self.credentials.len() as u64, "credential");
            let named: Vec<&str> = self.credentials.iter().take(NAMED).map(String::as_str).collect();
            let more = if self.credentials.len() > NAMED { ", ..." } else { "" };
            parts.push(format!("{count} ({}{more})", named.join(", ")));
        }
        if self.waiting > 0 {
            parts.push(counted(self.waiting, "waiting message"));
        }
        if self.domains > 0 {
            let what = counted(self.domains, "domain");
            parts.push(format!("{what} at Azure, which `postern destroy` deletes and --force leaves there"));
        }
        f.write_str(&parts.join(" and "))
    }
}

/// Dependents that are named one by one.
const NAMED: usize = 10;

/// Removes an account with what is its own.
fn delete(connection: &Connection, id: AccountId) -> Result<(), StoreError> {
    for table in ["sender", "smtp_username", "suppression", "verification", "rotation"]
        .iter()
        .chain(&infrastructure::TABLES)
    {
        connection.execute(&format!("DELETE FROM {table} WHERE account_id = ?"), [id.to_string()])?;
    }
    webhooks::remove_of(connection, id)?;
    SecretOwner::Account(id).remove_all(connection)?;
    connection.execute("DELETE FROM account WHERE id = ?", [id.to_string()])?;
    Ok(())
}

fn logins(connection: &Connection, account: AccountId) -> Result<Vec<String>, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT login FROM credential WHERE account_id = ? ORDER BY login")?;
    let logins = select.query_map([account.to_string()], |row| row.get(0))?;
    Ok(logins.collect::<Result<_, _>>()?)
}

fn dependents(connection: &Connection, account: AccountId) -> Result<Dependents, StoreError> {
    let domains = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT name FROM desired_domain WHERE account_id = ?1
                 UNION SELECT domain FROM written_record WHERE account_id = ?1)",
        )?
        .query_row([account.to_string()], |row| row.get(0))?;
    Ok(Dependents {
        credentials: logins(connection, account)?,
        waiting: queue::open_sends(connection, account)?,
        domains,
    })
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
