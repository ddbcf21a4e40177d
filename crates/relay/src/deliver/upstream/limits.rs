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

use model::rate_limit::{AskedFor, Ended, LimitView, Limiter, Refusal, SlotCount};

/// Length of the slots in which sends are remembered for reports.
const HOUR_SECONDS: u32 = 3_600;

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
        let mut limiter = Limiter::new(allowance);
        let steady = clock.steady();
        let since = steady.saturating_sub(limiter.memory()).unwrap_or(Timestamp::MIN);
        let used = store.rate_usage().load(key, since).await?;
        let counts = used.iter().map(|usage| SlotCount {
            slot_seconds: usage.slot_seconds,
            slot: usage.slot,
            count: usage.count,
        });
        limiter.restore(&counts.collect::<Vec<_>>(), steady);
        let refusals = refusals(key, Remembered { store, clock }).await?;
        refusals.iter().for_each(|refusal| limiter.relearn(refusal));
        if let Some(pause) = pause(&refusals, clock.now()) {
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

/// What Azure refused earlier processes, the oldest first; not what came while it had asked for a pause.
async fn refusals(
    key: QuotaKey,
    Remembered { store, clock }: Remembered<'_>,
) -> Result<Vec<Refusal>, StoreError> {
    let (now, mut until) = (clock.now(), Timestamp::MIN);
    let mut refusals = Vec::new();
    for one in store.rate_usage().throttlings(key).await?.into_iter().rev() {
        // A clock that was set back makes them no later than now.
        let at = one.at.min(now);
        if at < until {
            continue;
        }
        let wait = Duration::from_secs(one.wait_seconds.unwrap_or_default().into());
        until = AskedFor::new(at, wait).until;
        // The refused request is counted, too.
        let used = [one.in_minute, one.in_hour].map(|used| used.saturating_sub(1));
        refusals.push(Refusal { at, used, wait });
    }
    Ok(refusals)
}

/// The pause that Azure asked an earlier process for, while it lasts.
fn pause(refusals: &[Refusal], now: Timestamp) -> Option<AskedFor> {
    let last = refusals.last()?;
    // Limits go by the steady time, which begins as the time of day.
    Some(AskedFor::new(last.at, last.wait)).filter(|pause| now < pause.until)
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

    /// What is remembered: the slots of the windows, and of sends the hours, for reports.
    fn usage(&self, mut counts: Vec<SlotCount>) -> Vec<Usage> {
        if let Some(first) = counts.first().copied().filter(|_| self.key.kind == QuotaKind::Sends) {
            let slot = (first.slot * i64::from(first.slot_seconds)).div_euclid(i64::from(HOUR_SECONDS));
            counts.push(SlotCount { slot_seconds: HOUR_SECONDS, slot, count: first.count });
        }
        let usage = |count: SlotCount| Usage {
            key: self.key,
            slot_seconds: count.slot_seconds,
            slot: count.slot,
            count: count.count,
        };
        counts.into_iter().map(usage).collect()
    }
}
