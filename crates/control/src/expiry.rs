//! How close the end of a secret is. Pure.

use jiff::{SignedDuration, Timestamp};

/// How urgent it is to renew a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It is good for a while.
    None,
    /// It expires in less than so many days: 60, 30, 14, 7, 3 or 1.
    Days(i64),
    /// It is over.
    Expired,
}

/// Days before the end on which an alarm is raised.
const STEPS: [i64; 6] = [1, 3, 7, 14, 30, 60];
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Urgency {
    /// A number that is larger where it is more urgent.
    #[must_use]
    pub fn rank(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Days(days) => 1_000 - days,
            Self::Expired => 1_000,
        }
    }

    /// How urgent it is at `now`.
    #[must_use]
    pub fn of(expires_at: Timestamp, now: Timestamp) -> Self {
        let left = expires_at.duration_since(now);
        if !left.is_positive() {
            return Self::Expired;
        }
        let step = STEPS.into_iter().find(|days| left <= DAY * i32::try_from(*days).unwrap_or(i32::MAX));
        step.map_or(Self::None, Self::Days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgency_grows_in_steps() {
        let end = Timestamp::from_second(1_800_000_000).unwrap();
        let before = |hours: i64| Urgency::of(end, end - SignedDuration::from_hours(hours));
        assert_eq!(before(24 * 61), Urgency::None);
        assert_eq!(before(24 * 60), Urgency::Days(60));
        assert_eq!(before(24 * 10), Urgency::Days(14));
        assert_eq!(before(30), Urgency::Days(3));
        assert_eq!(before(2), Urgency::Days(1));
        assert_eq!(before(0), Urgency::Expired);
        assert_eq!(before(-5), Urgency::Expired);
        let ranks = [24 * 61, 24 * 60, 24 * 10, 30, 2, 0].map(|hours| before(hours).rank());
        assert!(ranks.is_sorted() && ranks[0] < ranks[1], "{ranks:?}");
    }
}
