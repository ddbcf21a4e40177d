//! What a 429 teaches: the upstream allows less in a window than is configured. Pure.
//!
//! Additive increase, multiplicative decrease. A 429 that comes although the window has room lowers the window's limit to nine
//! tenths of what was used in it, but at most to half of what it was. Each time that the window's length has passed twice
//! without another one, a twentieth of what is configured comes back. So a limit that was lowered once by half is whole again
//! after ten such times: 20 minutes for the minute's, 20 hours for the hour's.

use jiff::{SignedDuration, Timestamp};

/// What a window's limit was lowered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lowered {
    /// Requests that were allowed from `at` on.
    pub limit: u32,
    /// When the upstream refused.
    pub at: Timestamp,
}

/// Windows of this length that pass before a part of the limit comes back.
const WINDOWS: i64 = 2;
/// The parts of what is configured that come back one by one.
const PARTS: u32 = 20;
/// So many hundredths of what was used are tried next.
const OF_USED: u64 = 90;

impl Lowered {
    /// What a refusal teaches at `at`, when so many of `limit` were used; nothing, if all were.
    #[must_use]
    pub fn by_refusal(limit: u32, used: u32, at: Timestamp) -> Option<Self> {
        if used >= limit || limit <= 1 {
            return None;
        }
        let tried = u32::try_from(u64::from(used) * OF_USED / 100).unwrap_or(u32::MAX);
        Some(Self { limit: tried.max(limit / 2).max(1), at })
    }

    /// What the window allows at `now`, if so much is configured.
    #[must_use]
    pub fn limit_at(&self, configured: u32, seconds: u32, now: Timestamp) -> u32 {
        let passed = now.duration_since(self.at).as_secs().max(0) / (WINDOWS * i64::from(seconds.max(1)));
        let back = u64::try_from(passed).unwrap_or(0).saturating_mul(u64::from(part(configured)));
        let limit = u64::from(self.limit).saturating_add(back).min(u64::from(configured));
        u32::try_from(limit).unwrap_or(configured)
    }

    /// When the window allows all that is configured again, if no other refusal comes.
    #[must_use]
    pub fn ends_at(&self, configured: u32, seconds: u32) -> Timestamp {
        let missing = configured.saturating_sub(self.limit).div_ceil(part(configured));
        let wait = i64::from(missing).saturating_mul(WINDOWS * i64::from(seconds));
        self.at.saturating_add(SignedDuration::from_secs(wait)).unwrap_or(Timestamp::MAX)
    }
}

fn part(configured: u32) -> u32 {
    configured.div_ceil(PARTS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_refusal_lowers_and_time_raises() {
        for (limit, used, lowered) in
            [(100, 70, Some(63)), (100, 10, Some(50)), (100, 100, None), (2, 1, Some(1)), (1, 0, None)]
        {
            let found = Lowered::by_refusal(limit, used, at(0)).map(|lowered| lowered.limit);
            assert_eq!(found, lowered, "{used} of {limit}");
        }
        let lowered = Lowered { limit: 63, at: at(0) };
        for (seconds, limit) in
            [(0, 63), (7_199, 63), (7_200, 68), (14_400, 73), (57_600, 100), (1 << 30, 100)]
        {
            assert_eq!(lowered.limit_at(100, 3_600, at(seconds)), limit, "after {seconds} s");
        }
        assert_eq!(lowered.limit_at(100, 3_600, at(-9)), 63, "a clock that was set back");
        assert_eq!(lowered.ends_at(100, 3_600), at(57_600));
        assert_eq!(lowered.limit_at(50, 3_600, at(0)), 50, "less was configured since");
    }

    proptest! {
        /// Whatever refusals come: the limit stays between one and what is configured, only grows between them, and is whole
        /// again when it is said to be.
        #[test]
        fn it_never_leaves_its_bounds_and_always_comes_back(
            configured in 1_u32..5_000, seconds in prop_oneof![Just(60_u32), Just(3_600)],
            refusals in proptest::collection::vec((0_i64..20_000, 0.0_f64..1.0), 0..40),
        ) {
            let (mut now, mut lowered) = (0, None::<Lowered>);
            let limit = |lowered: &Option<Lowered>, now| {
                lowered.map_or(configured, |lowered: Lowered| lowered.limit_at(configured, seconds, at(now)))
            };
            for (wait, used) in refusals {
                prop_assert!(limit(&lowered, now) <= limit(&lowered, now + wait));
                now += wait;
                let before = limit(&lowered, now);
                let used = (f64::from(before) * used) as u32;
                lowered = Lowered::by_refusal(before, used, at(now)).or(lowered);
                let after = limit(&lowered, now);
                prop_assert!((1..=configured).contains(&after));
                prop_assert!(after < before || before == 1, "{after} after {before}");
                prop_assert!(after >= before / 2);
            }
            if let Some(lowered) = lowered {
                let end = lowered.ends_at(configured, seconds);
                prop_assert_eq!(lowered.limit_at(configured, seconds, end), configured);
                prop_assert!(end.duration_since(at(now)).as_secs() <= 40 * i64::from(seconds));
            }
        }
    }
}
