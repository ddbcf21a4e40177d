//! The tail of the index: messages that were entered since the last run was written.
//!
//! The intake adds a row for each transaction, so that nothing is ever entered without being in the index, in whatever order
//! messages come. A search reads the tail whole; once it is long enough it becomes a run.

use std::sync::atomic::{AtomicUsize, Ordering};

use model::id::QueueId;
use model::queued::QueuedMessage;
use rusqlite::{Connection, params};

use super::runs::{self, Entry};
use super::terms::{Term, Terms};
use crate::error::StoreError;

/// A message that is in the index.
#[derive(Debug)]
struct Indexed {
    id: QueueId,
    /// In ascending order.
    terms: Vec<Term>,
}

/// Messages of one transaction.
#[derive(Debug, Default)]
pub(in crate::sqlite::queue) struct NewMessages(Vec<Indexed>);

/// How long the tail is.
#[derive(Debug)]
pub(in crate::sqlite::queue) struct Tail {
    /// Messages, about: a transaction that is undone leaves a wrong number, which makes a run longer or shorter.
    length: AtomicUsize,
    /// Messages of a run.
    run: usize,
}

impl NewMessages {
    pub(in crate::sqlite::queue) fn add(&mut self, message: &QueuedMessage) {
        self.push(message.id, Terms::of(message));
    }

    pub(super) fn push(&mut self, id: QueueId, terms: Terms) {
        self.0.push(Indexed { id, terms: terms.finish() });
    }
}

impl Tail {
    pub(in crate::sqlite::queue) fn load(connection: &Connection, run: usize) -> Result<Self, StoreError> {
        let sum = "SELECT coalesce(sum(messages), 0) FROM message_index_tail";
        Ok(Self { length: AtomicUsize::new(connection.query_row(sum, [], |row| row.get(0))?), run })
    }

    /// Adds messages, and makes the tail a run once it is long enough.
    pub(in crate::sqlite::queue) fn append(
        &self,
        connection: &Connection,
        new: &NewMessages,
    ) -> Result<(), StoreError> {
        let count = new.0.len();
        write(connection, None, &new.0)?;
        if self.length.fetch_add(count, Ordering::Relaxed) + count >= self.run {
            become_run(connection)?;
            self.length.store(0, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The messages of the tail that have one of each of these lists of terms.
pub(super) fn find(connection: &Connection, wanted: &[Vec<Term>]) -> Result<Vec<QueueId>, StoreError> {
    let has = |message: &Indexed| {
        wanted.iter().all(|any| any.iter().any(|term| message.terms.binary_search(term).is_ok()))
    };
    let all = all(connection)?;
    Ok(all.iter().filter(|message| has(message)).map(|message| message.id).collect())
}

/// Deletes messages with ids from `first` to `last`.
pub(super) fn remove(
    connection: &Connection,
    [first, last]: [QueueId; 2],
    goes: impl Fn(&QueueId) -> bool,
) -> Result<(), StoreError> {
    let mut changed = Vec::new();
    let mut select = connection
        .prepare_cached("SELECT number, entries FROM message_index_tail WHERE last >= ? AND first <= ?")?;
    let mut rows = select.query([first.to_bytes(), last.to_bytes()])?;
    while let Some(row) = rows.next()? {
        let mut messages = read(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        let before = messages.len();
        messages.retain(|message| !goes(&message.id));
        if messages.len() < before {
            changed.push((row.get::<_, i64>(0)?, messages));
        }
    }
    for (number, left) in changed {
        connection.prepare_cached("DELETE FROM message_index_tail WHERE number = ?")?.execute([number])?;
        write(connection, Some(number), &left)?;
    }
    Ok(())
}

fn become_run(connection: &Connection) -> Result<(), StoreError> {
    let of = |message: Indexed| {
        let id = message.id;
        message.terms.into_iter().map(move |term| Entry { term, id })
    };
    let mut entries: Vec<Entry> = all(connection)?.into_iter().flat_map(of).collect();
    entries.sort_unstable();
    runs::append(connection, &entries)?;
    connection.prepare_cached("DELETE FROM message_index_tail")?.execute([])?;
    Ok(())
}

fn all(connection: &Connection) -> Result<Vec<Indexed>, StoreError> {
    let mut select = connection.prepare_cached("SELECT entries FROM message_index_tail")?;
    let mut rows = select.query([])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.append(&mut read(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(messages)
}

/// Writes a row, under a number that is free.
fn write(connection: &Connection, number: Option<i64>, messages: &[Indexed]) -> Result<(), StoreError> {
    let ids = || messages.iter().map(|message| message.id);
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(()) };
    let mut bytes = Vec::new();
    for Indexed { id, terms } in messages {
        bytes.extend_from_slice(&id.to_bytes());
        bytes.extend_from_slice(&u32::try_from(terms.len()).map_err(|_| damaged())?.to_le_bytes());
        terms.iter().for_each(|term| bytes.extend_from_slice(&term.0.to_le_bytes()));
    }
    connection
        .prepare_cached(
            "INSERT INTO message_index_tail (number, messages, first, last, entries) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![number, messages.len(), first.to_bytes(), last.to_bytes(), bytes])?;
    Ok(())
}

fn read(mut bytes: &[u8]) -> Result<Vec<Indexed>, StoreError> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let (id, rest) = bytes.split_first_chunk::<16>().ok_or_else(damaged)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*count)).map_err(|_| damaged())?.saturating_mul(8);
        let (terms, rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let terms = terms.as_chunks::<8>().0.iter().map(|term| Term(i64::from_le_bytes(*term))).collect();
        messages.push(Indexed { id: QueueId::from_bytes(*id), terms });
        bytes = rest;
    }
    Ok(messages)
}

fn damaged() -> StoreError {
    StoreError::Damaged("the tail of the index of messages has a row that is cut off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_cut_off_is_damaged() {
        let connection = Connection::open_in_memory().unwrap();
        let step = include_str!("../../../../migrations/0021_what_messages_are_found_by.sql");
        connection.execute_batch(step.split("INSERT INTO").next().unwrap()).unwrap();
        let terms = || vec![Term(1), Term(-1)];
        let messages = [7, 9].map(|byte| Indexed { id: QueueId::from_bytes([byte; 16]), terms: terms() });
        write(&connection, None, &messages).unwrap();
        let bytes: Vec<u8> =
            connection.query_row("SELECT entries FROM message_index_tail", [], |row| row.get(0)).unwrap();
        let ids: Vec<QueueId> = read(&bytes).unwrap().iter().map(|message| message.id).collect();
        assert_eq!(ids, messages.each_ref().map(|message| message.id));
        for end in 1..bytes.len() {
            let is_whole = end == bytes.len() / 2;
            assert_eq!(read(&bytes[..end]).is_ok(), is_whole, "{end}");
        }
    }
}
