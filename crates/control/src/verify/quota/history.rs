//! What Azure's refusals of the last week say about its limits. Pure.

use jiff::{SignedDuration, Timestamp};
use model::quota::Allowance;
use store::Throttling;

/// Refusals older than this say nothing about today.
const RECENT: SignedDuration = SignedDuration::from_hours(24 * 7);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// A longer pause is for the limit of an hour.
const MINUTE_SECONDS: u32 = 60;

/// What was refused although less had been sent than is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    pub(super) refused: usize,
    /// Sends in the minute before, where the limit of a minute was reached: the fewest.
    minute: Option<u32>,
    /// Sends in the hour before, where the limit of an hour was reached: the fewest.
    hour: Option<u32>,
}

impl History {
    pub(super) fn of(refusals: Vec<Throttling>, now: Timestamp, configured: Allowance) -> Self {
        let since = now.saturating_sub(RECENT).unwrap_or(Timestamp::MIN);
        let recent: Vec<Throttling> = refusals.into_iter().filter(|one| one.at > since).collect();
        let is_hour = |one: &Throttling| one.wait_seconds.is_some_and(|wait| wait > MINUTE_SECONDS);
        // Near its end, an hour that is used up is told by a short wait, too.
        let is_end_of_hour = |one: &Throttling| {
            let is_before = |other: &Throttling| other.at < one.at && one.at.duration_since(other.at) <= HOUR;
            recent.iter().any(|other| is_hour(other) && is_before(other))
        };
        let mut history = Self::default();
        for one in &recent {
            let least = |known: Option<u32>, seen: u32| Some(known.map_or(seen, |known| known.min(seen)));
            if is_hour(one) && one.in_hour < configured.per_hour {
                history.refused += 1;
                history.hour = least(history.hour, one.in_hour);
            } else if !is_hour(one) && one.in_minute < configured.per_minute && !is_end_of_hour(one) {
                history.refused += 1;
                // Where Azure did not say how long to wait, nobody knows which limit it was.
                if one.wait_seconds.is_some() {
                    history.minute = least(history.minute, one.in_minute);
                }
            }
        }
        history
    }

    /// How often, and after how many sends.
    pub(super) fn say(&self) -> String {
        let after = match (self.minute, self.hour) {
            (Some(minute), Some(hour)) => {
                format!(", once after {minute} sends in a minute and once after {hour} in an hour")
            }
            (Some(minute), None) => format!(", once after {minute} sends in a minute"),
            (None, Some(hour)) => format!(", once after {hour} sends in an hour"),
            (None, None) => String::new(),
        };
        if self.refused == 1 {
            format!("once{}", after.replace("once ", ""))
        } else {
            format!("{} times{after}", self.refused)
        }
    }

    /// Limits that would have kept within Azure's limits. Never below its default, which it grants to everybody; `None`
    /// where that leaves nothing to lower.
    pub(super) fn sensible(&self, configured: Allowance, default: Allowance) -> Option<Allowance> {
        let below = |seen: Option<u32>, configured: u32, default: u32| match seen {
            Some(seen) => rounded(seen.saturating_sub(1)).max(default).min(configured),
            None => configured,
        };
        let per_hour = below(self.hour, configured.per_hour, default.per_hour);
        let per_minute = below(self.minute, configured.per_minute, default.per_minute).min(per_hour);
        let sensible = Allowance { per_minute, per_hour, per_day: None };
        (sensible != configured).then_some(sensible)
    }
}

/// Two digits that count, and zeros: nobody was granted 339 an hour.
fn rounded(count: u32) -> u32 {
    let mut unit = 1;
    while count / unit >= 100 {
        unit *= 10;
    }
    count / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Allowance = Allowance { per_minute: 30, per_hour: 100, per_day: None };
    const RAISED: Allowance = Allowance { per_minute: 100, per_hour: 1_000, per_day: None };

    fn refusal(minutes_ago: i64, (in_minute, in_hour): (u32, u32), wait_seconds: Option<u32>) -> Throttling {
        Throttling { at: now() - SignedDuration::from_mins(minutes_ago), in_minute, in_hour, wait_seconds }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn check(configured: Allowance, refusals: &[Throttling], expected: Option<(u32, u32)>) {
        let history = History::of(refusals.to_vec(), now(), configured);
        let sensible = history.sensible(configured, DEFAULT).map(|one| (one.per_minute, one.per_hour));
        assert_eq!(sensible, expected, "{refusals:?}: {history:?}");
    }

    #[test]
    fn a_long_wait_is_the_hour_and_a_short_one_the_minute() {
        check(RAISED, &[refusal(9, (2, 88), Some(1_700))], Some((100, 100)));
        check(RAISED, &[refusal(9, (2, 348), Some(1_700))], Some((100, 340)));
        check(RAISED, &[refusal(9, (61, 88), Some(40))], Some((60, 1_000)));
        check(RAISED, &[refusal(9, (2, 88), Some(40))], Some((30, 1_000)));
        check(RAISED, &[refusal(99, (61, 88), Some(60)), refusal(9, (2, 348), Some(61))], Some((60, 340)));
    }

    #[test]
    fn the_last_minute_of_an_hour_that_is_used_up_says_nothing_of_the_minute() {
        check(
            RAISED,
            &[refusal(9, (2, 347), Some(30)), refusal(40, (9, 348), Some(1_700))],
            Some((100, 340)),
        );
    }

    #[test]
    fn nothing_below_what_azure_grants_to_everybody_is_proposed() {
        check(DEFAULT, &[refusal(9, (2, 87), Some(1_700))], None);
        check(DEFAULT, &[refusal(9, (2, 87), Some(30))], None);
        check(RAISED, &[refusal(9, (2, 87), None)], None);
    }

    #[test]
    fn what_is_old_or_was_over_the_limit_is_no_news() {
        for one in [
            refusal(60 * 24 * 8, (2, 3), Some(9)),
            refusal(9, (100, 600), Some(9)),
            refusal(9, (9, 1_000), Some(99)),
        ] {
            assert_eq!(History::of(vec![one], now(), RAISED).refused, 0, "{one:?}");
        }
    }
}
