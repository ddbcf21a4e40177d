//! The thread that appends: one write and one sync for all that arrived while the last sync ran.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use model::queued::QueuedMessage;
use tracing::{error, info};

use super::format::envelope;
use super::format::record::{HEADER_BYTES, Kind, Record};
use super::maintenance::Maintenance;
use super::segment::{FILE_HEADER_BYTES, Folder};
use super::sink::{self, Batch, Entry, Sink};
use super::{JournalPosition, ledger};
use crate::error::StoreError;
use crate::sqlite::body::LargeBodies;
use crate::sqlite::database::{Database, Durability};

/// A message to be appended.
pub(crate) struct Append {
    pub(super) message: Arc<QueuedMessage>,
    pub(super) body: Appended,
    pub(super) done: Box<dyn FnOnce(Result<JournalPosition, StoreError>) + Send>,
}

/// A message's body on its way into the journal.
pub(crate) enum Appended {
    Inline(Vec<u8>),
    /// They are in a file of their own, written and synced.
    Large,
}

/// What a writer works with.
pub(super) struct Parts {
    pub(super) folder: Folder,
    pub(super) large: LargeBodies,
    pub(super) database: Database,
    pub(super) maintenance: Maintenance,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) behind: Arc<AtomicUsize>,
    pub(super) next_segment: u64,
    pub(super) segment_bytes: u64,
}

pub(super) struct Writer {
    parts: Parts,
    current: Option<Current>,
    buffer: Vec<u8>,
    in_trouble: bool,
}

/// The segment that is being filled.
struct Current {
    file: File,
    number: u64,
    end: u64,
}

/// Limits of one group. A larger one would only make the first of its messages wait.
const MAX_GROUP: usize = 1_024;
const MAX_GROUP_BYTES: usize = 4 << 20;

impl Writer {
    pub(super) fn new(parts: Parts) -> Result<Self, StoreError> {
        let mut writer = Self { parts, current: None, buffer: Vec::new(), in_trouble: false };
        writer.begin_segment()?;
        Ok(writer)
    }

    pub(super) fn run(mut self, inbox: &Receiver<Append>) {
        while let Ok(first) = inbox.recv() {
            // On a busy machine others are about to bring theirs: one sync for all of them instead of one each.
            std::thread::yield_now();
            let mut bytes = first.body.bytes();
            let mut group = vec![first];
            while group.len() < MAX_GROUP && bytes < MAX_GROUP_BYTES {
                let Ok(next) = inbox.try_recv() else { break };
                bytes += next.body.bytes();
                group.push(next);
            }
            self.append(group);
        }
    }

    fn append(&mut self, group: Vec<Append>) {
        let result = self.write(&group);
        self.report(result.as_ref().map(drop));
        match result {
            Ok(entries) => {
                self.enter(entries.clone());
                for (append, entry) in group.into_iter().zip(entries) {
                    (append.done)(Ok(entry.place));
                }
            }
            Err(error) => {
                let is_full = matches!(error, StoreError::Full(_));
                let reason =
                    std::error::Error::source(&error).map_or_else(|| error.to_string(), model::error_chain);
                for append in group {
                    let error = std::io::Error::other(reason.clone());
                    let error = if is_full { StoreError::Full(Some(error)) } else { StoreError::Io(error) };
                    (append.done)(Err(error));
                }
            }
        }
    }

