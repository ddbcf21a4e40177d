//! The story of a message: events, which are appended and read, and never changed.

use jiff::Timestamp;
use model::delivery::{Attempt, SendId};
use model::tracking::{Event, EventSource};
use model::upstream::Transport;
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::sqlite::columns;

/// An event as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// When it happened.
    pub at: Timestamp,
    /// Who reported it.
    pub source: EventSource,
    /// What happened, in one word.
    pub result: String,
    /// The address that it is about, where that is one recipient.
    pub recipient: Option<String>,
    /// How the request went, where one did.
    pub transport: Option<Transport>,
    /// A sentence for the operator; empty where the word says it all.
    pub text: String,
}

/// Appends an event to the story of a send.
pub(super) fn append(connection: &Connection, id: SendId, event: &Event) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO message_event (message_id, part, number, at, source, position, transport, result, text, reason)
             VALUES (?1, ?2,
                     (SELECT coalesce(max(number), 0) + 1 FROM message_event WHERE message_id = ?1 AND part = ?2),
                     ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            id.message.to_string(),
            id.part,
            event.at.as_millisecond(),
            event.source.as_str(),
            event.position,
            event.transport.map(Transport::as_str),
            event.result,
            event.text,
            event.reason.map(model::delivery::Reason::as_str),
        ])?;
    Ok(())
}

/// The attempts of a send, reads of its status included, the oldest first.
pub(super) fn attempts(connection: &Connection, id: SendId) -> Result<Vec<Attempt>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT at, transport, result, text, reason FROM message_event
         WHERE message_id = ? AND part = ? AND source IN ('attempt', 'status') ORDER BY number",
    )?;
    let mut rows = select.query(params![id.message.to_string(), id.part])?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        attempts.push(Attempt {
            at: columns::to_time(row.get(0)?)?,
            transport: row.get::<_, Option<String>>(1)?.as_deref().map(columns::to_word).transpose()?,
            result: columns::to_word(&row.get::<_, String>(2)?)?,
            text: row.get(3)?,
            reason: row.get::<_, Option<String>>(4)?.as_deref().map(columns::to_word).transpose()?,
        });
    }
    Ok(attempts)
}

/// All events of a send, the oldest first.
pub(super) fn of(connection: &Connection, id: SendId) -> Result<Vec<StoredEvent>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT e.at, e.source, e.result, r.mailbox, e.transport, e.text
         FROM message_event e
         LEFT JOIN recipient r ON r.message_id = e.message_id AND r.position = e.position
         WHERE e.message_id = ? AND e.part = ? ORDER BY e.number",
    )?;
    let mut rows = select.query(params![id.message.to_string(), id.part])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(StoredEvent {
            at: columns::to_time(row.get(0)?)?,
            source: columns::to_word(&row.get::<_, String>(1)?)?,
            result: row.get(2)?,
            recipient: row.get(3)?,
            transport: row.get::<_, Option<String>>(4)?.as_deref().map(columns::to_word).transpose()?,
            text: row.get(5)?,
        });
    }
    Ok(events)
}
