//! The login guard as all sessions share it, and what it keeps: where logins worked, and when credentials were used.
//!
//! Both are noted in memory and stored in the background ([`LoginProtection::run`]): no session waits for the disk.
//! Bans are kept in memory alone: a restart ends them, and attackers cannot restart the server.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_types::ids::{ClientId, TenantId};
use clock::Clock;
use ipnet::IpNet;
use jiff::Timestamp;
use model::id::CredentialId;
use store::{CredentialUse, LoginNews, Store, StoreError, Welcome};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::guard::{Ban, Banned, Guess, Hold, LoginGuard, NotTried, WELCOME, login_key};
use super::shown;
use super::verifier::Turn;

/// Guards logins, for all sessions together.
pub struct LoginProtection {
    guard: Mutex<LoginGuard>,
    /// Wakes those whose guess waits for others to be settled.
    settled: Notify,
    /// What is not stored yet.
    news: Mutex<LoginNews>,
    store: Store,
    clock: Clock,
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
        let (guard, settled, news) = Default::default();
        Arc::new(Self { guard, settled, news, store, clock })
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

    /// All bans in force, the latest first.
    #[must_use]
    pub fn bans(&self) -> Vec<Ban> {
        self.guard().bans(self.clock.now())
    }

    /// Forgets the wrong guesses at a login; gives the bans that this lifts.
    pub fn lift_login(&self, name: &str) -> Vec<Ban> {
        let lifted = self.guard().lift_login(&login_key(name), self.clock.now());
        self.settled.notify_waiters();
        lifted
    }

    /// Forgets the wrong guesses from a network; gives the bans that this lifts.
    pub fn lift_network(&self, network: IpNet) -> Vec<Ban> {
        let lifted = self.guard().lift_network(network, self.clock.now());
        self.settled.notify_waiters();
        lifted
    }

    /// Forgets where a login worked, which is no more: another of its name is a stranger everywhere.
    pub fn forget(&self, name: &str) {
        self.guard().unwelcome(&login_key(name));
    }

    /// A guarded login as it may be shown.
    #[must_use]
    pub fn shown(&self, login: &str) -> String {
        match self.store.directory().credential(login) {
            Some(credential) => credential.login.to_string(),
            None if is_app(login) => login.to_owned(),
            None => shown::unknown(login),
        }
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
        for Ban { what, spell } in bans {
            let (until, guesses, lift) = (spell.until, spell.guesses, self.lift(&what));
            match what {
                Banned::Login(login) => warn!(
                    login = self.shown(&login), guesses, %until, command = lift,
                    "a login is locked: too many wrong passwords"
                ),
                Banned::Place(login, place) => warn!(
                    login = self.shown(&login), peer.network = %place, guesses, %until, command = lift,
                    "a login is locked at a place where it worked lately: too many wrong passwords from there"
                ),
                Banned::Network(network) => warn!(
                    peer.network = %network, guesses, logins = spell.breadth, %until, command = lift,
                    "a network is locked: too many wrong passwords; logins that worked from there lately still do"
                ),
            }
        }
    }

    /// The command that lifts a ban.
    #[must_use]
    pub(crate) fn lift(&self, what: &Banned) -> String {
        match what {
            Banned::Network(network) => format!("postern bans lift {network}"),
            Banned::Login(login) | Banned::Place(login, _) => {
                match self.store.directory().credential(login) {
                    Some(credential) => format!("postern credential unlock {}", credential.login),
                    None if is_app(login) => format!("postern bans lift {login:?}"),
                    None => "postern bans lift LOGIN".to_owned(),
                }
            }
        }
    }

