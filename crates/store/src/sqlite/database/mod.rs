//! The database: one thread that writes, a few connections that read.
//!
//! Whatever arrives while a commit is under way goes into the next one together, each piece of work in a
//! savepoint of its own, so that one that fails does not fail its neighbours.

mod migrations;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use self::writer::{Job, Ran, Run, Stubborn};
use crate::error::StoreError;
use crate::meters::StoreMeters;

/// How safe a commit must be before its work counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On disk, synced.
    Synced,
    /// In the database's log; a power cut may undo it, a crash of the process cannot.
    Written,
}

/// A handle to the open database.
#[derive(Clone)]
pub(crate) struct Database {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
    meters: Arc<StoreMeters>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens the file, brings its schema up to date and starts the writer.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        configure(&connection)?;
        migrations::apply(&mut connection)?;
        let (jobs, inbox) = mpsc::channel();
        let meters = Arc::<StoreMeters>::default();
        std::thread::Builder::new().name("database".to_owned()).spawn({
            let meters = Arc::clone(&meters);
            move || writer::run(connection, &inbox, &meters)
        })?;
        let readers = Readers { path: path.to_owned(), idle: Mutex::default() };
        Ok(Self { jobs, readers: Arc::new(readers), meters })
    }

    /// What is counted of the store's work.
    pub(crate) fn meters(&self) -> &Arc<StoreMeters> {
        &self.meters
    }

    /// Runs `work` in a transaction; gives its result once that is committed.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, result) = oneshot::channel();
        self.enqueue(durability, run(work, move |outcome| drop(done.send(outcome))))?;
        result.await.map_err(|_| StoreError::Closed)?
    }

    /// As [`Database::write`], for threads that may wait.
    pub(crate) fn write_blocking<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, result) = mpsc::sync_channel(1);
        self.enqueue(durability, run(work, move |outcome| drop(done.send(outcome))))?;
        result.recv().map_err(|_| StoreError::Closed)?
    }

    fn enqueue(&self, durability: Durability, run: Run) -> Result<(), StoreError> {
        let job = Job::Once { synced: durability == Durability::Synced, run };
        self.jobs.send(job).map_err(|_| StoreError::Closed)
    }

    /// Has `work` done sooner or later, again and again until it succeeds; `tell` hears of every try.
    pub(crate) fn write_until_done(
        &self,
        work: impl Fn(&Connection) -> Result<(), StoreError> + Send + 'static,
        tell: impl FnMut(Result<(), &StoreError>) + Send + 'static,
    ) {
        // A closed writer means that the process ends; the journal still has what was to be entered.
        let job = Job::UntilDone(Stubborn { work: Box::new(work), tell: Box::new(tell) });
        drop(self.jobs.send(job));
    }

    /// Reads in a thread that may wait for the disk.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        let read = tokio::task::spawn_blocking(move || readers.with(work));
        read.await.map_err(|_| StoreError::Closed)?
    }

    /// Reads in this thread.
    pub(crate) fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.with(work)
    }
}

/// Wraps work so that its caller gets its own failure at once, and of success after the commit.
fn run<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    tell: impl FnOnce(Result<T, StoreError>) + Send + 'static,
) -> Run {
    Box::new(move |connection| match connection.and_then(work) {
        Ok(value) => Ran::Keep(Box::new(move |committed| tell(committed.map(|()| value)))),
        Err(error) => {
            tell(Err(error));
            Ran::Undo
        }
    })
}

impl Readers {
    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let result = of_one_state(&connection, work);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        keep_plans(&connection)?;
        Ok(connection)
    }
}

/// Reads everything as it is at one moment: what is committed between two statements is in neither.
pub(crate) fn of_one_state<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // It ends with the value, undoing nothing.
    let _transaction = connection.unchecked_transaction()?;
    work(connection)
}

/// Only checkpoints make a reader wait, and not for long.
const BUSY: std::time::Duration = std::time::Duration::from_secs(10);

