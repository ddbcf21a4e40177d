//! Finding messages.
//!
//! 1. The intake has each new message indexed ([`tail`]); some thousand at a time become a run ([`runs`]).
//! 2. A search asks whatever leads to the fewest messages for ids, the newest first ([`candidates`]).
//! 3. Each is compared with its rows ([`found`]), until the page is full or so many were compared ([`page`]).
//! 4. What is deleted is taken out of the index ([`remove`]).
//!
//! Messages of builds without an index follow in the background ([`backlog`]).

mod backlog;
mod candidates;
mod found;
mod page;
mod pages;
mod posted;
mod runs;
mod standing;
mod tail;
mod terms;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Weak};

use model::id::QueueId;
use model::search::Search;
use rusqlite::Connection;
use tracing::error;

pub(super) use self::candidates::{Candidates, Wanted};
pub use self::found::{Found, FoundMessage, FoundRecipient};
pub(super) use self::page::Page;
pub(super) use self::pages::Bounds;
pub(super) use self::standing::Standing;
pub(super) use self::tail::{NewMessages, Tail};

use super::{Inner, Queue};
use crate::error::StoreError;

impl Queue {
    pub(crate) async fn search(&self, search: Search) -> Result<Found, StoreError> {
        self.caught_up().await;
        self.0.database.read(move |connection| find(connection, &search)).await
    }

    /// Has messages of older builds indexed, as long as the queue is open and there are any.
    pub(super) fn index_older(&self) {
        index_older(Arc::downgrade(&self.0));
    }
}

/// Each step is enqueued behind the work that came meanwhile. One that fails is the last until the next start.
fn index_older(queue: Weak<Inner>) {
    let Some(inner) = queue.upgrade() else { return };
    let tail = Arc::clone(&inner.tail);
    let next = move |more: Result<bool, StoreError>| match more {
        Ok(true) => index_older(queue),
        Ok(false) => {}
        Err(error) => {
            error!(error = model::error_chain(&error), "messages of an older build cannot be indexed");
        }
    };
    inner.database.write_later(move |connection| backlog::step(connection, &tail), next);
}

/// Deletes what the index has of messages, which are sorted.
pub(super) fn remove(connection: &Connection, ids: &[QueueId]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
    let goes = |id: &QueueId| ids.binary_search(id).is_ok();
    tail::remove(connection, [*first, *last], goes)?;
    runs::remove(connection, [*first, *last], goes)
}

fn find(connection: &Connection, search: &Search) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let mut candidates = Candidates::of(connection, &search.into())?;
    let mut page = Page::default();
    while let Some(id) = candidates.next()? {
        let last = found.messages.last().map(|message: &FoundMessage| message.id);
        if found.messages.len() >= search.limit || !page.has_room() {
            found.next = Some(page.end(id, last));
            break;
        }
        found.messages.extend(found::matching(connection, search, id)?);
    }
    Ok(found)
}
