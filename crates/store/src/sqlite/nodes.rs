//! Processes that work on the store. Each has a number that no other ever had, so that work of a process that is gone
//! shows by it.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::error::StoreError;
use crate::sqlite::database::{Database, Durability};

/// The number of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u64);

impl Node {
    /// The number, as rows have it.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Enters this process as the only one: it holds the lock of the data directory, so that all others are gone.
pub(crate) fn enter(database: &Database, now: Timestamp) -> Result<Node, StoreError> {
    database.write_blocking(Durability::Synced, move |connection| {
        connection.execute("DELETE FROM node", [])?;
        add(connection, now, Timestamp::MAX)
    })
}

/// Enters a process that is alive until a time at least.
pub(crate) fn add(
    connection: &Connection,
    now: Timestamp,
    alive_until: Timestamp,
) -> Result<Node, StoreError> {
    let number = connection
        .prepare_cached("INSERT INTO node (started_at, alive_until) VALUES (?, ?) RETURNING number")?
        .query_row([now.as_millisecond(), alive_until.as_millisecond()], |row| row.get(0))?;
    Ok(Node(number))
}
