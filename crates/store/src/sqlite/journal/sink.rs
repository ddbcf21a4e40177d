//! What the journal hands its messages to. It knows no more of the queue than this.

use std::sync::Arc;

use model::id::QueueId;
use model::queued::QueuedMessage;
use rusqlite::Connection;

use super::JournalPosition;
use super::ledger::{self, Entered};
use crate::error::StoreError;

/// A message that is synced and to be entered into the database.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) message: Arc<QueuedMessage>,
    pub(crate) place: JournalPosition,
}

/// Enters what is synced.
pub(crate) trait Sink: Send + Sync {
    /// Enters messages, in the transaction that notes how far their segment has been entered. Says of how many the
    /// body is needed in that segment.
    fn enter(&self, connection: &Connection, entries: &[Entry]) -> Result<usize, StoreError>;

    /// Whether a message's body is still needed.
    fn needs_body(&self, connection: &Connection, id: QueueId) -> Result<bool, StoreError>;

    /// Hears of messages that have been entered, after the commit.
    fn entered(&self, entries: &[Entry]);
}

/// Synced messages of one segment, and where the last of them ends.
pub(super) struct Batch {
    pub(super) entries: Vec<Entry>,
    pub(super) segment: u64,
    pub(super) end: u64,
}

/// Enters a batch, and how far its segment has been entered.
pub(super) fn enter(connection: &Connection, sink: &dyn Sink, batch: &Batch) -> Result<(), StoreError> {
    let needed = sink.enter(connection, &batch.entries)?;
    let (segment, end, records) = (batch.segment, batch.end, batch.entries.len());
    ledger::note(connection, &Entered { segment, end, records, needed })
}
