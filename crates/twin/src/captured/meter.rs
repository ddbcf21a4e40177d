//! A limit by minute and by hour, kept exactly: every request is remembered for an hour.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::state::{Counting, Throttling};

/// Requests of the last hour.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    counted: VecDeque<Timestamp>,
    /// When the bucket of the minute and that of the hour would be full again.
    full_again: [Timestamp; 2],
    punished_until: Timestamp,
    /// Requests in all.
    pub total: u64,
    /// Requests that came over the limit.
    pub throttled: u64,
}

/// How many requests are allowed, and how they are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeterRule {
    pub(super) per_minute: u32,
    pub(super) per_hour: u32,
    pub(super) throttling: Throttling,
    /// Whether a request over the limit counts as well.
    pub(super) throttled_count: bool,
}

/// The limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// Whole seconds until the next request passes.
    pub retry_after_seconds: u64,
}

const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const HOUR: SignedDuration = SignedDuration::from_secs(3_600);

impl MeterRule {
    fn windows(self) -> [(u32, SignedDuration); 2] {
        [(self.per_minute, MINUTE), (self.per_hour, HOUR)]
    }
}

impl Meter {
    pub(super) fn count(&mut self, now: Timestamp, rule: MeterRule) -> Result<(), Throttled> {
        self.total += 1;
        while self.counted.front().is_some_and(|at| now.duration_since(*at) >= HOUR) {
            self.counted.pop_front();
        }
        let wait = self.longest_wait(now, rule);
        if wait.is_zero() || rule.throttled_count {
            self.add(now, rule);
        }
        if wait.is_zero() {
            return Ok(());
        }
        self.throttled += 1;
        let wait = self.punish(now, wait, rule.throttling);
        let seconds = u64::try_from(wait.as_millis()).unwrap_or(0).div_ceil(1_000);
        Err(Throttled { retry_after_seconds: seconds.max(1) })
    }

    /// Whether one more would be within the limits.
    pub(super) fn has_room(&self, now: Timestamp, rule: MeterRule) -> bool {
        self.longest_wait(now, rule).is_zero()
    }

    fn add(&mut self, now: Timestamp, rule: MeterRule) {
        self.counted.push_back(now);
        for (full_again, (limit, window)) in self.full_again.iter_mut().zip(rule.windows()) {
            *full_again = clock::after((*full_again).max(now), share(window, limit));
        }
    }

    /// Begins the pause that a request over the limit brings, unless one is under way; gives the longer wait.
    fn punish(&mut self, now: Timestamp, wait: SignedDuration, throttling: Throttling) -> SignedDuration {
        if self.punished_until <= now {
            let pause = SignedDuration::from_secs(i64::from(throttling.punishment_seconds));
            self.punished_until = clock::after(now, pause);
        }
        wait.max(self.punished_until.duration_since(now))
    }

    fn longest_wait(&self, now: Timestamp, rule: MeterRule) -> SignedDuration {
        let punished = self.punished_until.duration_since(now).max(SignedDuration::ZERO);
        let windows = rule.windows().into_iter().zip(self.full_again);
        let waits = windows.map(|((limit, window), full_again)| match rule.throttling.counting {
            Counting::Sliding => self.sliding(now, limit, window),
            Counting::Clock => self.until_the_clock_turns(now, limit, window),
            Counting::Bucket => in_the_bucket(now, limit, window, full_again),
        });
        waits.fold(punished, SignedDuration::max)
    }

    /// How long until fewer than `limit` requests lie within `window`.
    fn sliding(&self, now: Timestamp, limit: u32, window: SignedDuration) -> SignedDuration {
        let Some(from_end) = self.counted.len().checked_sub(limit as usize) else {
            return SignedDuration::ZERO;
        };
        match self.counted.get(from_end) {
            Some(at) => (window - now.duration_since(*at)).max(SignedDuration::ZERO),
            // A limit of nothing.
            None => window,
        }
    }

    /// How long until the next whole minute or hour, if this one has its requests.
    fn until_the_clock_turns(&self, now: Timestamp, limit: u32, window: SignedDuration) -> SignedDuration {
        let begun = now.as_second().div_euclid(window.as_secs());
        let within = |at: &&Timestamp| at.as_second().div_euclid(window.as_secs()) == begun;
        let used = self.counted.iter().rev().take_while(within).count();
        if used < limit as usize {
            return SignedDuration::ZERO;
        }
        let next = Timestamp::from_second((begun + 1) * window.as_secs()).unwrap_or(Timestamp::MAX);
        next.duration_since(now)
    }
}

/// How long until a bucket of `limit` tokens, filled evenly over `window`, has one.
fn in_the_bucket(
    now: Timestamp,
    limit: u32,
    window: SignedDuration,
    full_again: Timestamp,
) -> SignedDuration {
    if limit == 0 {
        return window;
    }
    (full_again.duration_since(now) + share(window, limit) - window).max(SignedDuration::ZERO)
}

/// The time in which one of `limit` tokens comes back.
fn share(window: SignedDuration, limit: u32) -> SignedDuration {
    window / i32::try_from(limit.max(1)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times in milliseconds, and the seconds to wait that a request then gets; 0 if it passes.
    fn check(counting: Counting, punishment_seconds: u32, expected: &[(i64, u64)]) -> Meter {
        let throttling = Throttling { counting, punishment_seconds };
        let rule = MeterRule { per_minute: 2, per_hour: 3, throttling, throttled_count: false };
        let mut meter = Meter::default();
        for (milliseconds, wait) in expected {
            let now = Timestamp::from_millisecond(*milliseconds).unwrap();
            assert_eq!(meter.has_room(now, rule), *wait == 0, "{milliseconds}");
            let counted = meter.count(now, rule).map_err(|throttled| throttled.retry_after_seconds);
            assert_eq!(counted.err().unwrap_or(0), *wait, "{milliseconds}");
        }
        meter
    }

    #[test]
    fn both_windows_slide() {
        let expected =
            [(0, 0), (30_000, 0), (59_999, 1), (60_000, 0), (61_000, 3_539), (3_599_999, 1), (3_600_000, 0)];
        let meter = check(Counting::Sliding, 0, &expected);
        assert_eq!((meter.total, meter.throttled), (7, 3));
    }

    /// Twice the allowance passes where two minutes meet, which no sliding window lets through.
    #[test]
    fn minutes_and_hours_are_those_of_the_clock() {
        let expected = [
            (50_000, 0),
            (58_000, 0),
            (59_000, 1),
            (60_000, 0),
            (61_000, 3_539),
            (3_600_000, 0),
            (3_600_500, 0),
            (3_601_000, 59),
        ];
        check(Counting::Clock, 0, &expected);
    }

    /// A bucket of two comes back every 30 s, and one of three every 20 minutes.
    #[test]
    fn buckets_fill_evenly() {
        let expected = [
            (0, 0),
            (1_000, 0),
            (2_000, 28),
            (30_000, 0),
            (60_000, 1_140),
            (1_200_000, 0),
            (1_201_000, 1_199),
        ];
        check(Counting::Bucket, 0, &expected);
    }

    #[test]
    fn a_request_too_many_is_punished_once() {
        let expected = [
            (0, 0),
            (1_000, 0),
            (2_000, 3_000),
            (60_000, 2_942),
            (3_001_999, 1),
            (3_002_000, 0),
            (3_003_000, 3_000),
        ];
        check(Counting::Sliding, 3_000, &expected);
    }
}
