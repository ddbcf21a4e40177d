//! What was given up, and what is delivered again by hand.

use jiff::Timestamp;
use model::id::WebhookId;
use model::webhook::FeedPlace;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Webhooks, events};
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

/// A request that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub number: u64,
    /// How many events it had.
    pub events: u32,
    /// How often it was tried.
    pub tries: u32,
    /// When it was given up.
    pub at: Timestamp,
    /// What the last try came to.
    pub problem: String,
}

/// What is to be delivered again.
pub(super) struct Replay {
    pub(super) number: u64,
    pub(super) from: FeedPlace,
    pub(super) to: FeedPlace,
    pub(super) is_whole: bool,
}

impl Webhooks {
    pub(crate) async fn dead_letters(
        &self,
        id: WebhookId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.database
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT number, events, tries, at, problem FROM webhook_dead_letter
                     WHERE webhook_id = ? AND number > ? ORDER BY number LIMIT ?",
                )?;
                let mut rows = select.query(params![id.to_string(), after, limit])?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push(DeadLetter {
                        number: row.get(0)?,
                        events: row.get(1)?,
                        tries: row.get(2)?,
                        at: columns::to_time(row.get(3)?)?,
                        problem: row.get(4)?,
                    });
                }
                Ok(all)
            })
            .await
    }

    /// Delivers what was given up again, each as the request that it was.
    pub(crate) async fn replay_dead_letters(
        &self,
        id: WebhookId,
        audit: AuditEntry,
    ) -> Result<usize, StoreError> {
        let work = move |connection: &Connection| {
            let id = id.to_string();
            let count = connection.execute(
                "INSERT INTO webhook_replay (webhook_id, from_row, from_entry, to_row, to_entry, is_whole)
                 SELECT webhook_id, from_row, from_entry, to_row, to_entry, 1 FROM webhook_dead_letter
                 WHERE webhook_id = ? ORDER BY number",
                [&id],
            )?;
            connection.execute("DELETE FROM webhook_dead_letter WHERE webhook_id = ?", [&id])?;
            audit.store(connection)?;
            Ok(count)
        };
        let count = self.database.write(Durability::Synced, work).await?;
        self.feed.wake();
        Ok(count)
    }

    /// Delivers again what was fed from a time on, up to what the endpoint has accepted last.
    pub(crate) async fn replay_since(
        &self,
        id: WebhookId,
        since: Timestamp,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let work = move |connection: &Connection| {
            let to = events::place_of(connection, id)?;
            let from = events::place_before(connection, since)?.filter(|from| *from < to);
            if let Some(from) = from {
                connection.execute(
                    "INSERT INTO webhook_replay (webhook_id, from_row, from_entry, to_row, to_entry, is_whole)
                     VALUES (?, ?, ?, ?, ?, 0)",
                    params![id.to_string(), from.row, from.entry, to.row, to.entry],
                )?;
            }
            audit.store(connection)
        };
        self.database.write(Durability::Synced, work).await?;
        self.feed.wake();
        Ok(())
    }
}

/// What is delivered again first.
pub(super) fn first(connection: &Connection, id: WebhookId) -> Result<Option<Replay>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT number, from_row, from_entry, to_row, to_entry, is_whole FROM webhook_replay
         WHERE webhook_id = ? ORDER BY number LIMIT 1",
    )?;
    let replay = select.query_row([id.to_string()], |row| {
        Ok(Replay {
            number: row.get(0)?,
            from: FeedPlace { row: row.get(1)?, entry: row.get(2)? },
            to: FeedPlace { row: row.get(3)?, entry: row.get(4)? },
            is_whole: row.get(5)?,
        })
    });
    Ok(replay.optional()?)
}

/// What is delivered again is delivered up to there.
pub(super) fn advance(connection: &Connection, replay: u64, to: FeedPlace) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE webhook_replay SET from_row = ?, from_entry = ? WHERE number = ?")?
        .execute(params![to.row, to.entry, replay])?;
    connection
        .prepare_cached(
            "DELETE FROM webhook_replay WHERE number = ? AND (from_row, from_entry) >= (to_row, to_entry)",
        )?
        .execute([replay])?;
    Ok(())
}
