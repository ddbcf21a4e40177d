//! What all endpoints share.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clock::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::buckets::Buckets;
use crate::captured::{Captured, CapturedMail};
use crate::faults::Faults;
use crate::keys::TokenKey;
use crate::outbox::Events;
use crate::persistence::Persistence;
use crate::request_window::RequestWindow;
use crate::resolver::Resolver;
use crate::state::State;

/// What all endpoints of a twin share.
pub struct Backend {
    state: Mutex<State>,
    /// What the seed says: where a reset leads back to.
    seeded: State,
    captured: Mutex<Captured>,
    clock: Clock,
    /// How far the twin's clock is ahead of the one it was given.
    ahead_milliseconds: AtomicI64,
    pub(crate) faults: Faults,
    /// What Event Grid has to do.
    pub(crate) events: Events,
    /// Whom verifications ask, if not the twin's own zones.
    pub(crate) resolver: Option<Resolver>,
    /// What each app may still ask of Resource Manager.
    pub(crate) buckets: Buckets,
    /// Calls to Resource Manager by kind, those that were refused for their number among them.
    calls: Mutex<BTreeMap<&'static str, u64>>,
    /// What each token asked of Cloudflare.
    pub(crate) cloudflare_requests: RequestWindow,
    pub(crate) token_key: TokenKey,
    pub(crate) persistence: Persistence,
    taken: watch::Sender<u64>,
}

/// What exists, locked for as long as it is read.
pub struct ReadState<'a>(MutexGuard<'a, State>);

impl Deref for ReadState<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl Backend {
    pub(crate) fn new(
        (state, seeded): (State, State),
        captured: Captured,
        clock: Clock,
        token_key: TokenKey,
        persistence: Persistence,
    ) -> Self {
        Self {
            state: Mutex::new(state),
            seeded,
            clock,
            ahead_milliseconds: AtomicI64::new(0),
            faults: Faults::default(),
            events: Events::default(),
            resolver: None,
            buckets: Buckets::default(),
            calls: Mutex::default(),
            cloudflare_requests: RequestWindow::default(),
            taken: watch::Sender::new(captured.taken()),
            captured: Mutex::new(captured),
            token_key,
            persistence,
        }
    }

    /// What exists, to be read: it is changed by [`Backend::change_state`] alone.
    pub fn state(&self) -> ReadState<'_> {
        ReadState(self.lock_state())
    }

    /// Changes what exists, and keeps the change.
    ///
    /// This is the only way to a `&mut State`. Code that reads something, decides and writes it back does all of that in one
    /// `change`: the lock is held meanwhile, so that two writers at once lose nothing. A copy that was taken before, by
    /// [`Backend::state`], is for answers and never put back.
    pub fn change_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock_state();
        let result = change(&mut state);
        self.persistence.keep_state(&state);
        result
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was sent.
    pub fn captured(&self) -> MutexGuard<'_, Captured> {
        self.captured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a mail, and returns it as it is kept. Its events are [`crate::events::note`]'s.
    pub(crate) fn keep(&self, mail: CapturedMail) -> Option<CapturedMail> {
        self.keep_in(self.captured(), mail)
    }

    /// As [`Backend::keep`], unless a mail of the same operation is there.
    pub(crate) fn keep_unless_known(&self, mail: CapturedMail) -> Option<CapturedMail> {
        let captured = self.captured();
        if captured.knows(mail.operation) {
            return None;
        }
        self.keep_in(captured, mail)
    }

    fn keep_in(&self, mut captured: MutexGuard<'_, Captured>, mail: CapturedMail) -> Option<CapturedMail> {
        let number = captured.keep(mail);
        let kept = captured.mail(number).cloned();
        drop(captured);
        if let Some(mail) = &kept {
            self.persistence.keep_mail(mail);
        }
        self.taken.send_replace(number);
        kept
    }

    /// Resolves when so many mails have been taken in all.
    pub async fn until_taken(&self, count: u64) {
        // The sender lives in this value, so that waiting cannot fail.
        let _ = self.taken.subscribe().wait_for(|taken| *taken >= count).await;
    }

    /// Calls to Resource Manager so far: `reads`, `writes`, `deletes`, and `refused` for there being too many.
    #[must_use]
    pub fn arm_calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count_call(&self, kind: &'static str) {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
    }

    /// The twin's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_milliseconds.load(Ordering::Relaxed));
        clock::after(self.clock.now(), ahead)
    }

    /// Moves the twin's clock forward, or back.
    pub fn advance(&self, by: SignedDuration) {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(0);
        self.ahead_milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
        self.events.wake();
    }

    /// Waits until the twin's clock shows `time`, unless it is moved before.
    pub(crate) async fn sleep_until(&self, time: Timestamp) {
        let ahead = SignedDuration::from_millis(self.ahead_milliseconds.load(Ordering::Relaxed));
        self.clock.sleep_until(clock::after(time, -ahead)).await;
    }

    /// Puts everything back to how it was at the first start.
    pub fn reset(&self) {
        self.change_state(|state| *state = self.seeded.clone());
        *self.captured() = Captured::default();
        self.persistence.forget_mail();
        self.taken.send_replace(0);
        self.ahead_milliseconds.store(0, Ordering::Relaxed);
        self.events.outbox().clear();
        self.buckets.clear();
        self.cloudflare_requests.clear();
        self.disarm();
    }

    /// Arms a failure.
    pub fn arm(&self, fault: crate::faults::InjectedFault) {
        self.faults.arm(fault);
    }

    /// Disarms all failures.
    pub fn disarm(&self) {
        self.faults.clear();
    }
}