/// A prepared statement is planned once. SQLite would otherwise parse many of them again at each use, because the values
/// that are bound may suggest another plan.
fn keep_plans(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// What a savepoint keeps of changed pages stays in memory; SQLite would write it to a temporary file from 64 KiB on.
fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    keep_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -32768;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;",
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;

    use rusqlite::StatementStatus;

    use super::*;

    fn database() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db")).unwrap();
        (folder, database)
    }

    /// How often a statement was parsed again while other values were bound to it.
    fn planned_again(connection: &Connection) -> Result<i32, StoreError> {
        let sql = "SELECT mailbox FROM recipient WHERE message_id = ? AND part = ? ORDER BY position";
        for part in [0, 1, 70_000] {
            assert!(!connection.prepare_cached(sql)?.exists(("m", part))?);
        }
        Ok(connection.prepare_cached(sql)?.get_status(StatementStatus::RePrepare))
    }

    #[tokio::test]
    async fn statements_are_planned_once_for_all_values() {
        let (_folder, database) = database();
        assert_eq!(database.read(planned_again).await.unwrap(), 0);
        assert_eq!(database.write(Durability::Written, planned_again).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn work_that_fails_leaves_no_trace_and_fails_nobody_else() {
        let (_folder, database) = database();
        database
            .write(Durability::Synced, |connection| {
                Ok(connection.execute_batch("CREATE TABLE t (x INTEGER)")?)
            })
            .await
            .unwrap();
        let insert = |x: i64, fail: bool| {
            database.write(Durability::Written, move |connection| {
                connection.execute("INSERT INTO t VALUES (?)", [x])?;
                if fail { Err(StoreError::Missing("it".into())) } else { Ok(x) }
            })
        };
        let results = tokio::join!(insert(1, false), insert(2, true), insert(3, false));
        assert_eq!(results.0.unwrap(), 1);
        assert!(matches!(results.1, Err(StoreError::Missing(_))));
        assert_eq!(results.2.unwrap(), 3);
        let sum = database.read(|c| Ok(c.query_row("SELECT sum(x) FROM t", [], |row| row.get::<_, i64>(0))?));
        assert_eq!(sum.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn of_work_that_must_succeed_each_is_done_once_and_in_order_though_one_fails() {
        let (_folder, database) = database();
        let create = |connection: &Connection| {
            Ok(connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, x INTEGER)")?)
        };
        database.write(Durability::Written, create).await.unwrap();
        // While this job holds the writer, the others gather in one group.
        let (open, gate) = mpsc::channel::<()>();
        let held = database.write(Durability::Written, move |_| {
            let _ = gate.recv();
            Ok(())
        });
        let (done, mut told) = tokio::sync::mpsc::unbounded_channel();
        for x in 1..=3_i64 {
            let (failures, done) = (AtomicUsize::new(if x == 2 { 2 } else { 0 }), done.clone());
            database.write_until_done(
                move |connection| {
                    connection.execute("INSERT INTO t (x) VALUES (?)", [x])?;
                    let left = failures.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
                    if left.is_ok() { Err(StoreError::Missing("it".into())) } else { Ok(()) }
                },
                move |result| {
                    let _ = done.send((x, result.is_ok()));
                },
            );
        }
        let release = async { drop(open) };
        tokio::join!(held, release).0.unwrap();
        let mut heard = Vec::new();
        while heard.len() < 5 {
            heard.push(told.recv().await.unwrap());
        }
        assert_eq!(heard, [(1, true), (2, false), (3, false), (2, true), (3, true)]);
        let all = "SELECT group_concat(x) FROM (SELECT x FROM t ORDER BY n)";
        let read = database.read(move |c| Ok(c.query_row(all, [], |row| row.get::<_, String>(0))?));
        assert_eq!(read.await.unwrap(), "1,2,3");
    }
}
