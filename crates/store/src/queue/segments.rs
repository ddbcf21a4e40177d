//! What the database knows of the journal: which messages stand where, and which of them are needed.

use model::id::QueueId;
use model::queued::QueuedMessage;
use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use super::repairs;
use crate::error::StoreError;
use crate::journal::{Entry, Place};
use crate::words;

/// One segment.
#[derive(Clone, Debug)]
pub(crate) struct SegmentRow {
    pub(crate) number: u64,
    /// Where the records end that have been entered.
    pub(crate) entered_to: u64,
    /// Where the last record ends, once no more will come.
    pub(crate) sealed_at: Option<u64>,
    /// Messages whose body is still needed.
    pub(crate) needed: u64,
}

/// Enters messages that are synced, and with them how far the segment has been entered.
pub(crate) fn enter(
    connection: &Connection,
    entries: &[Entry],
    segment: u64,
    end: u64,
) -> Result<(), StoreError> {
    let mut needed: i64 = 0;
    for entry in entries {
        // A message that is known already has been moved here from an older segment.
        needed += i64::from(enter_message(connection, entry)? || enter_move(connection, entry)?);
    }
    connection
        .prepare_cached(
            "INSERT INTO segment (number, entered_to, sealed_at, records, needed)
             VALUES (:number, :end, NULL, :records, :needed)
             ON CONFLICT (number) DO UPDATE
             SET entered_to = :end, records = records + :records, needed = needed + :needed",
        )?
        .execute(named_params! {
            ":number": segment, ":end": end, ":records": entries.len(), ":needed": needed,
        })?;
    Ok(())
}

/// Enters one message; says whether it was new.
fn enter_message(connection: &Connection, entry: &Entry) -> Result<bool, StoreError> {
    let message: &QueuedMessage = &entry.message;
    let (id, account) = (message.id.to_string(), message.account.to_string());
    let (origin, origin_name) = words::from_origin(&message.origin);
    let inserted = connection
        .prepare_cached(
            "INSERT INTO message (id, account_id, origin, origin_name, lane, reverse_path, ret, envelope_id,
                 header_from, message_id, subject, size_octets, accepted_at, expires_at, fingerprint, segment,
                 position, open_sends, changes)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            id,
            account,
            origin,
            origin_name,
            message.lane.as_str(),
            words::from_reverse_path(&message.reverse_path),
            message.ret.map(words::from_ret),
            message.envelope_id,
            message.summary.from,
            message.summary.message_id,
            message.summary.subject,
            message.size_octets,
            message.accepted_at.as_millisecond(),
            message.expires_at.as_millisecond(),
            message.fingerprint.map(|fingerprint| fingerprint.0),
            entry.place.segment,
            entry.place.position,
            message.sends.len(),
            words::from_changes(&message.changes),
        ])?;
    if inserted == 0 {
        return Ok(false);
    }
    repairs::count(connection, origin_name, &message.changes)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO send (message_id, part, account_id, lane, operation_id, recipients, state, due_at)
         VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)",
    )?;
    for (part, send) in message.sends.iter().enumerate() {
        insert.execute(params![
            id,
            part,
            account,
            words::lane_rank(message.lane),
            send.operation.to_string(),
            words::from_recipients(&send.recipients),
            message.accepted_at.as_millisecond(),
        ])?;
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
    connection
        .prepare_cached("UPDATE segment SET needed = needed - 1 WHERE number = ?")?
        .execute([old.segment])?;
    Ok(true)
}

/// Notes where a segment ends.
pub(crate) fn seal(connection: &Connection, number: u64, end: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO segment (number, entered_to, sealed_at, records, needed) VALUES (?1, ?2, ?2, 0, 0)
             ON CONFLICT (number) DO UPDATE SET sealed_at = ?2",
        )?
        .execute(params![number, end])?;
    Ok(())
}

/// All segments.
pub(crate) fn segments(connection: &Connection) -> Result<Vec<SegmentRow>, StoreError> {
    let mut select =
        connection.prepare("SELECT number, entered_to, sealed_at, needed FROM segment ORDER BY number")?;
    let rows = select.query_map([], |row| {
        Ok(SegmentRow {
            number: row.get(0)?,
            entered_to: row.get(1)?,
            sealed_at: row.get(2)?,
            needed: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a segment is complete, entered, and of no use any more. The commit of this question, synced,
/// is what makes the answer safe to act on.
pub(crate) fn mark_done_with(connection: &Connection, number: u64) -> Result<bool, StoreError> {
    let marked = connection
        .prepare_cached(
            "UPDATE segment SET entered_to = sealed_at
             WHERE number = ? AND sealed_at IS NOT NULL AND entered_to >= sealed_at AND needed = 0",
        )?
        .execute([number])?;
    Ok(marked > 0)
}

/// Forgets a segment whose file is gone.
pub(crate) fn forget_segment(connection: &Connection, number: u64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM segment WHERE number = ?")?.execute([number])?;
    Ok(())
}

/// Whether a message's body is still needed.
pub(crate) fn needs_body(connection: &Connection, id: QueueId) -> Result<bool, StoreError> {
    Ok(place_of(connection, id)?.is_some())
}

/// Where a message stands that is still needed.
pub(crate) fn place_of(connection: &Connection, id: QueueId) -> Result<Option<Place>, StoreError> {
    let place = connection
        .prepare_cached("SELECT segment, position FROM message WHERE id = ? AND open_sends > 0")?
        .query_row([id.to_string()], |row| Ok(Place { segment: row.get(0)?, position: row.get(1)? }))
        .optional()?;
    Ok(place)
}
