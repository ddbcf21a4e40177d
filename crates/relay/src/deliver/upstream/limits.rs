//! Rate limits, each shared by all that it limits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use meter::Counter;
use model::account::Account;
use model::quota::{Allowance, QuotaKey, QuotaKind};
use store::{Store, StoreError, Usage};
use tokio::sync::Mutex as AsyncMutex;

use crate::rate_limit::{AskedFor, Ended, LimitView, Limiter, MEMORY, SlotCount};

/// A rate limit, shared by all accounts that count against it.
pub(crate) struct SharedLimiter {
    key: QuotaKey,
    limiter: Mutex<Limiter>,
    /// Answers that there were too many requests.
    throttled: Counter,
}

/// How a limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaReading {
    /// Which requests count.
    pub kind: QuotaKind,
    /// Requests of the last minute and of the last hour.
    pub used: [u32; 2],
    /// How many are allowed.
    pub allowance: Allowance,
    /// Answers since the server started that there were too many.
    pub throttled: u64,
}

/// All limits that were needed so far.
#[derive(Default)]
pub(super) struct Limits(AsyncMutex<HashMap<QuotaKey, Arc<SharedLimiter>>>);

/// Where the usage of earlier processes is remembered, and the clock that it is compared with.
#[derive(Clone, Copy)]
pub(super) struct Remembered<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a Clock,
}

impl Limits {
    /// How the limit of an account's sends stands, in the time of day; all that it is if nothing was sent yet.
    pub(super) async fn view(&self, account: &Account, clock: &Clock) -> LimitView {
        let limits = self.0.lock().await;
        let key = account.quota_scope().of(QuotaKind::Sends);
        let Some(limiter) = limits.get(&key) else { return LimitView::default() };
        let (now, steady) = (clock.now(), clock.steady());
        limiter.lock().view(steady).moved(now.duration_since(steady))
    }

    /// How each limit of an account is used.
    pub(super) async fn readings(
        &self,
        account: &Account,
        Remembered { store, clock }: Remembered<'_>,
    ) -> Vec<QuotaReading> {
        let limits = self.0.lock().await;
        let reading = |kind: &QuotaKind| {
            let limiter = limits.get(&account.quota_scope().of(*kind));
            QuotaReading {
                kind: *kind,
                used: limiter.map_or([0; 2], |limiter| limiter.lock().used(clock.steady())),
                allowance: allowance(store, account, *kind),
                throttled: limiter.map_or(0, |limiter| limiter.throttled.value()),
            }
        };
        QuotaKind::ALL.iter().map(reading).collect()
    }

    /// The limit that an account's requests of one kind count against.
    pub(super) async fn of(
        &self,
        account: &Account,
        kind: QuotaKind,
        Remembered { store, clock }: Remembered<'_>,
    ) -> Result<Arc<SharedLimiter>, StoreError> {
        let (key, allowance) = (account.quota_scope().of(kind), allowance(store, account, kind));
        let mut limits = self.0.lock().await;
        if let Some(limiter) = limits.get(&key) {
            limiter.lock().allow(allowance);
            return Ok(Arc::clone(limiter));
        }
        let since = clock.steady().saturating_sub(MEMORY).unwrap_or(Timestamp::MIN);
        let used = store.rate_usage().load(key, since).await?;
        let mut limiter = Limiter::new(allowance);
        let counts = used.iter().map(|usage| SlotCount {
            slot_seconds: usage.slot_seconds,
            slot: usage.slot,
            count: usage.count,
        });
        limiter.restore(&counts.collect::<Vec<_>>());
        if let Some(pause) = pause(key, Remembered { store, clock }).await? {
            limiter.resume(pause);
        }
        let shared = SharedLimiter { key, limiter: Mutex::new(limiter), throttled: Counter::default() };
        let shared = Arc::new(shared);
        limits.insert(key, Arc::clone(&shared));
        Ok(shared)
    }
}

/// What all accounts of one scope keep to: the upstream counts what they send together.
fn allowance(store: &Store, account: &Account, kind: QuotaKind) -> Allowance {
    let directory = store.directory();
    let others = directory.accounts().filter(|one| one.is_enabled() && one.id != account.id);
    let sharing = others.filter(|one| one.quota_scope() == account.quota_scope());
    sharing.fold(account.quota.of(kind), |least, one| least.and(one.quota.of(kind)))
}

/// The pause that Azure asked an earlier process for, while it lasts.
async fn pause(
    key: QuotaKey,
    Remembered { store, clock }: Remembered<'_>,
) -> Result<Option<AskedFor>, StoreError> {
    let throttlings = store.rate_usage().throttlings(key).await?;
    let Some((at, seconds)) = throttlings.first().and_then(|one| Some((one.at, one.wait_seconds?))) else {
        return Ok(None);
    };
    let pause = AskedFor::new(at, Duration::from_secs(seconds.into()));
    // Limits go by the steady time, which begins as the time of day.
    Ok((clock.now() < pause.until).then_some(pause))
}

impl SharedLimiter {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends one request; gives what the store has to remember.
    pub(crate) fn finish(&self, now: Timestamp, ended: Ended) -> Vec<Usage> {
        if matches!(ended, Ended::TooMuch(_)) {
            self.throttled.count();
        }
        let counts = self.lock().end(now, ended);
        counts.map(|counts| self.usage(counts)).unwrap_or_default()
    }

    /// Counts requests that an earlier process left under way.
    pub(crate) fn count(&self, now: Timestamp, count: u32) -> Vec<Usage> {
        let counts = self.lock().count(now, count);
        self.usage(counts)
    }

    fn usage(&self, counts: [SlotCount; 2]) -> Vec<Usage> {
        let usage = |count: SlotCount| Usage {
            key: self.key,
            slot_seconds: count.slot_seconds,
            slot: count.slot,
            count: count.count,
        };
        counts.map(usage).to_vec()
    }
}
