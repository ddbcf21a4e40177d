//! Finding messages.
//!
//! 1. The intake has each new message indexed ([`tail`]); some thousand at a time become a run ([`runs`]).
//! 2. A search asks whatever leads to the fewest messages for ids, the newest first ([`candidates`]).
//! 3. Each is compared with its rows ([`found`]), until the page is full or so many were compared ([`page`]).
//! 4. What is deleted is taken out of the index ([`remove`]).
//!
//! Messages of builds without an index follow step by step, as the relay asks for it ([`backlog`]).

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

use std::sync::Arc;

use model::id::QueueId;
use model::search::Search;
use rusqlite::Connection;

pub(super) use self::candidates::{Candidates, Wanted};
pub use self::found::{Found, FoundMessage, FoundRecipient};
pub(super) use self::page::Page;
pub(super) use self::pages::Bounds;
pub(super) use self::standing::Standing;
pub(super) use self::tail::{NewMessages, Tail};

use super::Queue;
use crate::error::StoreError;
use crate::sqlite::database::Durability;

impl Queue {
    pub(crate) async fn search(&self, search: Search) -> Result<Found, StoreError> {
        self.caught_up().await;
        self.0.database.read(move |connection| find(connection, &search)).await
    }

    pub(crate) async fn index_older(&self) -> Result<bool, StoreError> {
        let tail = Arc::clone(&self.0.tail);
        self.0.database.write(Durability::Written, move |connection| backlog::step(connection, &tail)).await
    }
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
