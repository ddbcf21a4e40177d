//! Everybody a message goes to, and what became of each alone.

use model::delivery::SendId;
use model::queued::Recipient;
use model::tracking::{RecipientChange, RecipientOutcome, TrackedRecipient};
use rusqlite::{CachedStatement, Connection, Row, params};
use smtp::parameters::OriginalRecipient;

use crate::error::StoreError;
use crate::sqlite::columns;

/// A recipient with its outcome, if it has one of its own.
pub(super) struct Known {
    pub(super) recipient: Recipient,
    pub(super) outcome: Option<RecipientOutcome>,
}

/// What [`insert`] executes.
pub(super) const INSERT: &str =
    "INSERT INTO recipient (message_id, position, part, mailbox, notify, original_kind, original)
     VALUES (?, ?, ?, ?, ?, ?, ?)";

/// A recipient of a new send, with its place.
pub(super) struct Placed<'a> {
    pub(super) message: &'a str,
    pub(super) position: u32,
    pub(super) part: u16,
    pub(super) recipient: &'a Recipient,
}

/// Enters a recipient.
pub(super) fn insert(statement: &mut CachedStatement<'_>, placed: &Placed<'_>) -> Result<(), StoreError> {
    let Placed { message, position, part, recipient } = *placed;
    let original = recipient.original.as_ref();
    statement.execute(params![
        message,
        position,
        part,
        recipient.mailbox.to_string(),
        recipient.notify.map(columns::from_notify),
        original.map(|original| &original.kind),
        original.map(|original| &original.address),
    ])?;
    Ok(())
}

/// The recipients of a send.
pub(super) fn of(connection: &Connection, message: &str, part: u16) -> Result<Vec<Recipient>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT mailbox, notify, original_kind, original FROM recipient
         WHERE message_id = ? AND part = ? ORDER BY position",
    )?;
    let mut rows = select.query(params![message, part])?;
    let mut all = Vec::with_capacity(1);
    while let Some(row) = rows.next()? {
        all.push(recipient(row)?);
    }
    Ok(all)
}

/// The recipients of a send with what became of each alone.
pub(super) fn known(connection: &Connection, message: &str, part: u16) -> Result<Vec<Known>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT mailbox, notify, original_kind, original, state, status, text, at FROM recipient
         WHERE message_id = ? AND part = ? ORDER BY position",
    )?;
    let mut rows = select.query(params![message, part])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(Known { recipient: recipient(row)?, outcome: outcome(row, 4)? });
    }
    Ok(all)
}

/// The same as a report is judged by.
pub(super) fn tracked(
    connection: &Connection,
    message: &str,
    part: u16,
) -> Result<Vec<TrackedRecipient>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT position, mailbox, state, status, text, at, notify FROM recipient
         WHERE message_id = ? AND part = ? ORDER BY position",
    )?;
    let mut rows = select.query(params![message, part])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let notify: Option<String> = row.get(6)?;
        all.push(TrackedRecipient {
            position: row.get(0)?,
            mailbox: row.get(1)?,
            wants_success: notify.is_some_and(|notify| columns::to_notify(&notify).success),
            outcome: outcome(row, 2)?,
        });
    }
    Ok(all)
}

/// Writes an outcome.
pub(super) fn change(
    connection: &Connection,
    message: &str,
    change: &RecipientChange,
) -> Result<(), StoreError> {
    let RecipientOutcome { state, at, status, text } = &change.outcome;
    connection
        .prepare_cached(
            "UPDATE recipient SET state = ?, status = ?, text = ?, at = ? WHERE message_id = ? AND position = ?",
        )?
        .execute(params![state.as_str(), status, text, at.as_millisecond(), message, change.position])?;
    Ok(())
}

/// Hands recipients to another send.
pub(super) fn hand_over(connection: &Connection, to: SendId, positions: &[u32]) -> Result<(), StoreError> {
    let mut update =
        connection.prepare_cached("UPDATE recipient SET part = ? WHERE message_id = ? AND position = ?")?;
    let message = to.message.to_string();
    for position in positions {
        update.execute(params![to.part, message, position])?;
    }
    Ok(())
}

/// The first four columns of the queries above.
pub(super) fn recipient(row: &Row<'_>) -> Result<Recipient, StoreError> {
    let mailbox: String = row.get(0)?;
    let kind: Option<String> = row.get(2)?;
    let original = match kind {
        Some(kind) => Some(OriginalRecipient { kind, address: row.get(3)? }),
        None => None,
    };
    Ok(Recipient {
        mailbox: mailbox.parse().map_err(|_| columns::damaged("recipient", &mailbox))?,
        notify: row.get::<_, Option<String>>(1)?.as_deref().map(columns::to_notify),
        original,
    })
}

/// Four columns from `first`: state, status, text and time.
pub(super) fn outcome(row: &Row<'_>, first: usize) -> Result<Option<RecipientOutcome>, StoreError> {
    let Some(state) = row.get::<_, Option<String>>(first)? else { return Ok(None) };
    Ok(Some(RecipientOutcome {
        state: columns::to_word(&state)?,
        status: row.get(first + 1)?,
        text: row.get::<_, Option<String>>(first + 2)?.unwrap_or_default(),
        at: columns::to_time(row.get(first + 3)?)?,
    }))
}
