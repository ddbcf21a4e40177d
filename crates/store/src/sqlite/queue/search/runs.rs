//! The runs of the index: some thousand messages each, whose terms are written in order at the end of one table, so that a
//! run costs few pages however many terms it has. A search asks each run for the messages of a term.

use model::id::QueueId;
use rusqlite::{Connection, params};

use super::terms::Term;
use crate::error::StoreError;

/// Bytes of an entry in its row.
const ENTRY_BYTES: usize = 24;
/// Entries of a row: with more, SQLite would move the end of the row to a page of its own.
const PIECE: usize = 39;

/// A term and a message that has it. They sort as rows do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) term: Term,
    pub(super) id: QueueId,
}

/// A run, by number, with the smallest and the largest id in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    number: i64,
    pub(super) last: QueueId,
}

/// The piece that may end with a term.
pub(super) const PIECE_BEFORE: &str = "SELECT entries FROM message_index_entry WHERE run = ? AND term < ?
     ORDER BY term DESC, message DESC LIMIT 1";
/// The pieces that begin with a term.
pub(super) const PIECES_OF: &str = "SELECT entries FROM message_index_entry WHERE run = ? AND term = ?";

/// The runs that may have ids from `first` to `last`, that with the largest id first.
pub(super) fn between(
    connection: &Connection,
    first: QueueId,
    last: QueueId,
) -> Result<Vec<Run>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT number, last FROM message_index_run WHERE last >= ? AND first <= ? ORDER BY last DESC",
    )?;
    let rows = select.query_map([first.to_bytes(), last.to_bytes()], |row| {
        Ok(Run { number: row.get(0)?, last: QueueId::from_bytes(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The messages of a run that have a term.
pub(super) fn find(connection: &Connection, run: Run, term: Term) -> Result<Vec<QueueId>, StoreError> {
    let mut found = Vec::new();
    for sql in [PIECE_BEFORE, PIECES_OF] {
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query([run.number, term.0])?;
        while let Some(row) = rows.next()? {
            let entries = read(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
            found.extend(entries.iter().filter(|entry| entry.term == term).map(|entry| entry.id));
        }
    }
    Ok(found)
}

/// Writes a run. The entries are sorted.
pub(super) fn append(connection: &Connection, entries: &[Entry]) -> Result<(), StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(number) FROM message_index_run")?
        .query_row([], |row| row.get(0))?;
    write(connection, last.unwrap_or(0) + 1, entries)
}

/// Deletes messages with ids from `first` to `last`.
pub(super) fn remove(
    connection: &Connection,
    [first, last]: [QueueId; 2],
    goes: impl Fn(&QueueId) -> bool,
) -> Result<(), StoreError> {
    for run in between(connection, first, last)? {
        let entries = all(connection, run)?;
        let left: Vec<Entry> = entries.iter().copied().filter(|entry| !goes(&entry.id)).collect();
        if left.len() < entries.len() {
            for sql in [
                "DELETE FROM message_index_entry WHERE run = ?",
                "DELETE FROM message_index_run WHERE number = ?",
            ] {
                connection.prepare_cached(sql)?.execute([run.number])?;
            }
            write(connection, run.number, &left)?;
        }
    }
    Ok(())
}

fn write(connection: &Connection, number: i64, entries: &[Entry]) -> Result<(), StoreError> {
    let ids = || entries.iter().map(|entry| entry.id);
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(()) };
    connection
        .prepare_cached("INSERT INTO message_index_run (number, first, last) VALUES (?, ?, ?)")?
        .execute(params![number, first.to_bytes(), last.to_bytes()])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO message_index_entry (run, term, message, entries) VALUES (?, ?, ?, ?)",
    )?;
    for piece in entries.chunks(PIECE) {
        let mut bytes = Vec::with_capacity(PIECE * ENTRY_BYTES);
        for entry in piece {
            bytes.extend_from_slice(&entry.term.0.to_le_bytes());
            bytes.extend_from_slice(&entry.id.to_bytes());
        }
        insert.execute(params![number, piece[0].term.0, piece[0].id.to_bytes(), bytes])?;
    }
    Ok(())
}

fn all(connection: &Connection, run: Run) -> Result<Vec<Entry>, StoreError> {
    let mut select = connection
        .prepare_cached("SELECT entries FROM message_index_entry WHERE run = ? ORDER BY term, message")?;
    let mut rows = select.query([run.number])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.append(&mut read(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(entries)
}

fn read(bytes: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let damaged =
        || StoreError::Damaged("a run of the index of messages has a row that is cut off".to_owned());
    let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
    if !rest.is_empty() {
        return Err(damaged());
    }
    let entry = |bytes: &[u8; ENTRY_BYTES]| {
        let (term, id) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
        let id = id.try_into().map_err(|_| damaged())?;
        Ok(Entry { term: Term(i64::from_le_bytes(*term)), id: QueueId::from_bytes(id) })
    };
    entries.iter().map(entry).collect()
}
