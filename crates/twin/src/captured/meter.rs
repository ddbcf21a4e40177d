//! A limit by minute and by hour, kept exactly: every request is remembered for an hour.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// Requests of the last hour.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    counted: VecDeque<Timestamp>,
    /// Requests in all.
    pub total: u64,
    /// Requests that came over the limit.
    pub throttled: u64,
}

/// The limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// Whole seconds until the next request passes.
    pub retry_after_seconds: u64,
}

const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const HOUR: SignedDuration = SignedDuration::from_secs(3_600);

impl Meter {
    pub(super) fn count(
        &mut self,
        now: Timestamp,
        per_minute: u32,
        per_hour: u32,
        throttled_counts: bool,
    ) -> Result<(), Throttled> {
        self.total += 1;
        while self.counted.front().is_some_and(|at| now.duration_since(*at) >= HOUR) {
            self.counted.pop_front();
        }
        let wait = self.longest_wait(now, per_minute, per_hour);
        if wait.is_zero() || throttled_counts {
            self.counted.push_back(now);
        }
        if wait.is_zero() {
            return Ok(());
        }
        self.throttled += 1;
        let seconds = u64::try_from(wait.as_millis()).unwrap_or(0).div_ceil(1_000);
        Err(Throttled { retry_after_seconds: seconds.max(1) })
    }

    /// Whether one more would be within the limits.
    pub(super) fn has_room(&self, now: Timestamp, per_minute: u32, per_hour: u32) -> bool {
        self.longest_wait(now, per_minute, per_hour).is_zero()
    }

    fn longest_wait(&self, now: Timestamp, per_minute: u32, per_hour: u32) -> SignedDuration {
        self.wait(now, per_minute, MINUTE).max(self.wait(now, per_hour, HOUR))
    }

    /// How long until fewer than `limit` requests lie within `window`.
    fn wait(&self, now: Timestamp, limit: u32, window: SignedDuration) -> SignedDuration {
        let Some(from_end) = self.counted.len().checked_sub(limit as usize) else {
            return SignedDuration::ZERO;
        };
        match self.counted.get(from_end) {
            Some(at) => (window - now.duration_since(*at)).max(SignedDuration::ZERO),
            // A limit of nothing.
            None => window,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn both_windows_slide() {
        let mut meter = Meter::default();
        let mut count =
            |milliseconds| meter.count(at(milliseconds), 2, 3, false).map_err(|t| t.retry_after_seconds);
        assert_eq!(count(0), Ok(()));
        assert_eq!(count(30_000), Ok(()));
        assert_eq!(count(59_999), Err(1));
        assert_eq!(count(60_000), Ok(()));
        assert_eq!(count(61_000), Err(3_539));
        assert_eq!(count(3_599_999), Err(1));
        assert_eq!(count(3_600_000), Ok(()));
        assert_eq!((meter.total, meter.throttled), (7, 3));
    }
}
