//! How the queue stands, in queries whose cost does not grow with it: what waits, and what it waits for.

use std::path::PathBuf;

use jiff::Timestamp;
use model::credential::Lane;
use model::delivery::{Reason, SendState};
use model::id::AccountId;
use rusqlite::{Connection, params};

use super::Queue;
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;
use crate::sqlite::journal::ledger;

/// The disk that holds the data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// The data directory.
    pub path: PathBuf,
    /// Bytes that may still be written.
    pub free_bytes: u64,
    /// Bytes of those that messages do not get.
    pub reserve_bytes: u64,
    /// Bytes of the whole file system.
    pub size_bytes: u64,
}

/// What waits of a lane of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneQueue {
    pub account: AccountId,
    pub lane: Lane,
    /// Sends that wait or are under way.
    pub count: u64,
    /// Since when the oldest of them waits, to the minute; for one whose sender wants it later, from then on.
    pub since: Timestamp,
}

/// Messages of one author that wait because Azure refuses the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindered {
    pub account: AccountId,
    /// The author's address, as the header has it.
    pub author: String,
    pub reason: Reason,
    /// How many sends wait.
    pub count: u64,
    /// When Azure refused the first of them.
    pub since: Timestamp,
}

/// Messages that Azure dropped because of its suppression lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    pub account: AccountId,
    /// How many sends.
    pub count: u64,
    /// When Azure said so of the first of them.
    pub since: Timestamp,
}

/// Tries that one query looks at.
const MOST: u32 = 1_000;

/// Waiting sends whose last try had the reason.
const HINDERED: &str = "SELECT account_id, author, count(*), min(since) FROM (
        SELECT DISTINCT s.message_id, s.part, s.account_id AS account_id, m.header_from AS author,
            (SELECT min(b.at) FROM message_event b
             WHERE b.message_id = s.message_id AND b.part = s.part AND b.reason = ?1) AS since
        FROM (SELECT message_id, part FROM message_event WHERE reason = ?1 AND at >= ?2 ORDER BY at DESC LIMIT ?3) a
        JOIN send s ON s.message_id = a.message_id AND s.part = a.part
        JOIN message m ON m.id = s.message_id
        WHERE s.state IN ('queued', 'sending')
          AND (SELECT c.reason FROM message_event c WHERE c.message_id = s.message_id AND c.part = s.part
                 AND c.source IN ('attempt', 'status')
               ORDER BY c.number DESC LIMIT 1) = ?1)
    GROUP BY account_id, author ORDER BY account_id, author";

const SUPPRESSED: &str = "SELECT s.account_id, count(*), min(a.at)
    FROM (SELECT message_id, part, at FROM message_event WHERE reason = ?1 AND at >= ?2 ORDER BY at DESC LIMIT ?3) a
    JOIN send s ON s.message_id = a.message_id AND s.part = a.part
    GROUP BY s.account_id ORDER BY s.account_id";

impl Queue {
    pub(crate) fn disk(&self) -> Result<Disk, StoreError> {
        let inner = &self.0;
        Ok(Disk {
            path: inner.data_dir.path().to_owned(),
            free_bytes: inner.data_dir.free_bytes()?,
            reserve_bytes: inner.reserve_bytes,
            size_bytes: inner.data_dir.size_bytes()?,
        })
    }

    pub(crate) async fn probe(&self) -> Result<(), StoreError> {
        self.0.database.write(Durability::Synced, ledger::touch).await
    }

    pub(crate) async fn waiting(&self) -> Result<Vec<(AccountId, u64)>, StoreError> {
        self.0.database.read(waiting).await
    }

    pub(crate) async fn lanes(&self) -> Result<Vec<LaneQueue>, StoreError> {
        self.0.database.read(lanes).await
    }

    pub(crate) async fn hindered(&self, since: Timestamp) -> Result<Vec<Hindered>, StoreError> {
        let reasons = [Reason::DomainNotLinked, Reason::SenderUnknown];
        self.0
            .database
            .read(move |connection| {
                let found = reasons.map(|reason| hindered(connection, reason, since));
                let [unlinked, unknown] = found;
                Ok(unlinked?.into_iter().chain(unknown?).collect())
            })
            .await
    }

    pub(crate) async fn suppressed(&self, since: Timestamp) -> Result<Vec<Suppressed>, StoreError> {
        self.0.database.read(move |connection| suppressed(connection, since)).await
    }
}

pub(super) fn waiting(connection: &Connection) -> Result<Vec<(AccountId, u64)>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT account_id, sum(count) FROM send_count WHERE state IN (?, ?) AND count > 0 GROUP BY account_id",
    )?;
    let states = [SendState::Queued.as_str(), SendState::Sending.as_str()];
    let rows = select.query_map(states, |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (account, count) = row?;
        Ok((columns::to_id(&account)?, count))
    })
    .collect()
}

/// Reads one row for each minute in which something that waits was accepted.
fn lanes(connection: &Connection) -> Result<Vec<LaneQueue>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT account_id, lane, sum(count), min(minute) FROM send_waiting_count GROUP BY account_id, lane",
    )?;
    let mut rows = select.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(LaneQueue {
            account: columns::to_id(&row.get::<_, String>(0)?)?,
            lane: columns::to_lane(row.get(1)?)?,
            count: row.get(2)?,
            since: columns::to_time(row.get::<_, i64>(3)? * 60_000)?,
        });
    }
    Ok(found)
}

pub(super) fn hindered(
    connection: &Connection,
    reason: Reason,
    since: Timestamp,
) -> Result<Vec<Hindered>, StoreError> {
    let mut select = connection.prepare_cached(HINDERED)?;
    let mut rows = select.query(params![reason.as_str(), since.as_millisecond(), MOST])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Hindered {
            account: columns::to_id(&row.get::<_, String>(0)?)?,
            author: row.get(1)?,
            reason,
            count: row.get(2)?,
            since: columns::to_time(row.get(3)?)?,
        });
    }
    Ok(found)
}

pub(super) fn suppressed(connection: &Connection, since: Timestamp) -> Result<Vec<Suppressed>, StoreError> {
    let mut select = connection.prepare_cached(SUPPRESSED)?;
    let mut rows = select.query(params![Reason::Suppressed.as_str(), since.as_millisecond(), MOST])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Suppressed {
            account: columns::to_id(&row.get::<_, String>(0)?)?,
            count: row.get(1)?,
            since: columns::to_time(row.get(2)?)?,
        });
    }
    Ok(found)
}
