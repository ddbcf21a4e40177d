//! Token buckets: how much is left of what may be asked, by who asks where for what.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use azure_types::ids::{PrincipalId, SubscriptionId};
use jiff::Timestamp;

use crate::state::Bucket;

/// What is left in all buckets.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashMap<Counted, Level>>);

/// Who asks where for what; nobody in particular where all apps count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Counted {
    pub(crate) principal: Option<PrincipalId>,
    pub(crate) subscription: Option<SubscriptionId>,
    /// `reads`, `writes` or `deletes`.
    pub(crate) kind: &'static str,
}

/// A bucket without a whole token.
#[derive(Debug)]
pub(crate) struct Empty {
    /// Thousandths of a token that are in it.
    pub(crate) left: u64,
}

/// What is in a bucket, in thousandths of a token, and since when.
#[derive(Clone, Copy, Debug)]
struct Level {
    left: u64,
    at: Timestamp,
}

impl Buckets {
    /// Takes a token out of a bucket of that size, and gives how many are left.
    pub(crate) fn take(&self, counted: Counted, bucket: Bucket, now: Timestamp) -> Result<u64, Empty> {
        let mut levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Level { left: u64::from(bucket.size) * 1_000, at: now };
        let level = levels.entry(counted).or_insert(full);
        level.refill(bucket, now);
        level.left = level.left.checked_sub(1_000).ok_or(Empty { left: level.left })?;
        Ok(level.left / 1_000)
    }

    /// Fills all buckets.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
