//! Requests that Azure has counted, so that a restart does not forget them.

use azure_types::ids::SubscriptionId;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::database::{Database, Durability};
use crate::error::StoreError;

/// A handle to the counts.
#[derive(Clone)]
pub struct Pace(Database);

/// So many requests of one kind in one slot of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Whose.
    pub subscription: SubscriptionId,
    /// Which limit they count against, in one word.
    pub kind: &'static str,
    /// Length of the slot in seconds.
    pub slot_seconds: u32,
    /// Number of the slot since 1970.
    pub slot: i64,
    /// How many.
    pub count: u32,
}

impl Pace {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    /// The slots of one kind that end after `since`: length, number and count.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(
        &self,
        subscription: SubscriptionId,
        kind: &'static str,
        since: Timestamp,
    ) -> Result<Vec<Usage>, StoreError> {
        self.0
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT slot_seconds, slot, count FROM usage
                     WHERE subscription = ? AND kind = ? AND (slot + 1) * slot_seconds > ?",
                )?;
                let rows =
                    select.query_map(params![subscription.to_string(), kind, since.as_second()], |row| {
                        let (slot_seconds, slot, count) = (row.get(0)?, row.get(1)?, row.get(2)?);
                        Ok(Usage { subscription, kind, slot_seconds, slot, count })
                    })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Adds requests outside of a settlement.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add(&self, usage: Vec<Usage>) -> Result<(), StoreError> {
        self.0.write(Durability::Synced, move |connection| add(connection, &usage)).await
    }

    /// Forgets slots that ended before `before`.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        self.0
            .write(Durability::Written, move |connection| {
                connection
                    .execute("DELETE FROM usage WHERE (slot + 1) * slot_seconds < ?", [before.as_second()])?;
                Ok(())
            })
            .await
    }
}

pub(crate) fn add(connection: &Connection, usage: &[Usage]) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO usage (subscription, kind, slot_seconds, slot, count) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for usage in usage {
        insert.execute(params![
            usage.subscription.to_string(),
            usage.kind,
            usage.slot_seconds,
            usage.slot,
            usage.count
        ])?;
    }
    Ok(())
}
