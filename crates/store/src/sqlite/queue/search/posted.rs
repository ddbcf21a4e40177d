//! Messages that have all of some terms, from the tail and the runs of the index: ids from the largest to the smallest.

use std::collections::{BTreeSet, VecDeque};

use model::id::QueueId;
use rusqlite::Connection;

use super::pages::Bounds;
use super::runs::{self, Run};
use super::tail;
use super::terms::Term;
use crate::error::StoreError;

/// Read run by run, as far as ids are asked for.
pub(super) struct Posted {
    /// Of each list one term.
    wanted: Vec<Vec<Term>>,
    /// Those of the runs that were read.
    ready: BTreeSet<QueueId>,
    /// Those that were not, the largest id first.
    unread: VecDeque<Run>,
    bounds: Bounds,
}

impl Posted {
    pub(super) fn of(
        connection: &Connection,
        wanted: Vec<Vec<Term>>,
        bounds: Bounds,
    ) -> Result<Self, StoreError> {
        let ready = tail::find(connection, &wanted)?.into_iter().collect();
        let unread = runs::between(connection, bounds.first, bounds.end)?.into();
        Ok(Self { wanted, ready, unread, bounds })
    }

    /// Leaves out smaller ids.
    pub(super) fn keep_from(&mut self, first: QueueId) {
        self.bounds.first = self.bounds.first.max(first);
    }

    pub(super) fn next(&mut self, connection: &Connection) -> Result<Option<QueueId>, StoreError> {
        loop {
            // Runs overlap: an id is the next one if no unread run can have it or a larger one.
            let largest = self.ready.last().copied();
            let may_have_it = |run: &Run| largest.is_none_or(|largest| run.last >= largest);
            if self.unread.front().is_some_and(may_have_it) {
                self.read(connection)?;
                continue;
            }
            match self.ready.pop_last() {
                Some(id) if self.bounds.has(id) => return Ok(Some(id)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// Reads the next run.
    fn read(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let Some(run) = self.unread.pop_front() else { return Ok(()) };
        let mut found: Option<BTreeSet<QueueId>> = None;
        for any in &self.wanted {
            let mut those = BTreeSet::new();
            for term in any {
                those.extend(runs::find(connection, run, *term)?);
            }
            let both = match found {
                None => those,
                Some(found) => found.intersection(&those).copied().collect(),
            };
            if both.is_empty() {
                return Ok(());
            }
            found = Some(both);
        }
        self.ready.extend(found.unwrap_or_default());
        Ok(())
    }
}
