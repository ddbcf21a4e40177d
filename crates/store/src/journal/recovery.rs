//! Opening after whatever ended the last process: what is in the journal and not in the database is
//! entered, and every old segment gets its end.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use tracing::{error, info};

use super::record::Record;
use super::segment::{FILE_HEADER_OCTETS, Folder};
use super::writer::Entry;
use super::{Place, envelope};
use crate::body::LargeBodies;
use crate::database::{Database, Durability};
use crate::error::StoreError;
use crate::queue::{self, SegmentRow};

/// Messages entered in one transaction.
const BATCH: usize = 1_000;

/// Enters what is missing; gives the number of the next segment.
pub(super) fn run(folder: &Folder, large: &LargeBodies, database: &Database) -> Result<u64, StoreError> {
    let rows = database.read_blocking(queue::segments)?;
    let numbers = folder.segments()?;
    let last = numbers.iter().copied().chain(rows.iter().map(|row| row.number)).max().unwrap_or(0);
    // The highest number stays on record even when nothing is left of its segment: a number that came
    // again would bring old records back that a reused file still holds.
    for row in rows.iter().filter(|row| !numbers.contains(&row.number) && row.number < last) {
        if row.needed > 0 {
            error!(
                segment = row.number,
                messages = row.needed,
                "a segment of the journal is missing: its messages are lost"
            );
        }
        let number = row.number;
        database.write_blocking(Durability::Written, move |connection| {
            queue::forget_segment(connection, number)
        })?;
    }
    for number in numbers {
        let row = rows.iter().find(|row| row.number == number);
        finish(folder, database, (number, last), row)?;
    }
    let kept = large.sweep(|id| database.read_blocking(|connection| queue::needs_body(connection, id)))?;
    if kept > 0 {
        info!(bodies = kept, "large messages wait in the queue");
    }
    Ok(last + 1)
}

/// Enters the rest of one segment, seals it, and retires it if it is not needed.
fn finish(
    folder: &Folder,
    database: &Database,
    (number, last): (u64, u64),
    row: Option<&SegmentRow>,
) -> Result<(), StoreError> {
    let start = row.map_or(FILE_HEADER_OCTETS, |row| row.entered_to);
    let end = match (row.and_then(|row| row.sealed_at), folder.read(number)?) {
        (Some(sealed_at), _) => sealed_at,
        (None, None) => start,
        (None, Some(file)) => {
            let rest = read_from(&file, start)?;
            enter_all(database, number, start, &rest)?
        }
    };
    let is_done = database.write_blocking(Durability::Synced, move |connection| {
        queue::seal(connection, number, end)?;
        queue::mark_done_with(connection, number)
    })?;
    if is_done {
        folder.retire(number, 1)?;
        if number < last {
            database.write_blocking(Durability::Written, move |connection| {
                queue::forget_segment(connection, number)
            })?;
        }
    }
    Ok(())
}

/// Enters the records in `rest`, which stands at `start`; gives the end of the last whole one.
fn enter_all(database: &Database, segment: u64, start: u64, rest: &[u8]) -> Result<u64, StoreError> {
    let (mut used, mut entered) = (0, 0);
    loop {
        let mut entries = Vec::new();
        while let (Some(record), true) = (Record::read(&rest[used..], segment), entries.len() < BATCH) {
            let message = Arc::new(envelope::read(record.envelope)?);
            let place = Place { segment, position: start + used as u64 };
            entries.push(Entry { message, place });
            used += record.octets();
        }
        if entries.is_empty() {
            break;
        }
        entered += entries.len();
        let end = start + used as u64;
        database.write_blocking(Durability::Synced, move |connection| {
            queue::enter(connection, &entries, segment, end)
        })?;
    }
    if entered > 0 {
        info!(messages = entered, segment, "messages were entered into the queue from the journal");
    }
    Ok(start + used as u64)
}

fn read_from(file: &File, start: u64) -> Result<Vec<u8>, StoreError> {
    let length = file.metadata()?.len().saturating_sub(start);
    let mut rest = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact_at(&mut rest, start)?;
    Ok(rest)
}
