//! What endpoints may be told, in the order of commits. Each transaction adds one row for all that happened in it, and
//! only while an endpoint wants some of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use jiff::Timestamp;
use model::delivery::SendId;
use model::id::QueueId;
use model::tracking::{Event, RecipientChange};
use model::webhook::WebhookKind;
use rusqlite::{Connection, params};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::error::StoreError;
use crate::sqlite::columns;

/// What is shared by those who feed and those who are fed.
#[derive(Default)]
pub(crate) struct Feed {
    /// A bit for each kind that an endpoint wants.
    wanted: AtomicU16,
    grown: Arc<Notify>,
    /// Endpoints were added, changed or removed.
    changed: Arc<Notify>,
}

/// What a transaction adds.
#[derive(Default)]
pub(crate) struct FeedRow {
    wanted: u16,
    /// The time of the latest of them.
    at: Option<Timestamp>,
    entries: Vec<u8>,
}

/// An entry of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeedEntry {
    pub(super) kind: WebhookKind,
    pub(super) source: EntrySource,
    pub(super) id: SendId,
}

/// Which row says what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntrySource {
    /// The message's own: it was accepted.
    Message,
    /// The event of that number.
    Event(u32),
    /// The recipient at that position, who has an outcome of its own.
    Recipient(u32),
    /// The notice of the same number.
    Notice,
}

/// Bytes of an entry.
pub(super) const ENTRY: usize = 23;

impl Feed {
    /// The feed of a database.
    pub(crate) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let feed = Self::default();
        feed.see(connection)?;
        Ok(feed)
    }

    /// Takes up what the endpoints want. What is disabled is told nothing.
    pub(super) fn see(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut select = connection.prepare_cached("SELECT kinds FROM webhook WHERE state = 'enabled'")?;
        let mut rows = select.query([])?;
        let mut wanted = 0;
        while let Some(row) = rows.next()? {
            for kind in to_kinds(&row.get::<_, String>(0)?)? {
                wanted |= bit(kind);
            }
        }
        self.wanted.store(wanted, Ordering::Relaxed);
        Ok(())
    }

    /// Tells those who follow the endpoints. It is called after a commit.
    pub(super) fn tell(&self) {
        self.changed.notify_waiters();
    }

    /// Resolves when endpoints were changed since this was called.
    pub(super) fn changed(&self) -> OwnedNotified {
        Arc::clone(&self.changed).notified_owned()
    }

    /// The row of a transaction that begins.
    pub(crate) fn row(&self) -> FeedRow {
        FeedRow { wanted: self.wanted.load(Ordering::Relaxed), ..FeedRow::default() }
    }

    /// Wakes who waits for events. It is called after a commit.
    pub(crate) fn wake(&self) {
        if self.wanted.load(Ordering::Relaxed) != 0 {
            self.grown.notify_waiters();
        }
    }

    /// Resolves when something may have been added since this was called.
    pub(super) fn grown(&self) -> OwnedNotified {
        Arc::clone(&self.grown).notified_owned()
    }
}

impl FeedRow {
    /// A message was accepted.
    pub(crate) fn accepted(&mut self, message: QueueId, at: Timestamp) {
        let id = SendId { message, part: 0 };
        self.add(FeedEntry { kind: WebhookKind::Accepted, source: EntrySource::Message, id }, at);
    }

    /// An event was appended to the story of a send.
    pub(crate) fn happened(
        &mut self,
        connection: &Connection,
        id: SendId,
        event: &Event,
    ) -> Result<(), StoreError> {
        let kind = WebhookKind::of_event(event.source, event.result, event.reason);
        let Some(kind) = kind.filter(|kind| self.wanted & bit(*kind) != 0) else { return Ok(()) };
        let number = connection
            .prepare_cached("SELECT max(number) FROM message_event WHERE message_id = ? AND part = ?")?
            .query_row(params![id.message.to_string(), id.part], |row| row.get(0))?;
        self.add(FeedEntry { kind, source: EntrySource::Event(number), id }, event.at);
        Ok(())
    }

