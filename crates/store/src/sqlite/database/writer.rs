//! The thread that writes, a group of jobs at a time.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tracing::{error, info};

use crate::error::StoreError;
use crate::meters::StoreMeters;

/// Something to be written.
pub(super) enum Job {
    /// To be tried once.
    Once {
        /// Whether the commit must be on disk.
        synced: bool,
        /// The work; it is given an error in place of the connection when there is no transaction.
        run: Run,
    },
    /// To be tried until it succeeds.
    UntilDone(Stubborn),
}

pub(super) type Run = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Ran + Send>;
pub(super) type Work = Box<dyn Fn(&Connection) -> Result<(), StoreError> + Send>;
pub(super) type Hear = Box<dyn FnMut(Result<(), &StoreError>) + Send>;
pub(super) type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What a job that ran wants.
pub(super) enum Ran {
    /// To be committed, and then told.
    Keep(Tell),
    /// To be undone; its caller has the reason already.
    Undo,
}

/// Work that must succeed, however often it has to be tried.
pub(super) struct Stubborn {
    pub(super) work: Work,
    /// Hears of every failure and of the success.
    pub(super) tell: Hear,
}

/// Jobs in one commit; more would make the first of them wait too long.
const MAX_GROUP: usize = 256;
/// Between tries of work that must succeed.
const RETRY: Duration = Duration::from_millis(250);
/// Commits of work that must succeed are this far apart, unless there is other work. Nobody who brought mail waits for
/// such a commit, and each costs more than the rows of a message.
const BETWEEN_COMMITS: Duration = Duration::from_millis(3);

/// Writes until every handle is gone.
pub(super) fn run(connection: Connection, inbox: &Receiver<Job>, meters: &StoreMeters) {
    let (stubborn, committed_at) = (Vec::new(), None);
    let mut writer = Writer { connection, synced: false, stubborn, in_trouble: false, committed_at };
    loop {
        let first = if writer.stubborn.is_empty() {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            inbox.recv_timeout(RETRY)
        };
        let mut group = match first {
            Ok(job) => vec![job],
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        writer.gather(&mut group, inbox);
        group.extend(inbox.try_iter().take(MAX_GROUP - 1));
        let begun = Instant::now();
        writer.write(group);
        meters.commits.time(begun.elapsed());
    }
    // Leaves one file behind instead of three, and no log to be read at the next start.
    let _ = writer.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

struct Writer {
    connection: Connection,
    synced: bool,
    stubborn: Vec<Stubborn>,
    in_trouble: bool,
    committed_at: Option<Instant>,
}

/// What is reported once the commit succeeds or fails.
#[derive(Default)]
struct Waiting {
    tellers: Vec<Tell>,
    stubborn: Vec<Entered>,
}

/// Work that must succeed, and what came of it in this transaction.
type Entered = (Stubborn, Result<(), StoreError>);

impl Writer {
    /// Waits for more shortly after a commit, while there is nothing but work that must succeed.
    fn gather(&self, group: &mut Vec<Job>, inbox: &Receiver<Job>) {
        let next = self.committed_at.map(|at| at + BETWEEN_COMMITS);
        while group.last().is_some_and(|job| matches!(job, Job::UntilDone(_))) && group.len() < MAX_GROUP {
            let left = next.map(|next| next.saturating_duration_since(Instant::now())).unwrap_or_default();
            match inbox.recv_timeout(left) {
                Ok(job) => group.push(job),
                Err(_) => return,
            }
        }
    }

    fn write(&mut self, group: Vec<Job>) {
        let (mut runs, mut wants_sync) = (Vec::new(), false);
        for job in group {
            match job {
                Job::Once { synced, run } => {
                    wants_sync |= synced;
                    runs.push(run);
                }
                Job::UntilDone(stubborn) => self.stubborn.push(stubborn),
            }
        }
        let mut waiting = Waiting::default();
        let result = self.begin(wants_sync).and_then(|()| {
            // What was accepted is entered before anything that may depend on it.
            waiting.stubborn = self.enter_stubborn()?;
            for run in runs.drain(..) {
                self.one(run, &mut waiting.tellers)?;
            }
            self.execute("COMMIT")
        });
        if result.is_err() && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        // Jobs that came too late in a broken transaction hear of it too.
        for run in runs {
            let _ = run(Err(result.as_ref().err().map_or(StoreError::Closed, again)));
        }
        for tell in waiting.tellers {
            tell(result.as_ref().copied().map_err(again));
        }
        self.settle_stubborn(waiting.stubborn, &result);
        self.report(&result);
        self.committed_at = Some(Instant::now());
    }

    /// Does the work that must succeed, at first all of it together: a savepoint would keep a copy of every page that
    /// is changed behind it. Only where something fails does each piece get a savepoint of its own.
    fn enter_stubborn(&mut self) -> Result<Vec<Entered>, StoreError> {
        let all = std::mem::take(&mut self.stubborn);
        if all.iter().try_for_each(|stubborn| (stubborn.work)(&self.connection)).is_ok() {
            return Ok(all.into_iter().map(|stubborn| (stubborn, Ok(()))).collect());
        }
        let begun_anew = self.execute("ROLLBACK").and_then(|()| self.execute("BEGIN IMMEDIATE"));
        if let Err(error) = begun_anew {
            self.stubborn = all;
            return Err(error);
        }
        let mut entered: Vec<Entered> = Vec::with_capacity(all.len());
        for stubborn in all {
            // They stay in order: none is entered while an earlier one is not.
            let result = match entered.last() {
                Some((_, Err(_))) => Err(StoreError::Behind),
                _ => self.in_savepoint(&*stubborn.work),
            };
            entered.push((stubborn, result));
        }
        Ok(entered)
    }

    fn settle_stubborn(&mut self, entered: Vec<Entered>, commit: &Result<(), StoreError>) {
        for (mut stubborn, entered) in entered {
            let outcome = entered.as_ref().copied().and(commit.as_ref().copied());
            (stubborn.tell)(outcome);
            if outcome.is_err() {
                self.stubborn.push(stubborn);
            }
        }
    }

    /// Says once that writing fails, and once that it works again.
    fn report(&mut self, result: &Result<(), StoreError>) {
        match result {
            Err(error) if !self.in_trouble => {
                error!(error = model::error_chain(error), "the database cannot be written");
            }
            Ok(()) if self.in_trouble => info!("the database can be written again"),
            _ => {}
        }
        self.in_trouble = result.is_err();
    }

    fn begin(&mut self, synced: bool) -> Result<(), StoreError> {
        if self.synced != synced {
            let level = if synced { "FULL" } else { "NORMAL" };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.synced = synced;
        }
        self.execute("BEGIN IMMEDIATE")
    }

    /// Runs a job; fails only if the transaction itself is broken.
    fn one(&self, run: Run, tellers: &mut Vec<Tell>) -> Result<(), StoreError> {
        self.execute("SAVEPOINT job")?;
        match run(Ok(&self.connection)) {
            Ran::Keep(tell) => tellers.push(tell),
            Ran::Undo => self.execute("ROLLBACK TO job")?,
        }
        self.execute("RELEASE job")
    }

    fn in_savepoint(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.execute("SAVEPOINT job")?;
        let result = work(&self.connection);
        if result.is_err() {
            self.execute("ROLLBACK TO job")?;
        }
        self.execute("RELEASE job").and(result)
    }

    fn execute(&self, statement: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

/// One failure for several who wait.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full(_) => StoreError::Full(None),
        other => StoreError::Io(std::io::Error::other(model::error_chain(other))),
    }
}
