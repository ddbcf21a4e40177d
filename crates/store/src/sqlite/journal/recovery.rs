//! Opening after whatever ended the last process: what is in the journal and not in the database is
//! entered, and every old segment gets its end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use tracing::{error, info};

use super::format::envelope;
use super::format::record::Record;
use super::ledger::{self, SegmentRow};
use super::segment::{FILE_HEADER_BYTES, Folder};
use super::sink::{self, Batch, Entry, Sink};
use super::{HeaderKeeper, JournalPosition};
use crate::error::StoreError;
use crate::sqlite::body::LargeBodies;
use crate::sqlite::database::{Database, Durability};

/// Messages entered in one transaction.
const BATCH: usize = 1_000;

/// What the process before left behind.
pub(super) struct Recovery<'a> {
    pub(super) folder: &'a Folder,
    pub(super) database: &'a Database,
    pub(super) sink: &'a Arc<dyn Sink>,
    pub(super) keeper: &'a HeaderKeeper,
}

impl Recovery<'_> {
    /// Enters what is missing; gives the number of the next segment.
    pub(super) fn run(&self, large: &LargeBodies) -> Result<u64, StoreError> {
        let rows = self.database.read_blocking(ledger::all)?;
        let numbers = self.folder.segments()?;
        let last = numbers.iter().copied().chain(rows.iter().map(|row| row.number)).max().unwrap_or(0);
        // The highest number stays on record even when nothing is left of its segment: a number that came
        // again would bring old records back that a reused file still holds.
        for row in rows.iter().filter(|row| !numbers.contains(&row.number) && row.number < last) {
            if row.needed > 0 {
                error!(
                    journal.segment = row.number,
                    messages = row.needed,
                    "a segment of the journal is missing: its messages are lost"
                );
            }
            self.forget(row.number)?;
        }
        for number in numbers {
            let row = rows.iter().find(|row| row.number == number);
            if self.finish(number, row)? {
                self.keeper.keep(number);
                self.retire(number)?;
                if number < last {
                    self.forget(number)?;
                }
            }
        }
        let needs = |id| {
            let is_needed = self.database.read_blocking(|connection| self.sink.needs_body(connection, id))?;
            if !is_needed {
                large.keep_header(id, &self.keeper.headers);
            }
            Ok(is_needed)
        };
        let kept = large.sweep(needs)?;
        if kept > 0 {
            info!(messages = kept, "large messages wait in the queue");
        }
        Ok(last + 1)
    }

    fn forget(&self, number: u64) -> Result<(), StoreError> {
        self.database
            .write_blocking(Durability::Written, move |connection| ledger::forget(connection, number))
    }

    fn retire(&self, number: u64) -> io::Result<()> {
        match self.folder.retire(number, 1) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            retired => retired,
        }
    }

    /// Enters the rest of one segment and seals it. Says whether it is done with.
    fn finish(&self, number: u64, row: Option<&SegmentRow>) -> Result<bool, StoreError> {
        let start = row.map_or(FILE_HEADER_BYTES, |row| row.entered_to);
        let file = match self.folder.read(number) {
            // The thread of a store that was closed a moment ago has just retired it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            read => read?,
        };
        let end = match (row.and_then(|row| row.sealed_at), file) {
            (Some(sealed_at), _) => sealed_at,
            (None, None) => start,
            (None, Some(file)) => self.enter_all(number, start, &read_from(&file, start)?)?,
        };
        self.database.write_blocking(Durability::Synced, move |connection| {
            ledger::seal(connection, number, end)?;
            ledger::mark_done_with(connection, number)
        })
    }

    /// Enters the records in `rest`, which begins at `start`; gives the end of the last whole one.
    fn enter_all(&self, segment: u64, start: u64, rest: &[u8]) -> Result<u64, StoreError> {
        let (mut used, mut entered) = (0, 0);
        loop {
            let mut entries = Vec::new();
            while let (Some(record), true) = (Record::read(&rest[used..], segment), entries.len() < BATCH) {
                let message = Arc::new(envelope::read(record.envelope)?);
                let place = JournalPosition { segment, position: start + used as u64 };
                entries.push(Entry { message, place });
                used += record.bytes();
            }
            if entries.is_empty() {
                break;
            }
            entered += entries.len();
            let (sink, batch) = (Arc::clone(self.sink), Batch { entries, segment, end: start + used as u64 });
            self.database.write_blocking(Durability::Synced, move |connection| {
                sink::enter(connection, &*sink, &batch)
            })?;
        }
        if entered > 0 {
            info!(
                messages = entered,
                journal.segment = segment,
                "messages were entered into the queue from the journal"
            );
        }
        Ok(start + used as u64)
    }
}

fn read_from(file: &File, start: u64) -> Result<Vec<u8>, StoreError> {
    let length = file.metadata()?.len().saturating_sub(start);
    let mut rest = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact_at(&mut rest, start)?;
    Ok(rest)
}
