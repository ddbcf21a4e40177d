//! How much each app may ask of Resource Manager: a token bucket for reads, writes and deletions.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use azure_types::ids::{PrincipalId, SubscriptionId};
use jiff::Timestamp;

use super::call::Call;
use crate::refusal::Refusal;
use crate::world::Bucket;

/// What is left in all buckets.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<Counted, Level>>);

/// Who asks where for what.
type Counted = (PrincipalId, Option<SubscriptionId>, &'static str);

#[derive(Clone, Copy, Debug)]
struct Level {
    /// In thousandths.
    left: u64,
    at: Timestamp,
}

/// What is left after a call that passed.
pub(super) struct Remaining {
    header: &'static str,
    left: u64,
}

impl Throttle {
    /// Counts a call, or refuses it.
    pub(super) fn count(&self, call: &Call<'_>) -> Result<Remaining, Refusal> {
        let habits = call.state.world().habits.clone();
        let (kind, bucket) = match call.method {
            Method::GET | Method::HEAD => ("reads", habits.arm_reads),
            Method::DELETE => ("deletes", habits.arm_deletes),
            _ => ("writes", habits.arm_writes),
        };
        let subscription = call.subscription();
        let mut levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = call.state.now();
        let full = Level { left: u64::from(bucket.size) * 1_000, at: now };
        let level = levels.entry((call.claims.oid, subscription, kind)).or_insert(full);
        level.refill(bucket, now);
        let Some(left) = level.left.checked_sub(1_000) else {
            call.state.count_call("refused");
            let missing = 1_000 - level.left;
            let wait = missing.div_ceil(u64::from(bucket.per_second.max(1)) * 1_000);
            let text = format!(
                "Number of '{kind}' requests exceeded the limit. Please try again after '{wait}' seconds."
            );
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "SubscriptionRequestsThrottled", text);
            return Err(refusal.retry_after(wait.max(1)));
        };
        level.left = left;
        call.state.count_call(kind);
        Ok(Remaining { header: header(subscription.is_some(), kind), left: left / 1_000 })
    }

    /// Fills all buckets.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn header(in_subscription: bool, kind: &str) -> &'static str {
    match (in_subscription, kind) {
        (true, "reads") => "x-ms-ratelimit-remaining-subscription-reads",
        (true, "deletes") => "x-ms-ratelimit-remaining-subscription-deletes",
        (true, _) => "x-ms-ratelimit-remaining-subscription-writes",
        (false, "reads") => "x-ms-ratelimit-remaining-tenant-reads",
        (false, _) => "x-ms-ratelimit-remaining-tenant-writes",
    }
}

impl Level {
    fn refill(&mut self, bucket: Bucket, now: Timestamp) {
        let gone = u64::try_from(now.duration_since(self.at).as_millis()).unwrap_or(0);
        let full = u64::from(bucket.size) * 1_000;
        self.left = full.min(self.left.saturating_add(gone.saturating_mul(u64::from(bucket.per_second))));
        self.at = now;
    }
}

impl Remaining {
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(self.header, HeaderValue::from(self.left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn a_bucket_fills_with_time_and_not_beyond_its_size() {
        let (bucket, now) = (Bucket { size: 10, per_second: 2 }, Timestamp::UNIX_EPOCH);
        let mut level = Level { left: 0, at: now };
        level.refill(bucket, now + SignedDuration::from_millis(1_500));
        assert_eq!(level.left, 3_000);
        level.refill(bucket, now + SignedDuration::from_mins(1));
        assert_eq!(level.left, 10_000);
    }
}
