//! Noting what came of a send, and discarding bodies that nobody needs any more.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use model::delivery::{Attempt, SendId, SendState};
use model::id::{AccountId, QueueId};
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::oneshot;
use tracing::warn;

use super::{NextStep, Queue, Settlement, divide};
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::database::Durability;
use crate::sqlite::journal::ledger;
use crate::sqlite::nodes::Node;
use crate::sqlite::rate_usage::{self, Usage};

/// What a transaction does not need any more.
#[derive(Debug, Default)]
pub(crate) struct Discarded {
    /// Messages whose file is not needed any more.
    messages: Vec<QueueId>,
    segments: BTreeSet<u64>,
    /// Submissions that came to nothing: the same message is welcome again.
    undone: Vec<QueueId>,
}

impl Queue {
    pub(crate) async fn settle(
        &self,
        settlements: Vec<Settlement>,
        usage: Vec<Usage>,
    ) -> Result<(), StoreError> {
        let discarded = Arc::new(Mutex::new(Discarded::default()));
        let (filled, (tell, told)) = (Arc::clone(&discarded), oneshot::channel());
        let (mut tell, node) = (Some(tell), self.0.node);
        self.0.database.write_until_done(
            move |connection: &Connection| {
                let mut discarded = Discarded::default();
                for settlement in &settlements {
                    settle(connection, node, settlement, &mut discarded)?;
                }
                rate_usage::add(connection, &usage)?;
                *filled.lock().unwrap_or_else(PoisonError::into_inner) = discarded;
                Ok(())
            },
            move |result| {
                if result.is_ok() {
                    // Whoever waited may be gone.
                    let _ = tell.take().map(|tell| tell.send(()));
                }
            },
        );
        told.await.map_err(|_| StoreError::Closed)?;
        let discarded = std::mem::take(&mut *discarded.lock().unwrap_or_else(PoisonError::into_inner));
        self.discard(discarded).await;
        Ok(())
    }

    pub(crate) async fn retry(
        &self,
        id: QueueId,
        now: Timestamp,
        audit: AuditEntry,
    ) -> Result<usize, StoreError> {
        let changed = self
            .0
            .database
            .write(Durability::Synced, move |connection| {
                ensure_known(connection, id)?;
                let changed = connection.execute(
                    "UPDATE send SET due_at = ?1 WHERE message_id = ?2 AND state = 'queued' AND due_at > ?1",
                    params![now.as_millisecond(), id.to_string()],
                )?;
                enter_count(connection, audit, changed)
            })
            .await?;
        let account = self.account_of(id).await?;
        self.announce(account);
        Ok(changed)
    }

    pub(crate) async fn drop_message(&self, id: QueueId, audit: AuditEntry) -> Result<usize, StoreError> {
        let work = move |connection: &Connection| {
            ensure_known(connection, id)?;
            let mut discarded = Discarded::default();
            let dropped = drop_waiting(connection, id, &mut discarded)?;
            Ok((enter_count(connection, audit, dropped)?, discarded))
        };
        let (dropped, discarded) = self.0.database.write(Durability::Synced, work).await?;
        self.discard(discarded).await;
        Ok(dropped)
    }

    pub(crate) async fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.0
            .database
            .write(Durability::Written, move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT m.id FROM message m WHERE m.accepted_at < ? AND m.open_sends = 0
                     AND NOT EXISTS (SELECT 1 FROM send s WHERE s.message_id = m.id AND s.state = 'submitted')
                     ORDER BY m.id LIMIT ?",
                )?;
                let ids: Result<Vec<String>, _> =
                    select.query_map(params![before.as_millisecond(), limit], |row| row.get(0))?.collect();
                let ids = ids?;
                for table in ["attempt", "send"] {
                    let sql = format!("DELETE FROM {table} WHERE message_id = ?");
                    let mut delete = connection.prepare_cached(&sql)?;
                    for id in &ids {
                        delete.execute([id])?;
                    }
                }
                let mut delete = connection.prepare_cached("DELETE FROM message WHERE id = ?")?;
                for id in &ids {
                    delete.execute([id])?;
                }
                Ok(ids.len())
            })
            .await
    }

    pub(crate) async fn discard(&self, discarded: Discarded) {
        for id in &discarded.undone {
            self.0.recent.forget(*id);
        }
        for segment in discarded.segments {
            self.0.keeper.retire(segment);
        }
        if !discarded.messages.is_empty() {
            // The file may only go when it is certain that nobody looks for it after a power cut.
            let synced = self.0.database.write(Durability::Synced, ledger::touch).await;
            if synced.is_err() {
                return;
            }
            let inner = Arc::clone(&self.0);
            let remove = move || discarded.messages.iter().for_each(|id| inner.large.remove(*id));
            // A file that stays is swept up at the next start.
            let _ = tokio::task::spawn_blocking(remove).await;
        }
    }
}

/// Takes what waits of a message out of the queue; says how many sends that were.
pub(crate) fn drop_waiting(
    connection: &Connection,
    id: QueueId,
    discarded: &mut Discarded,
) -> Result<usize, StoreError> {
    let mut select = connection.prepare_cached(
        "UPDATE send SET state = 'dropped' WHERE message_id = ? AND state = 'queued' RETURNING part",
    )?;
    let parts: Result<Vec<u16>, _> = select.query_map([id.to_string()], |row| row.get(0))?.collect();
    let parts = parts?;
    for _ in &parts {
        discard_body(connection, id, discarded)?;
    }
    undo(connection, id, discarded)?;
    Ok(parts.len())
}

/// How a send stands.
struct Claimed {
    state: String,
    /// Who claimed it last.
    node: Option<u64>,
}