    /// A recipient was refused alone. That it was reported on is an event of its own.
    pub(crate) fn refused(&mut self, message: QueueId, change: &RecipientChange) {
        let RecipientChange { position, outcome } = change;
        if !outcome.state.is_reported() {
            let kind = WebhookKind::of_state(outcome.state);
            let id = SendId { message, part: 0 };
            self.add(FeedEntry { kind, source: EntrySource::Recipient(*position), id }, outcome.at);
        }
    }

    fn add(&mut self, entry: FeedEntry, at: Timestamp) {
        if self.wanted & bit(entry.kind) != 0 {
            self.at = self.at.max(Some(at));
            entry.write(&mut self.entries);
        }
    }

    /// Adds the row, if there is anything in it.
    pub(crate) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        let Some(at) = self.at else { return Ok(()) };
        insert(connection, at, &self.entries)?;
        Ok(())
    }
}

/// Adds a row; gives its number.
pub(super) fn insert(connection: &Connection, at: Timestamp, entries: &[u8]) -> Result<i64, StoreError> {
    connection
        .prepare_cached("INSERT INTO webhook_feed (at, entries) VALUES (?, ?)")?
        .execute(params![at.as_millisecond(), entries])?;
    Ok(connection.last_insert_rowid())
}

impl FeedEntry {
    pub(super) fn write(self, to: &mut Vec<u8>) {
        let (source, number) = match self.source {
            EntrySource::Message => (0, 0),
            EntrySource::Event(number) => (1, number),
            EntrySource::Recipient(position) => (2, position),
            EntrySource::Notice => (3, 0),
        };
        to.push(self.kind as u8 | source << 6);
        to.extend_from_slice(&self.id.message.to_bytes());
        to.extend_from_slice(&self.id.part.to_be_bytes());
        to.extend_from_slice(&number.to_be_bytes());
    }

    /// An entry as it was written.
    pub(super) fn read(bytes: &[u8; ENTRY]) -> Result<Self, StoreError> {
        let damaged =
            || StoreError::Damaged(format!("an entry of the web hooks' feed begins with {}", bytes[0]));
        let kind = WebhookKind::ALL.get(usize::from(bytes[0] & 0x3f)).ok_or_else(damaged)?;
        let message = bytes[1..17].try_into().map_err(|_| damaged())?;
        let part = u16::from_be_bytes([bytes[17], bytes[18]]);
        let number = u32::from_be_bytes([bytes[19], bytes[20], bytes[21], bytes[22]]);
        let source = match bytes[0] >> 6 {
            0 => EntrySource::Message,
            1 => EntrySource::Event(number),
            2 => EntrySource::Recipient(number),
            _ => EntrySource::Notice,
        };
        let id = SendId { message: QueueId::from_bytes(message), part };
        Ok(Self { kind: *kind, source, id })
    }
}

fn bit(kind: WebhookKind) -> u16 {
    1 << kind as u16
}

/// Kinds as the column has them.
pub(super) fn to_kinds(text: &str) -> Result<Vec<WebhookKind>, StoreError> {
    text.split_ascii_whitespace().map(columns::to_word).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entries_are_read_as_they_are_written(kind in 0..WebhookKind::ALL.len(), source in 0..4, number: u32, id: [u8; 16], part: u16) {
            let source = match source {
                0 => EntrySource::Message,
                1 => EntrySource::Event(number),
                2 => EntrySource::Recipient(number),
                _ => EntrySource::Notice,
            };
            let id = SendId { message: QueueId::from_bytes(id), part };
            let entry = FeedEntry { kind: WebhookKind::ALL[kind], source, id };
            let mut bytes = Vec::new();
            entry.write(&mut bytes);
            prop_assert_eq!(FeedEntry::read(bytes[..].try_into().unwrap()).unwrap(), entry);
        }
    }
}
