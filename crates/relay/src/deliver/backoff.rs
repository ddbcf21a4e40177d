//! When to try again: longer and longer, with jitter, between limits. Pure.

use std::time::Duration;

use model::rate_limit::LONGEST_PAUSE;

/// The first wait.
const FIRST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(3_600);
/// How far a wait is spread to either side, as a part of it.
const SPREAD: f64 = 0.2;

/// The wait after `attempts` failed tries; `chance` is a fraction from 0 to 1. A wait that Azure asked
/// for is kept up to an hour, after which it is asked again, and spread to the later side only.
pub(crate) fn wait(attempts: u32, asked_for: Option<Duration>, chance: f64) -> Duration {
    match asked_for {
        Some(asked_for) => {
            let asked_for = asked_for.min(LONGEST_PAUSE);
            asked_for + asked_for.mul_f64(chance * SPREAD / 2.0)
        }
        None => {
            let doubled = FIRST.saturating_mul(1 << attempts.min(16)).min(LONGEST);
            doubled.mul_f64(1.0 - SPREAD + chance * 2.0 * SPREAD)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let middle = |attempts| wait(attempts, None, 0.5).as_secs();
        assert_eq!([0, 1, 2, 5, 7, 8, 40].map(middle), [15, 30, 60, 480, 1_920, 3_600, 3_600]);
        assert_eq!(wait(0, None, 0.0), Duration::from_secs(12));
        assert!(wait(0, None, 0.999) < Duration::from_secs(18));
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_up_to_an_hour() {
        let asked_for = Duration::from_secs(100);
        assert_eq!(wait(9, Some(asked_for), 0.0), asked_for);
        assert!(wait(9, Some(asked_for), 0.999) <= Duration::from_secs(110));
        assert_eq!(wait(9, Some(Duration::from_secs(86_400)), 0.0), LONGEST_PAUSE);
        assert!(wait(9, Some(Duration::MAX), 0.999) < LONGEST_PAUSE * 11 / 10);
    }
}
