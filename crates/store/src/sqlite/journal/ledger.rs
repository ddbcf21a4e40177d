//! The journal's own table: how far each segment has been entered into the queue, and how many of its messages are
//! still needed.

use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use crate::error::StoreError;

#[derive(Clone, Debug)]
pub(super) struct SegmentRow {
    pub(super) number: u64,
    /// Where the records end that have been entered.
    pub(super) entered_to: u64,
    /// Where the last record ends, once no more will come.
    pub(super) sealed_at: Option<u64>,
    /// Messages whose body is still needed.
    pub(super) needed: u64,
}

/// What was entered in one transaction.
pub(super) struct Entered {
    pub(super) segment: u64,
    /// Where the last record ends that was entered.
    pub(super) end: u64,
    pub(super) records: usize,
    /// Messages among them whose body is needed in this segment.
    pub(super) needed: usize,
}

/// A sealed segment is worth emptying when less than one in this many of its messages is needed.
const SPARSE: u64 = 4;

/// Notes how far a segment has been entered.
pub(super) fn note(connection: &Connection, entered: &Entered) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO segment (number, entered_to, sealed_at, records, needed)
             VALUES (:number, :end, NULL, :records, :needed)
             ON CONFLICT (number) DO UPDATE
             SET entered_to = :end, records = records + :records, needed = needed + :needed",
        )?
        .execute(named_params! {
            ":number": entered.segment, ":end": entered.end, ":records": entered.records, ":needed": entered.needed,
        })?;
    Ok(())
}

/// So many messages of that segment need their bodies there no more. Says whether the segment is done with.
pub(crate) fn release(connection: &Connection, segment: u64, count: u64) -> Result<bool, StoreError> {
    let left: Option<(i64, bool)> = connection
        .prepare_cached(
            "UPDATE segment SET needed = needed - ? WHERE number = ? RETURNING needed, sealed_at IS NOT NULL",
        )?
        .query_row(params![count, segment], |row| Ok((row.get(0)?, row.get(1)?)))
        // A segment that went missing has no row, and its messages have to end all the same.
        .optional()?;
    Ok(left == Some((0, true)))
}

/// Writes something, so that there is a commit to be synced, and all before it with it.
pub(crate) fn touch(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.execute_batch(
        "UPDATE segment SET needed = needed WHERE number = (SELECT max(number) FROM segment)",
    )?)
}

/// The sealed segment that the fewest messages keep, if they are few.
pub(crate) fn sparsest(connection: &Connection) -> Result<Option<u64>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT number FROM segment
         WHERE sealed_at IS NOT NULL AND entered_to >= sealed_at AND needed > 0 AND needed * ? < records
         ORDER BY needed LIMIT 1",
    )?;
    let mut rows = select.query([SPARSE])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

/// Notes where a segment ends.
pub(super) fn seal(connection: &Connection, number: u64, end: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO segment (number, entered_to, sealed_at, records, needed) VALUES (?1, ?2, ?2, 0, 0)
             ON CONFLICT (number) DO UPDATE SET sealed_at = ?2",
        )?
        .execute(params![number, end])?;
    Ok(())
}

pub(super) fn all(connection: &Connection) -> Result<Vec<SegmentRow>, StoreError> {
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
pub(super) fn mark_done_with(connection: &Connection, number: u64) -> Result<bool, StoreError> {
    let marked = connection
        .prepare_cached(
            "UPDATE segment SET entered_to = sealed_at
             WHERE number = ? AND sealed_at IS NOT NULL AND entered_to >= sealed_at AND needed = 0",
        )?
        .execute([number])?;
    Ok(marked > 0)
}

/// Forgets a segment whose file is gone.
pub(super) fn forget(connection: &Connection, number: u64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM segment WHERE number = ?")?.execute([number])?;
    Ok(())
}
