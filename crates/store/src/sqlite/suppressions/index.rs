//! Which addresses the suppression list may have: sorted hashes in memory, eight bytes each. An address that was removed
//! stays until the next start: looking for it costs a statement and finds nothing.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::{PoisonError, RwLock};

use rusqlite::Connection;

use crate::error::StoreError;
use crate::sqlite::database::Database;

/// The addresses that were there when it was last brought up to date.
pub(crate) struct Index(RwLock<Hashes>);

#[derive(Default)]
struct Hashes {
    /// The number of the last entry that is in it.
    last: u64,
    /// Sorted, each once.
    hashes: Vec<u64>,
}

impl Index {
    pub(crate) fn load(database: &Database) -> Result<Self, StoreError> {
        let index = Self(RwLock::default());
        index.take(database.read_blocking(|connection| newer(connection, 0))?);
        Ok(index)
    }

    /// Whether there may be an entry of that address.
    pub(crate) fn has(&self, folded: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.hashes.binary_search(&hash(folded)).is_ok()
    }

    /// Reads what was added, no matter which node added it.
    pub(crate) async fn follow(&self, database: &Database) -> Result<(), StoreError> {
        let last = self.0.read().unwrap_or_else(PoisonError::into_inner).last;
        let news = database.read(move |connection| newer(connection, last)).await?;
        self.take(news);
        Ok(())
    }

    fn take(&self, news: Hashes) {
        if news.hashes.is_empty() {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.last = known.last.max(news.last);
        known.hashes.extend(news.hashes);
        // It recognises what is in order already: this is a merge.
        known.hashes.sort();
        known.hashes.dedup();
    }
}

fn newer(connection: &Connection, last: u64) -> Result<Hashes, StoreError> {
    let mut select = connection
        .prepare_cached("SELECT number, folded FROM suppression WHERE number > ? ORDER BY number")?;
    let mut rows = select.query([last])?;
    let mut news = Hashes { last, hashes: Vec::new() };
    while let Some(row) = rows.next()? {
        news.last = row.get(0)?;
        news.hashes.push(hash(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?));
    }
    Ok(news)
}

fn hash(folded: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(folded.as_bytes());
    hasher.finish()
}