    /// Writes and syncs; nothing of the group counts unless all of it does.
    fn write(&mut self, group: &[Append]) -> Result<Vec<Entry>, StoreError> {
        let envelopes: Vec<Vec<u8>> = group.iter().map(|append| envelope::write(&append.message)).collect();
        let records: Vec<Record<'_>> =
            group.iter().zip(&envelopes).map(|(append, envelope)| append.record(envelope)).collect();
        let needed: usize = records.iter().map(Record::bytes).sum();
        let is_full = |current: &Current| {
            current.end > FILE_HEADER_BYTES && current.end + needed as u64 > self.parts.segment_bytes
        };
        if self.current.as_ref().is_none_or(is_full) {
            self.begin_segment()?;
        }
        let Some(current) = &mut self.current else { return Err(StoreError::Closed) };
        self.buffer.clear();
        let mut entries = Vec::with_capacity(group.len());
        for (append, record) in group.iter().zip(&records) {
            let position = current.end + self.buffer.len() as u64;
            let place = JournalPosition { segment: current.number, position };
            entries.push(Entry { message: Arc::clone(&append.message), place });
            record.write(current.number, &mut self.buffer);
        }
        if records.iter().any(|record| record.kind == Kind::Large) {
            self.parts.large.sync()?;
        }
        let begun = Instant::now();
        let written =
            current.file.write_all_at(&self.buffer, current.end).and_then(|()| current.file.sync_data());
        let meters = self.parts.database.meters();
        meters.journal_syncs.time(begun.elapsed());
        meters.journal_batches.observe(group.len() as u64);
        if let Err(error) = written {
            self.abandon_segment();
            return Err(error.into());
        }
        current.end += self.buffer.len() as u64;
        self.buffer.shrink_to(MAX_GROUP_BYTES);
        Ok(entries)
    }

    /// Has the database enter what is synced.
    fn enter(&self, entries: Vec<Entry>) {
        let Some(current) = &self.current else { return };
        let (count, batch) =
            (entries.len(), Arc::new(Batch { entries, segment: current.number, end: current.end }));
        let (sink, behind) = (Arc::clone(&self.parts.sink), Arc::clone(&self.parts.behind));
        behind.fetch_add(count, Ordering::Relaxed);
        let (entering, entered) = (Arc::clone(&sink), Arc::clone(&batch));
        self.parts.database.write_until_done(
            move |connection| sink::enter(connection, &*entering, &batch),
            move |result| {
                if result.is_ok() {
                    behind.fetch_sub(count, Ordering::Relaxed);
                    sink.entered(&entered.entries);
                }
            },
        );
    }

    fn begin_segment(&mut self) -> Result<(), StoreError> {
        let number = self.parts.next_segment;
        let file = self.parts.folder.begin(number)?;
        self.parts.next_segment += 1;
        self.parts.maintenance.prepare();
        if let Some(full) = self.current.replace(Current { file, number, end: FILE_HEADER_BYTES }) {
            self.seal(&full);
        }
        Ok(())
    }

    /// Says in the database where a segment ends, so that nothing behind is ever taken for a message.
    fn seal(&self, segment: &Current) {
        let (number, end) = (segment.number, segment.end);
        let maintenance = self.parts.maintenance.clone();
        self.parts.database.write_until_done(
            move |connection| ledger::seal(connection, number, end),
            move |result| {
                if result.is_ok() {
                    maintenance.retire(number);
                }
            },
        );
    }

    /// After a failed write nobody knows what is on the disk behind the last good record. Its header is
    /// erased if the disk lets us, and the segment is sealed before it.
    fn abandon_segment(&mut self) {
        let Some(failed) = self.current.take() else { return };
        let erased = failed.file.write_all_at(&[0; HEADER_BYTES], failed.end);
        if erased.and_then(|()| failed.file.sync_data()).is_err() {
            let (number, end) = (failed.number, failed.end);
            let sealed = self
                .parts
                .database
                .write_blocking(Durability::Synced, move |connection| ledger::seal(connection, number, end));
            if let Err(error) = sealed {
                error!(
                    error = model::error_chain(&error),
                    journal.segment = number,
                    "a failed write can be neither erased nor fenced off"
                );
            }
        }
        self.seal(&failed);
    }

    fn report(&mut self, result: Result<(), &StoreError>) {
        match result {
            Err(error) if !self.in_trouble => {
                error!(
                    error = model::error_chain(error),
                    "mail cannot be accepted: the journal cannot be written"
                );
            }
            Ok(()) if self.in_trouble => info!("mail is accepted again"),
            _ => {}
        }
        self.in_trouble = result.is_err();
    }
}

impl Append {
    fn record<'a>(&'a self, envelope: &'a [u8]) -> Record<'a> {
        match &self.body {
            Appended::Inline(body) => Record { kind: Kind::Inline, envelope, body },
            Appended::Large => Record { kind: Kind::Large, envelope, body: &[] },
        }
    }
}

impl Appended {
    fn bytes(&self) -> usize {
        match self {
            Self::Inline(body) => body.len(),
            Self::Large => 0,
        }
    }
}