    fn guard(&self) -> MutexGuard<'_, LoginGuard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> MutexGuard<'_, LoginNews> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the key of an app of Entra begins with. Strangers may call themselves so: what follows tells ([`is_app`]).
const APP: &str = "app ";
/// Welcomes that wait for a disk that cannot be written.
const MAX_WELCOMES: usize = 10_000;

/// What stands for an app of Entra, whatever communication service its login names.
#[must_use]
pub fn app_key(app: &super::EntraApp) -> String {
    format!("{APP}{}/{}", app.client, app.tenant)
}

/// Whether a key is an app's: nothing but two ids stands behind the word, so that it may be shown and pasted.
fn is_app(key: &str) -> bool {
    let ids = key.strip_prefix(APP).and_then(|ids| ids.split_once('/'));
    ids.is_some_and(|(client, tenant)| {
        client.parse::<ClientId>().is_ok() && tenant.parse::<TenantId>().is_ok()
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use store::{DataDir, KeySource, Options, Volatile};

    fn protection(folder: &std::path::Path, clock: &Clock) -> Arc<LoginProtection> {
        let data_dir = DataDir::open(folder, Volatile::Allowed).unwrap();
        let key = KeySource::File(folder.join("master.key"));
        let store = Store::open(&data_dir, key, &Options::default(), clock.now()).unwrap();
        LoginProtection::new(store, clock.clone())
    }

    fn guess(password: u64) -> Guess {
        Guess { login: "scanner1".to_owned(), address: [192, 0, 2, 1].into(), mark: password }
    }

    #[tokio::test]
    async fn sixty_wrong_guesses_at_once_are_ten_and_sixty_right_ones_pass() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
        let protection = protection(folder.path(), &clock);
        let tries = |is_right: fn(u64) -> bool| {
            let tries = (0..60).map(|password| {
                let protection = Arc::clone(&protection);
                tokio::spawn(async move {
                    let attempt = protection.attempt(guess(password)).await.ok()?;
                    tokio::task::yield_now().await;
                    if is_right(password) {
                        attempt.right();
                    } else {
                        attempt.wrong();
                    }
                    Some(())
                })
            });
            tries.collect::<Vec<_>>()
        };
        let mut tried = 0;
        for one in tries(|_| false) {
            tried += one.await.unwrap().iter().count();
        }
        assert_eq!(tried, 10);
        clock.advance(Duration::from_secs(600));
        for one in tries(|_| true) {
            assert!(one.await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn a_session_that_breaks_off_neither_frees_its_guess_nor_holds_it_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
        let protection = protection(folder.path(), &clock);
        for password in 0..10 {
            let attempt = protection.attempt(guess(password)).await.unwrap();
            drop(attempt);
        }
        assert!(matches!(protection.attempt(guess(11)).await, Err(NotTried::Banned(_))));
        assert_eq!(protection.lift_login("SCANNER1").len(), 1);
        for password in 0..100 {
            protection.attempt(guess(password)).await.unwrap().untried();
        }
        protection.attempt(guess(11)).await.unwrap().right();
    }

    #[tokio::test]
    async fn a_stranger_that_calls_itself_an_app_gets_into_no_command() {
        let folder = tempfile::tempdir().unwrap();
        let protection = protection(folder.path(), &Clock::standing(Timestamp::UNIX_EPOCH));
        let app = "app 33333333-cccc-4333-8333-333333333333/11111111-aaaa-4111-8111-111111111111";
        let (lift, shown) = (
            |name: &str| protection.lift(&Banned::Login(login_key(name))),
            |name: &str| protection.shown(name),
        );
        assert_eq!((lift(app), shown(app)), (format!("postern bans lift \"{app}\""), app.to_owned()));
        for name in
            ["app $(reboot)", "app a/$(reboot)", &format!("{app}$(reboot)"), "app \x1b[2J", "app `x`/`y`"]
        {
            assert_eq!(lift(name), "postern bans lift LOGIN", "{name:?}");
            assert!(shown(name).starts_with("app ... ("), "{}", shown(name));
        }
    }

    #[tokio::test]
    async fn what_worked_is_known_after_a_restart_for_thirty_days() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
        let credential = CredentialId::new(clock.now(), [1; 10]);
        let first = protection(folder.path(), &clock);
        first.attempt(guess(0)).await.unwrap().right();
        first.used(credential, "::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(first.uses().await.unwrap()[&credential].address, IpAddr::from([192, 0, 2, 1]));
        let stop = CancellationToken::new();
        stop.cancel();
        first.run(stop).await;
        for (days, is_welcome) in [(3, true), (29, true), (31, false)] {
            let later = clock.now() + jiff::SignedDuration::from_hours(24 * days);
            let again = protection(folder.path(), &Clock::standing(later));
            again.load().await.unwrap();
            for password in 0..10 {
                let far = Guess { address: [203, 0, 113, 1].into(), ..guess(password) };
                again.attempt(far).await.unwrap().wrong();
            }
            assert_eq!(again.attempt(guess(0)).await.is_ok(), is_welcome, "{days}");
        }
    }
}
