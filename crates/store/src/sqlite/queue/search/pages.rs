//! Ids from a statement, some hundred at a time, from the largest to the smallest.

use std::collections::VecDeque;

use model::id::QueueId;
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::sqlite::columns;

/// Ids from the first to before the last.
#[derive(Clone, Copy, Debug)]
pub(in crate::sqlite::queue) struct Bounds {
    pub(super) first: QueueId,
    pub(super) end: QueueId,
}

/// Ids from a statement that takes the bounds and how many are wanted.
pub(super) struct Pages {
    sql: String,
    bounds: Bounds,
    ready: VecDeque<QueueId>,
    is_over: bool,
}

/// Ids that are read at a time.
const PAGE: usize = 500;

pub(super) const ALL: &str = "SELECT id FROM message WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

impl Pages {
    pub(super) fn new(sql: String, bounds: Bounds) -> Self {
        Self { sql, bounds, ready: VecDeque::new(), is_over: false }
    }

    pub(super) fn all(bounds: Bounds) -> Self {
        Self::new(ALL.to_owned(), bounds)
    }

    pub(super) fn next(&mut self, connection: &Connection) -> Result<Option<QueueId>, StoreError> {
        if self.ready.is_empty() && !self.is_over {
            let mut select = connection.prepare_cached(&self.sql)?;
            let Bounds { first, end } = self.bounds;
            let rows = select.query_map(params![first.to_string(), end.to_string(), PAGE], |row| {
                row.get::<_, String>(0)
            })?;
            self.ready = rows.map(|row| columns::to_id(&row?)).collect::<Result<_, StoreError>>()?;
            self.is_over = self.ready.len() < PAGE;
            self.bounds.end = self.ready.back().copied().unwrap_or(end);
        }
        Ok(self.ready.pop_front())
    }
}

impl Bounds {
    pub(super) const ALL: Self =
        Self { first: QueueId::from_bytes([0; 16]), end: QueueId::from_bytes([u8::MAX; 16]) };

    /// Everything before an id.
    pub(in crate::sqlite::queue) fn before(end: Option<QueueId>) -> Self {
        Self { end: end.unwrap_or(Self::ALL.end), ..Self::ALL }
    }

    pub(super) fn has(self, id: QueueId) -> bool {
        (self.first..self.end).contains(&id)
    }
}
