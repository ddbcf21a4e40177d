//! The login guard as all sessions share it, and what it keeps: where logins worked, and when credentials were used.
//!
//! Both are noted in memory and stored in the background ([`LoginProtection::run`]): no session waits for the disk.
//! Bans are kept in memory alone ([`bans`]): a restart ends them, and attackers cannot restart the server.

mod bans;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use model::id::CredentialId;
use store::{CredentialUse, LoginNews, Store, StoreError, Welcome};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::guard::{Guess, Hold, LoginGuard, NotTried, WELCOME, login_key};
use super::verifier::Turn;
use crate::meters::LoginMeters;

pub use self::bans::app_key;

/// Guards logins, for all sessions together.
pub struct LoginProtection {
    guard: Mutex<LoginGuard>,
    /// Wakes those whose guess waits for others to be settled.
    settled: Notify,
    /// What is not stored yet.
    news: Mutex<LoginNews>,
    store: Store,
    clock: Clock,
    meters: LoginMeters,
}

/// A guess that is being tried. One that is dropped unsettled, as when a session is broken off, counts as wrong: what
/// would come of it is not known, and hanging up must not buy another.
#[must_use = "a guess that is dropped counts as wrong"]
pub struct Attempt {
    protection: Arc<LoginProtection>,
    hold: Option<Hold>,
}

/// Between two batches.
const FLUSH: Duration = Duration::from_secs(60);
/// How long a guess waits for others that are under way.
const PATIENCE: Duration = Duration::from_secs(30);

impl LoginProtection {
    /// Protection that knows of no success yet.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Arc<Self> {
        let (guard, settled, news, meters) = Default::default();
        Arc::new(Self { guard, settled, news, store, clock, meters })
    }

    /// What is counted of logins.
    #[must_use]
    pub fn meters(&self) -> &LoginMeters {
        &self.meters
    }

    /// Remembers which logins worked, from the store. To be done before the first login.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(&self) -> Result<(), StoreError> {
        for Welcome { login, address, at } in self.store.logins().welcomes(self.welcome_since()).await? {
            self.guard().welcome(&login, address, at);
        }
        Ok(())
    }

    /// Stores what there is to remember, once a minute and at `shutdown`.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.clock.sleep(FLUSH) => self.flush().await,
            }
        }
        self.flush().await;
    }

    /// Counts a guess, which may then be tried. As many as may be wrong are tried at a time; others wait for them.
    ///
    /// # Errors
    /// When it may not be tried.
    pub async fn attempt(self: &Arc<Self>, guess: Guess) -> Result<Attempt, NotTried> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut settled = pin!(self.settled.notified());
            settled.as_mut().enable();
            match self.guard().reserve(guess.clone(), self.clock.now()) {
                Ok(hold) => return Ok(Attempt { protection: Arc::clone(self), hold: Some(hold) }),
                Err(NotTried::Busy) => {}
                Err(refused) => return Err(refused),
            }
            timeout_at(deadline, settled).await.map_err(|_| NotTried::Busy)?;
        }
    }

    /// Whether some login worked in the network of an address lately.
    #[must_use]
    pub fn knows(&self, address: IpAddr) -> bool {
        self.guard().knows(address)
    }

    /// Notes that a credential was used just now.
    pub fn used(&self, credential: CredentialId, address: IpAddr) {
        let used = CredentialUse { at: self.clock.now(), address: address.to_canonical() };
        self.news().uses.insert(credential, used);
    }

    /// When and from where credentials were used last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn uses(&self) -> Result<HashMap<CredentialId, CredentialUse>, StoreError> {
        let mut uses = self.store.logins().uses().await?;
        uses.extend(self.news().uses.iter().map(|(id, used)| (*id, *used)));
        Ok(uses)
    }

    /// Forgets where a login worked, which is no more: another of its name is a stranger everywhere.
    pub fn forget(&self, name: &str) {
        self.guard().unwelcome(&login_key(name));
    }

    async fn flush(&self) {
        self.guard().forget_old(self.clock.now());
        let news = std::mem::take(&mut *self.news());
        if news.welcomes.is_empty() && news.uses.is_empty() {
            return;
        }
        let noted = self.store.logins().note(news.clone(), self.welcome_since()).await;
        if let Err(failure) = noted {
            error!(
                error = model::error_chain(&failure),
                "which logins worked could not be stored; it is tried again"
            );
            let mut later = self.news();
            later.welcomes.extend(news.welcomes);
            for (credential, used) in news.uses {
                later.uses.entry(credential).or_insert(used);
            }
            later.welcomes.truncate(MAX_WELCOMES);
        }
    }

    fn welcome_since(&self) -> Timestamp {
        self.clock.now().saturating_sub(WELCOME).unwrap_or(Timestamp::MIN)
    }

    fn right(&self, hold: &Hold) {
        let now = self.clock.now();
        if self.guard().right(hold, now) {
            let Guess { login, address, .. } = hold.guess();
            let address = address.to_canonical();
            self.news().welcomes.push(Welcome { login: login.clone(), address, at: now });
        }
        self.settled.notify_waiters();
    }

    fn wrong(&self, hold: Hold) {
        let bans = self.guard().wrong(hold, self.clock.now());
        self.settled.notify_waiters();
        for ban in bans {
            self.warn_of(ban);
        }
    }

    fn guard(&self) -> MutexGuard<'_, LoginGuard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> MutexGuard<'_, LoginNews> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Welcomes that wait for a disk that cannot be written.
const MAX_WELCOMES: usize = 10_000;

impl Attempt {
    /// When the same guess was found wrong, if that was some minutes ago at most.
    #[must_use]
    pub fn wrong_at(&self) -> Option<Timestamp> {
        self.hold.as_ref().and_then(Hold::wrong_at)
    }

    /// When its password is checked.
    #[must_use]
    pub fn turn(&self) -> Turn {
        let is_at_home = self.hold.as_ref().is_some_and(Hold::is_at_home);
        if is_at_home { Turn::Known } else { Turn::Stranger }
    }

    /// The guess was right.
    pub fn right(mut self) {
        if let Some(hold) = self.hold.take() {
            self.protection.right(&hold);
        }
    }

    /// The guess was wrong.
    pub fn wrong(self) {
        drop(self);
    }

    /// Nobody knows, and that is not the client's fault.
    pub fn untried(mut self) {
        if let Some(hold) = self.hold.take() {
            self.protection.guard().untried(&hold);
            self.protection.settled.notify_waiters();
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(hold) = self.hold.take() {
            self.protection.wrong(hold);
        }
    }
}
