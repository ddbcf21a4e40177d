//! Locks by name that all nodes share. A lock has an owner at most, and an epoch that grows with every owner: it tells
//! the work of the present one from what an owner before still has under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, named_params, params};
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::nodes::Node;

/// A handle to the locks.
#[derive(Clone)]
pub(crate) struct Locks(Arc<Inner>);

struct Inner {
    database: Database,
    node: Node,
    /// Wakes those of this process who wait, by name.
    waiting: Mutex<HashMap<String, Arc<Notify>>>,
}

/// From when to when a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The time now.
    pub now: Timestamp,
    /// When it ends without being given back. It ends before when its node is gone.
    pub until: Timestamp,
}

impl Term {
    /// As long as the node lives.
    #[must_use]
    pub fn from(now: Timestamp) -> Self {
        Self { now, until: Timestamp::MAX }
    }
}

/// A lock that is held. Dropping it gives it back.
pub struct Held {
    locks: Locks,
    name: String,
    epoch: u64,
}

impl Locks {
    pub(crate) fn new(database: Database, node: Node) -> Self {
        Self(Arc::new(Inner { database, node, waiting: Mutex::default() }))
    }

    pub(crate) async fn try_take(&self, name: &str, term: Term) -> Result<Option<Held>, StoreError> {
        let (key, node) = (name.to_owned(), self.0.node);
        let taken = move |connection: &Connection| take(connection, &key, node, term);
        let epoch = self.0.database.write(Durability::Written, taken).await?;
        Ok(epoch.map(|epoch| Held { locks: self.clone(), name: name.to_owned(), epoch }))
    }

    pub(crate) async fn take(&self, name: &str, term: Term) -> Result<Held, StoreError> {
        let waiting = self.waiting(name);
        loop {
            // Listens first: what is given back in between is heard.
            let given_back = waiting.notified();
            if let Some(held) = self.try_take(name, term).await? {
                return Ok(held);
            }
            given_back.await;
        }
    }

    fn waiting(&self, name: &str) -> Arc<Notify> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(waiting.entry(name.to_owned()).or_default())
    }
}

impl Held {
    /// Grows with every owner of the lock.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Keeps the lock until another time.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it ended meanwhile and somebody else took it; or the database cannot be written.
    pub async fn renew(&self, until: Timestamp) -> Result<(), StoreError> {
        let (name, epoch) = (self.name.clone(), self.epoch);
        self.locks
            .0
            .database
            .write(Durability::Synced, move |connection| renew(connection, &name, epoch, until))
            .await
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (name, epoch, waiting) = (self.name.clone(), self.epoch, self.locks.waiting(&self.name));
        self.locks.0.database.write_until_done(
            move |connection| give_back(connection, &name, epoch),
            move |result| {
                if result.is_ok() {
                    waiting.notify_one();
                }
            },
        );
    }
}

/// Takes a lock that nobody has whose term has not ended and whose node lives; gives the new epoch.
fn take(connection: &Connection, name: &str, node: Node, term: Term) -> Result<Option<u64>, StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO lock (name, epoch, node, until) VALUES (:name, 1, :node, :until)
         ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1, node = excluded.node, until = excluded.until
         WHERE lock.until <= :now
            OR NOT EXISTS (SELECT 1 FROM node WHERE node.number = lock.node AND node.alive_until > :now)
         RETURNING epoch",
    )?;
    let parameters = named_params! {
        ":name": name,
        ":node": node.number(),
        ":now": term.now.as_millisecond(),
        ":until": term.until.as_millisecond(),
    };
    Ok(insert.query_row(parameters, |row| row.get(0)).optional()?)
}

fn renew(connection: &Connection, name: &str, epoch: u64, until: Timestamp) -> Result<(), StoreError> {
    let renewed = connection
        .prepare_cached("UPDATE lock SET until = ? WHERE name = ? AND epoch = ?")?
        .execute(params![until.as_millisecond(), name, epoch])?;
    if renewed == 1 { Ok(()) } else { Err(StoreError::Changed(format!("the lock {name}"))) }
}

fn give_back(connection: &Connection, name: &str, epoch: u64) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE lock SET until = ? WHERE name = ? AND epoch = ?")?.execute(params![
        Timestamp::MIN.as_millisecond(),
        name,
        epoch
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::nodes;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn term(now: i64, until: i64) -> Term {
        Term { now: at(now), until: at(until) }
    }

    #[tokio::test]
    async fn a_lock_of_a_dead_node_or_a_term_that_ended_is_taken_and_the_old_owner_is_fenced_off() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db")).unwrap();
        let node = |alive_until: i64| {
            let add = move |connection: &Connection| nodes::add(connection, at(0), at(alive_until));
            database.write_blocking(Durability::Synced, add).unwrap()
        };
        let locks = [node(100), node(1_000)].map(|node| Locks::new(database.clone(), node));
        let first = locks[0].try_take("watch", Term::from(at(0))).await.unwrap().unwrap();
        assert!(locks[1].try_take("watch", term(99, 200)).await.unwrap().is_none(), "its node lives");
        let second = locks[1].try_take("watch", term(100, 200)).await.unwrap().unwrap();
        assert!(second.epoch() > first.epoch());
        assert!(matches!(first.renew(at(500)).await, Err(StoreError::Changed(_))));
        drop(first);
        assert!(
            locks[1].try_take("watch", term(199, 300)).await.unwrap().is_none(),
            "the old owner gave nothing back"
        );
        second.renew(at(400)).await.unwrap();
        assert!(locks[1].try_take("watch", term(399, 500)).await.unwrap().is_none());
        assert!(locks[1].try_take("watch", term(400, 500)).await.unwrap().is_some(), "its term ended");
    }
}
