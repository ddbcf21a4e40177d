//! What clients were refused, and why: a line in the log, a count for each reply, and the last of them in memory and in
//! the store.
//!
//! 1. [`Refusals::note`] hears of each, from every listener. It waits for nothing and writes no file.
//! 2. [`shelf`] keeps the last thousand of credentials and the last thousand of strangers.
//! 3. [`lines`] says which of them the log has, so that nobody fills the disk.
//! 4. [`Refusals::keep_up`] writes what is new to the store, in the background.
//! 5. [`advice`] says what an operator can do about each reply, [`harmless`] where there is nothing to do.

pub mod advice;
mod counts;
mod harmless;
mod lines;
mod origin;
mod shelf;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use model::refused::Refused;
use store::{RefusalChanges, Store, StoreError};
use tls::HandshakeError;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::counts::Counts;
pub(crate) use self::harmless::needs_somebody;
use self::lines::{Lines, Spoken};
pub(crate) use self::origin::network;
use self::shelf::Shelves;

/// All refusals of a server. Clones are the same.
#[derive(Clone)]
pub struct Refusals(Arc<Inner>);

struct Inner {
    store: store::Refusals,
    clock: Clock,
    state: Mutex<State>,
    noted: Notify,
}

#[derive(Default)]
struct State {
    shelves: Shelves,
    counts: Counts,
    lines: Lines,
}

/// Between two writes to the store.
const PAUSE: Duration = Duration::from_secs(5);

impl Refusals {
    pub(crate) fn new(store: &Store, clock: Clock) -> Self {
        let (store, state, noted) = (store.refusals(), Mutex::default(), Notify::new());
        Self(Arc::new(Inner { store, clock, state, noted }))
    }

    /// Takes up what the last process had written down.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(&self) -> Result<(), StoreError> {
        let known = self.0.store.all().await?;
        self.state().shelves.load(known);
        Ok(())
    }

    /// Notes a refusal; `handshake` is what failed where there is no reply.
    pub(crate) fn note(&self, refused: Refused, handshake: Option<&HandshakeError>) {
        let spoken = {
            let mut state = self.state();
            state.counts.add(&refused.code);
            let spoken = state.lines.hear(&refused);
            state.shelves.note(refused.clone());
            spoken
        };
        if spoken == Spoken::Say {
            lines::say(&refused, handshake);
        }
        self.0.noted.notify_one();
    }

    /// The newest first; only those of a login, proved or claimed, if one is given. At most `limit`.
    #[must_use]
    pub fn list(&self, login: Option<&str>, limit: usize) -> Vec<Refused> {
        let all = self.state().shelves.newest_first();
        let is_named = |name: &Option<String>, login: &str| {
            name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(login))
        };
        let is_wanted = |refused: &Refused| {
            login.is_none_or(|login| is_named(&refused.credential, login) || is_named(&refused.login, login))
        };
        all.into_iter().filter(is_wanted).take(limit).collect()
    }

    /// The last one of a login, proved or claimed.
    #[must_use]
    pub fn last_of(&self, login: &str) -> Option<Refused> {
        self.state().shelves.last_of(login).cloned()
    }

    /// Those that an operator should act on and that came after `time`, the newest first. They are as many as are kept
    /// at most: two thousand.
    #[must_use]
    pub fn to_act_on(&self, time: Timestamp) -> Vec<Refused> {
        let is_wanted = |refused: &Refused| refused.at > time && needs_somebody(refused);
        let mut wanted = self.state().shelves.all_that(is_wanted);
        wanted.sort_by_key(|refused| std::cmp::Reverse(refused.at));
        wanted
    }

    /// How often each reply was given since the server started, by code.
    #[must_use]
    pub fn counts(&self) -> Vec<(String, u64)> {
        self.state().counts.all()
    }

    /// Writes what is new to the store from time to time, until `shutdown`. What comes later is for
    /// [`Refusals::write_down`].
    pub async fn keep_up(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.0.noted.notified() => self.write_down().await,
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.0.clock.sleep(PAUSE) => self.say_more(self.0.clock.now()),
            }
            if !self.state().lines.hold_nothing_back() {
                self.0.noted.notify_one();
            }
        }
        self.say_more(Timestamp::MAX);
    }

    /// Says what the log does not have of minutes that were over at that time.
    fn say_more(&self, now: Timestamp) {
        let held_back = self.state().lines.over(now);
        held_back.iter().for_each(lines::say_more);
    }

    /// Writes what is new to the store. A store that takes nothing gets it with the next.
    pub async fn write_down(&self) {
        let changes = self.state().shelves.take_changes();
        if changes == RefusalChanges::default() {
            return;
        }
        let numbers = changes.kept.iter().map(|(number, _)| *number).collect();
        let forgotten = changes.forgotten.clone();
        if let Err(error) = self.0.store.write(changes).await {
            warn!(error = model::error_chain(&error), "refusals could not be written down");
            self.state().shelves.put_back(numbers, forgotten);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
