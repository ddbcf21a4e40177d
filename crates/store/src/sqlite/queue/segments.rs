//! Entering what the journal has synced, and where each message stands in it.

use std::sync::Arc;

use model::delivery::{SendId, SendState};
use model::id::QueueId;
use model::queued::QueuedMessage;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::counts::Counts;
use super::{Arrivals, recipients, repairs};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::journal::{Entry, Place, Sink, ledger};

/// Enters what the journal has synced.
pub(super) struct Intake {
    pub(super) arrivals: Arc<Arrivals>,
}

impl Sink for Intake {
    fn enter(&self, connection: &Connection, entries: &[Entry]) -> Result<usize, StoreError> {
        let (mut needed, mut counts) = (0, Counts::default());
        for entry in entries {
            // A message that is known already has been moved here from an older segment.
            let is_needed = enter_message(connection, entry, &mut counts)? || enter_move(connection, entry)?;
            needed += usize::from(is_needed);
        }
        counts.write(connection)?;
        Ok(needed)
    }

    fn needs_body(&self, connection: &Connection, id: QueueId) -> Result<bool, StoreError> {
        Ok(place_of(connection, id)?.is_some())
    }

    fn entered(&self, entries: &[Entry]) {
        self.arrivals.announce(entries);
    }
}

/// Enters one message; says whether it was new.
fn enter_message(connection: &Connection, entry: &Entry, counts: &mut Counts) -> Result<bool, StoreError> {
    let message: &QueuedMessage = &entry.message;
    let (id, account) = (message.id.to_string(), message.account.to_string());
    let (origin, origin_name) = columns::from_origin(&message.origin);
    let inserted = connection
        .prepare_cached(
            "INSERT INTO message (id, account_id, origin, origin_name, lane, reverse_path, ret, envelope_id,
                 header_from, message_id, subject, size_bytes, accepted_at, expires_at, fingerprint, segment,
                 position, changes)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            id,
            account,
            origin,
            origin_name,
            message.lane.as_str(),
            columns::from_reverse_path(&message.reverse_path),
            message.ret.map(columns::from_ret),
            message.envelope_id,
            message.header.from,
            message.header.message_id,
            message.header.subject,
            message.size_bytes,
            message.accepted_at.as_millisecond(),
            message.expires_at.as_millisecond(),
            message.idempotency_key.map(|idempotency_key| idempotency_key.0),
            entry.place.segment,
            entry.place.position,
            columns::from_changes(&message.changes),
        ])?;
    if inserted == 0 {
        return Ok(false);
    }
    repairs::count(connection, origin_name, &message.changes)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO send (message_id, part, account_id, lane, operation_id, state, due_at)
         VALUES (?, ?, ?, ?, ?, 'queued', ?)",
    )?;
    let mut position = 0;
    for (part, send) in (0_u16..).zip(&message.sends) {
        insert.execute(params![
            id,
            part,
            account,
            columns::lane_rank(message.lane),
            send.operation.to_string(),
            message.accepted_at.as_millisecond(),
        ])?;
        let send_id = SendId { message: message.id, part };
        position = recipients::insert(connection, send_id, position, &send.recipients)?;
        counts.add(message.account, SendState::Queued, 1);
    }
    Ok(true)
}

/// Enters that a message stands elsewhere now; says whether it was still needed.
fn enter_move(connection: &Connection, entry: &Entry) -> Result<bool, StoreError> {
    let id = entry.message.id.to_string();
    let Some(old) = place_of(connection, entry.message.id)? else { return Ok(false) };
    if old == entry.place {
        return Ok(false);
    }
    connection
        .prepare_cached("UPDATE message SET segment = ?, position = ? WHERE id = ?")?
        .execute(params![entry.place.segment, entry.place.position, id])?;
    ledger::release(connection, old.segment, 1)?;
    Ok(true)
}

/// Where a message stands that is still needed.
pub(crate) fn place_of(connection: &Connection, id: QueueId) -> Result<Option<Place>, StoreError> {
    let place = connection
        .prepare_cached(
            "SELECT segment, position FROM message WHERE id = ?1 AND EXISTS
             (SELECT 1 FROM send WHERE message_id = ?1 AND state IN ('queued', 'sending'))",
        )?
        .query_row([id.to_string()], |row| Ok(Place { segment: row.get(0)?, position: row.get(1)? }))
        .optional()?;
    Ok(place)
}
