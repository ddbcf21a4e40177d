//! How often repairs were made.

use model::queued::{Cause, Change};
use model::repair::Repair;
use rusqlite::{Connection, params};

use super::Queue;
use crate::error::StoreError;
use crate::sqlite::database::Durability;

/// How often a repair was made for a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairUse {
    pub login: String,
    /// The repair's word.
    pub repair: String,
    /// Messages, since the beginning.
    pub count: u64,
}

impl Queue {
    pub(crate) async fn repairs(&self) -> Result<Vec<RepairUse>, StoreError> {
        self.caught_up().await;
        self.0.database.read(read).await
    }

    pub(crate) async fn count_repairs(&self, login: &str, changes: &[Change]) -> Result<(), StoreError> {
        let (login, changes) = (login.to_owned(), changes.to_vec());
        let work = move |connection: &Connection| count(connection, &login, &changes);
        self.0.database.write(Durability::Written, work).await
    }
}

fn read(connection: &Connection) -> Result<Vec<RepairUse>, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT login, repair, count FROM repair_use ORDER BY login, repair")?;
    let rows = select
        .query_map([], |row| Ok(RepairUse { login: row.get(0)?, repair: row.get(1)?, count: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts each repair of a message once.
pub(super) fn count(connection: &Connection, login: &str, changes: &[Change]) -> Result<(), StoreError> {
    let was_made = |repair: &Repair| changes.iter().any(|change| change.cause == Cause::Repair(*repair));
    for repair in Repair::ALL.into_iter().filter(was_made) {
        connection
            .prepare_cached(
                "INSERT INTO repair_use (login, repair, count) VALUES (?, ?, 1)
                 ON CONFLICT (login, repair) DO UPDATE SET count = count + 1",
            )?
            .execute(params![login, repair.as_str()])?;
    }
    Ok(())
}