fn settle(
    connection: &Connection,
    node: Node,
    settlement: &Settlement,
    discarded: &mut Discarded,
) -> Result<(), StoreError> {
    let Settlement { id, attempt, next } = settlement;
    let (state, due_at) = match next {
        NextStep::Again { at }
        | NextStep::AgainForOthers { at, .. }
        | NextStep::BySmtp { at, .. }
        | NextStep::Divided { at, .. } => (SendState::Queued, Some(*at)),
        NextStep::ReadStatus { at } => (SendState::Submitted, Some(*at)),
        NextStep::LastGroup(group) => divide::state_of(group),
        NextStep::Sent => (SendState::Sent, None),
        NextStep::Failed | NextStep::FailedFor { .. } => (SendState::Failed, None),
    };
    let before: Option<Claimed> = connection
        .prepare_cached("SELECT state, node FROM send WHERE message_id = ? AND part = ?")?
        .query_row(params![id.message.to_string(), id.part], |row| {
            Ok(Claimed { state: row.get(0)?, node: row.get(1)? })
        })
        .optional()?;
    let Some(before) = before else { return Ok(()) };
    let was_open = before.state == SendState::Sending.as_str();
    if was_open && before.node != Some(node.number()) {
        warn!(message.id = %id.message, message.part = id.part, "what came of a send is not noted: its lease was lost");
        return Ok(());
    }
    if !was_open && before.state != SendState::Submitted.as_str() {
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE send SET state = ?, due_at = coalesce(?, due_at), attempts = attempts + ?
             WHERE message_id = ? AND part = ?",
        )?
        .execute(params![
            state.as_str(),
            due_at.map(Timestamp::as_millisecond),
            attempt.is_some() && was_open && !is_handed_on(next),
            id.message.to_string(),
            id.part
        ])?;
    let taken = match next {
        NextStep::Divided { taken: Some(taken), .. } | NextStep::FailedFor { taken: Some(taken), .. } => {
            Some(divide::split_off(connection, *id, taken)?)
        }
        _ => None,
    };
    if let Some(attempt) = attempt {
        note(connection, taken.unwrap_or(*id), attempt)?;
    }
    divide::rewrite(connection, *id, next)?;
    if was_open && state != SendState::Queued {
        discard_body(connection, id.message, discarded)?;
    }
    if state == SendState::Failed {
        undo(connection, id.message, discarded)?;
    }
    Ok(())
}

/// Whether the next try is another one and not the same again: it has not been put off, so that nothing has to
/// be waited for any longer.
fn is_handed_on(next: &NextStep) -> bool {
    matches!(next, NextStep::BySmtp { .. } | NextStep::Divided { .. })
}

/// Takes a message of which nothing was sent and nothing is left out of those that are not repeated.
fn undo(connection: &Connection, id: QueueId, discarded: &mut Discarded) -> Result<(), StoreError> {
    let is_undone = connection
        .prepare_cached(
            "SELECT 1 FROM message WHERE id = ?1 AND NOT EXISTS
             (SELECT 1 FROM send WHERE message_id = ?1 AND state NOT IN ('failed', 'dropped'))",
        )?
        .exists([id.to_string()])?;
    discarded.undone.extend(is_undone.then_some(id));
    Ok(())
}

fn note(connection: &Connection, id: SendId, attempt: &Attempt) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO attempt (message_id, part, number, at, transport, result, text, reason)
             VALUES (?1, ?2, (SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE message_id = ?1 AND part = ?2),
                     ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            id.message.to_string(),
            id.part,
            attempt.at.as_millisecond(),
            attempt.transport.map(model::delivery::Transport::as_str),
            attempt.result.as_str(),
            attempt.text,
            attempt.reason.map(model::delivery::Reason::as_str),
        ])?;
    Ok(())
}

/// One send of the message needs the body no more; with the last of them the body goes.
fn discard_body(connection: &Connection, id: QueueId, discarded: &mut Discarded) -> Result<(), StoreError> {
    let message: Option<(i64, u64, u64)> = connection
        .prepare_cached(
            "UPDATE message SET open_sends = open_sends - 1 WHERE id = ? RETURNING open_sends, segment, size_bytes",
        )?
        .query_row([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((..=0, segment, size)) = message else { return Ok(()) };
    if ledger::release(connection, segment)? {
        discarded.segments.insert(segment);
    }
    if size >= crate::sqlite::body::INLINE_BYTES as u64 {
        discarded.messages.push(id);
    }
    Ok(())
}

/// Makes all waiting sends of an account due.
pub(crate) fn make_due_now(
    connection: &Connection,
    account: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE send SET due_at = ?2 WHERE account_id = ?1 AND lane BETWEEN 0 AND 2 AND state = 'queued'
         AND due_at > ?2",
        params![account.to_string(), now.as_millisecond()],
    )?;
    Ok(())
}

/// Enters how many waiting sends an operator changed, if there were any.
fn enter_count(connection: &Connection, audit: AuditEntry, count: usize) -> Result<usize, StoreError> {
    if count > 0 {
        let detail = if count == 1 { "1 waiting send".to_owned() } else { format!("{count} waiting sends") };
        AuditEntry { detail, ..audit }.store(connection)?;
    }
    Ok(count)
}

fn ensure_known(connection: &Connection, id: QueueId) -> Result<(), StoreError> {
    let known = connection.prepare_cached("SELECT 1 FROM message WHERE id = ?")?.exists([id.to_string()])?;
    if known { Ok(()) } else { Err(StoreError::Missing(format!("message {id}"))) }
}
