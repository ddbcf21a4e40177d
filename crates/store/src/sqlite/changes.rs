//! The change feed of the directory: what changed, in the order of numbers that grow. A reader remembers the last number
//! that it has seen.
//!
//! Triggers write it, so that nobody who writes a row can forget it. Of everything only its last change stays.

use model::id::{AccountId, CredentialId};
use rusqlite::{Connection, Row};

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Database;

/// A handle to the feed.
#[derive(Clone)]
pub(crate) struct Changes(Database);

/// One numbered change that other nodes learn of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Grows from change to change, with gaps.
    pub number: u64,
    /// What is not as it was, or gone.
    pub changed: Changed,
}

/// A part of the directory that changes as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Changed {
    Account(AccountId),
    Credential(CredentialId),
    /// The senders of an account.
    Senders(AccountId),
    /// The SMTP usernames that an account's service has.
    SmtpUsernames(AccountId),
}

impl Changes {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    pub(crate) async fn since(&self, number: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.0.read(move |connection| since(connection, number, limit)).await
    }
}

pub(crate) fn since(connection: &Connection, number: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT number, kind, subject FROM change WHERE number > ? ORDER BY number LIMIT ?",
    )?;
    let mut rows = select.query((number, limit))?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(read(row)?);
    }
    Ok(changes)
}

/// The number of the last change; 0 before the first.
pub(crate) fn last(connection: &Connection) -> Result<u64, StoreError> {
    let mut select = connection.prepare_cached("SELECT coalesce(max(number), 0) FROM change")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

fn read(row: &Row<'_>) -> Result<Change, StoreError> {
    let (kind, subject): (String, String) = (row.get(1)?, row.get(2)?);
    let changed = match kind.as_str() {
        "account" => Changed::Account(columns::to_id(&subject)?),
        "credential" => Changed::Credential(columns::to_id(&subject)?),
        "senders" => Changed::Senders(columns::to_id(&subject)?),
        "smtp_usernames" => Changed::SmtpUsernames(columns::to_id(&subject)?),
        _ => return Err(columns::damaged("kind of change", &kind)),
    };
    Ok(Change { number: row.get(0)?, changed })
}
