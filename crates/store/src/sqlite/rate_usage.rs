//! Requests that an upstream has counted, so that a restart does not forget them.

use jiff::Timestamp;
use model::quota::QuotaKey;
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::sqlite::database::{Database, Durability};

/// A handle to the counts.
#[derive(Clone)]
pub(crate) struct RateUsage(Database);

/// So many requests of one kind in one slot of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Which limit they count against.
    pub key: QuotaKey,
    /// Length of the slot in seconds.
    pub slot_seconds: u32,
    /// Number of the slot since 1970.
    pub slot: i64,
    pub count: u32,
}

/// Azure said that there was too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttling {
    pub at: Timestamp,
    /// Requests that it had counted by then, in the minute before.
    pub in_minute: u32,
    /// In the hour before.
    pub in_hour: u32,
    /// For how long it asked to be left alone, in whole seconds; `None` where it did not say, or an older build did
    /// not keep it.
    pub wait_seconds: Option<u32>,
}

/// Slots of ten minutes are for the window of a day, those of an hour for reports of 90 days.
const FORGET: &str = "DELETE FROM usage WHERE (slot + 1) * slot_seconds < ?1 -
    CASE WHEN slot_seconds >= 3600 THEN 90 * 86400 WHEN slot_seconds >= 600 THEN 86400 ELSE 0 END";

/// Throttlings that are remembered, of each kind.
const KEPT: u32 = 100;

impl RateUsage {
    pub(crate) async fn throttled(&self, key: QuotaKey, throttling: Throttling) -> Result<(), StoreError> {
        self.0
            .write(Durability::Written, move |connection| {
                let (scope, kind) = (key.scope.to_string(), key.kind.as_str());
                connection.execute(
                    "INSERT OR REPLACE INTO throttled (scope, kind, at, in_minute, in_hour, wait_seconds)
                     VALUES (?, ?, ?, ?, ?, ?)",
                    params![
                        scope,
                        kind,
                        throttling.at.as_millisecond(),
                        throttling.in_minute,
                        throttling.in_hour,
                        throttling.wait_seconds
                    ],
                )?;
                connection.execute(
                    "DELETE FROM throttled WHERE scope = ?1 AND kind = ?2 AND at NOT IN
                     (SELECT at FROM throttled WHERE scope = ?1 AND kind = ?2 ORDER BY at DESC LIMIT ?3)",
                    params![scope, kind, KEPT],
                )?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn throttlings(&self, key: QuotaKey) -> Result<Vec<Throttling>, StoreError> {
        self.0
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT at, in_minute, in_hour, wait_seconds FROM throttled
                     WHERE scope = ? AND kind = ? ORDER BY at DESC",
                )?;
                let mut rows = select.query(params![key.scope.to_string(), key.kind.as_str()])?;
                let mut throttlings = Vec::new();
                while let Some(row) = rows.next()? {
                    let at = crate::sqlite::columns::to_time(row.get(0)?)?;
                    let (in_minute, in_hour, wait_seconds) = (row.get(1)?, row.get(2)?, row.get(3)?);
                    throttlings.push(Throttling { at, in_minute, in_hour, wait_seconds });
                }
                Ok(throttlings)
            })
            .await
    }

    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    pub(crate) async fn load(&self, key: QuotaKey, since: Timestamp) -> Result<Vec<Usage>, StoreError> {
        self.0
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT slot_seconds, slot, count FROM usage
                     WHERE scope = ? AND kind = ? AND (slot + 1) * slot_seconds > ?",
                )?;
                let parameters = params![key.scope.to_string(), key.kind.as_str(), since.as_second()];
                let rows = select.query_map(parameters, |row| {
                    let (slot_seconds, slot, count) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    Ok(Usage { key, slot_seconds, slot, count })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    pub(crate) async fn add(&self, usage: Vec<Usage>) -> Result<(), StoreError> {
        self.0.write(Durability::Synced, move |connection| add(connection, &usage)).await
    }

    pub(crate) async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        self.0
            .write(Durability::Written, move |connection| {
                connection.execute(FORGET, [before.as_second()])?;
                Ok(())
            })
            .await
    }
}

pub(crate) fn add(connection: &Connection, usage: &[Usage]) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO usage (scope, kind, slot_seconds, slot, count) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for usage in usage {
        insert.execute(params![
            usage.key.scope.to_string(),
            usage.key.kind.as_str(),
            usage.slot_seconds,
            usage.slot,
            usage.count
        ])?;
    }
    Ok(())
}
