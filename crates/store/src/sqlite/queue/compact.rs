//! Moving the few messages that are still needed out of old segments, so that their files can go.

use std::sync::Arc;

use model::id::QueueId;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::{Inner, Queue, segments};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::journal::{Appended, Kind, ledger};

/// Messages moved at a time.
const BATCH: usize = 500;

type Told = oneshot::Receiver<Result<(), StoreError>>;

impl Queue {
    pub(crate) async fn compact(&self) -> Result<usize, StoreError> {
        let Some(segment) = self.0.database.read(ledger::sparsest).await? else { return Ok(0) };
        let ids = self.0.database.read(move |connection| needed_in(connection, segment)).await?;
        let inner = Arc::clone(&self.0);
        let moving = tokio::task::spawn_blocking(move || {
            ids.iter().filter_map(|id| inner.move_to_end(*id).transpose()).collect::<Result<Vec<_>, _>>()
        });
        let waits = moving.await.map_err(|_| StoreError::Closed)??;
        let moved = waits.len();
        for told in waits {
            told.await.map_err(|_| StoreError::Closed)??;
        }
        // Or the next look for a sparse segment finds this one again, while its file goes.
        self.caught_up().await;
        self.0.maintenance.retire(segment);
        Ok(moved)
    }
}

impl Inner {
    /// Appends a message again; the receiver hears when that is synced. `None` if it was settled
    /// meanwhile.
    fn move_to_end(&self, id: QueueId) -> Result<Option<Told>, StoreError> {
        let Some(place) = self.database.read_blocking(|connection| segments::place_of(connection, id))?
        else {
            return Ok(None);
        };
        let (kind, message, body) = self.journal.record(id, place)?;
        let body = if kind == Kind::Large { Appended::Large } else { Appended::Inline(body) };
        let (tell, told) = oneshot::channel();
        self.journal.append(Arc::new(message), body, |result| drop(tell.send(result.map(drop))));
        Ok(Some(told))
    }
}

fn needed_in(connection: &Connection, segment: u64) -> Result<Vec<QueueId>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT DISTINCT m.id FROM send s JOIN message m ON m.id = s.message_id
         WHERE s.state IN ('queued', 'sending') AND m.segment = ? LIMIT ?",
    )?;
    let ids = select.query_map(params![segment, BATCH], |row| row.get::<_, String>(0))?;
    ids.map(|id| columns::to_id(&id?)).collect()
}
