//! Addresses that mail must not go to, as rows. Hashes of all addresses are in memory ([`index`]), so that an address
//! which no row has costs no statement.

mod index;
mod outcome;
mod rows;

use std::sync::Arc;

use jiff::Timestamp;
use model::suppression::{Listing, Suppression, Within, folded};
use rusqlite::Connection;
use rusqlite::types::Value;
use smtp::address::Mailbox;

pub(crate) use self::index::Index;
pub(crate) use self::outcome::from_outcome;
use self::rows::{Put, report};

use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::database::{Database, Durability};

/// A handle to the suppression list.
#[derive(Clone)]
pub(crate) struct Suppressions {
    database: Database,
    index: Arc<Index>,
}

/// An entry and its number; later entries have larger ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSuppression {
    pub number: u64,
    pub suppression: Suppression,
}

/// What became of entries that were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entered {
    /// Those that were not there before.
    pub new: usize,
    /// Those that were there already.
    pub known: usize,
}

impl Suppressions {
    pub(crate) fn new(database: Database, index: Arc<Index>) -> Self {
        Self { database, index }
    }

    pub(crate) async fn of(&self, address: &Mailbox) -> Result<Vec<StoredSuppression>, StoreError> {
        let folded = folded(address);
        if !self.index.has(&folded) {
            return Ok(Vec::new());
        }
        self.database.read(move |connection| rows::of(connection, &folded)).await
    }

    pub(crate) async fn add(
        &self,
        entries: Vec<Suppression>,
        audit: AuditEntry,
    ) -> Result<Entered, StoreError> {
        let work = move |connection: &Connection| {
            let mut entered = Entered::default();
            for entry in entries {
                match report(connection, entry)? {
                    Put::New => entered.new += 1,
                    Put::Known => entered.known += 1,
                }
            }
            audit.store(connection)?;
            Ok(entered)
        };
        let entered = self.database.write(Durability::Synced, work).await?;
        self.index.follow(&self.database).await?;
        Ok(entered)
    }

    pub(crate) async fn remove(&self, numbers: Vec<u64>, audit: AuditEntry) -> Result<usize, StoreError> {
        let work = move |connection: &Connection| {
            let mut delete = connection.prepare_cached("DELETE FROM suppression WHERE number = ?")?;
            let mut removed = 0;
            for number in &numbers {
                removed += delete.execute([number])?;
            }
            if removed == 0 {
                return Err(StoreError::Missing("the suppression".to_owned()));
            }
            audit.store(connection)?;
            Ok(removed)
        };
        self.database.write(Durability::Synced, work).await
    }

    pub(crate) async fn list(&self, listing: Listing) -> Result<Vec<StoredSuppression>, StoreError> {
        self.database.read(move |connection| list(connection, &listing)).await
    }

    pub(crate) async fn forget_ended(&self, before: Timestamp) -> Result<usize, StoreError> {
        let work = move |connection: &Connection| {
            let delete = "DELETE FROM suppression WHERE expires_at < ?";
            Ok(connection.prepare_cached(delete)?.execute([before.as_millisecond()])?)
        };
        self.database.write(Durability::Written, work).await
    }
}

fn list(connection: &Connection, listing: &Listing) -> Result<Vec<StoredSuppression>, StoreError> {
    let Listing { within, address, domain, reason, before, limit } = listing;
    let within = match within {
        Within::Everything => None,
        Within::Accounts(accounts) => {
            let ids: Vec<String> = accounts.iter().map(ToString::to_string).collect();
            Some(serde_json::json!(ids).to_string())
        }
    };
    // What is not asked for is left out, so that an address is found by its index.
    let conditions = [
        within.is_some().then_some("account_id IN (SELECT value FROM json_each(:within))"),
        address.is_some().then_some("folded = :folded"),
        domain.is_some().then_some("substr(folded, -length(:at)) = :at"),
        reason.is_some().then_some("reason = :reason"),
        before.is_some().then_some("number < :before"),
    ];
    let conditions: Vec<&str> = conditions.into_iter().flatten().collect();
    let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let sql = format!("{} WHERE {condition} ORDER BY number DESC LIMIT :limit", rows::SELECT);
    let mut select = connection.prepare_cached(&sql)?;
    for (name, value) in [
        (":within", within.map(Value::Text)),
        (":folded", address.as_ref().map(|address| Value::Text(folded(address)))),
        (":at", domain.as_ref().map(|domain| Value::Text(format!("@{}", domain.as_str())))),
        (":reason", reason.map(|reason| Value::Text(reason.as_str().to_owned()))),
        (":before", before.map(|before| Value::Integer(i64::try_from(before).unwrap_or(i64::MAX)))),
        (":limit", Some(Value::Integer(i64::try_from(*limit).unwrap_or(i64::MAX)))),
    ] {
        if let (Some(index), Some(value)) = (select.parameter_index(name)?, value) {
            select.raw_bind_parameter(index, value)?;
        }
    }
    rows::read(select.raw_query())
}
