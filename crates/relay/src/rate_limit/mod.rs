//! The rate limit of an upstream: so many requests in any minute and in any hour. Pure.
//!
//! A request counts from the moment it starts until a whole window after it ended, because nobody knows
//! when in between Azure counted it. Ended requests are kept in slots of time, each counted until its
//! youngest possible request has left the window; what that wastes is under 2 % of the allowance.
//!
//! After a 429 nothing starts until the [`pause`] is over that Azure asked for; then one request does, and
//! its answer decides whether others may.

mod pause;
mod view;

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::quota::Allowance;

pub use self::pause::AskedFor;
pub(crate) use self::pause::LONGEST as LONGEST_PAUSE;
use self::pause::{Pause, Starts};
pub use self::view::{FullWindow, LimitView};

/// One limit of one subscription.
#[derive(Clone, Debug)]
pub struct Limiter {
    windows: [Window; 2],
    under_way: u32,
    pause: Pause,
}

/// How a request ended, as the rate limit counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It never reached Azure.
    Unsent,
    /// Azure may have counted it, and did not answer.
    Unanswered,
    /// Azure answered, and not that there was too much.
    Answered,
    /// Azure answered that there was too much, and wants so long a pause.
    TooMuch(Duration),
}

/// Requests that ended within one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotCount {
    /// Length of the slot.
    pub slot_seconds: u32,
    /// Its number since 1970.
    pub slot: i64,
    pub count: u32,
}

#[derive(Clone, Debug)]
struct Window {
    seconds: u32,
    slot_seconds: u32,
    limit: u32,
    slots: VecDeque<(i64, u32)>,
    used: u32,
}

impl Limiter {
    /// A limit of which nothing is used yet.
    #[must_use]
    pub fn new(allowance: Allowance) -> Self {
        Self {
            windows: [Window::new(60, 1, allowance.per_minute), Window::new(3_600, 30, allowance.per_hour)],
            under_way: 0,
            pause: Pause::default(),
        }
    }

    /// Changes the limit; what is used stays used.
    pub fn allow(&mut self, allowance: Allowance) {
        self.windows[0].limit = allowance.per_minute;
        self.windows[1].limit = allowance.per_hour;
    }

    /// Counts requests of an earlier process.
    pub fn restore(&mut self, counts: &[SlotCount]) {
        for count in counts {
            if let Some(window) =
                self.windows.iter_mut().find(|window| window.slot_seconds == count.slot_seconds)
            {
                window.add(count.slot, count.count);
            }
        }
    }

    /// How many requests may start now.
    #[must_use]
    pub fn permits(&mut self, now: Timestamp) -> u32 {
        let under_way = self.under_way;
        let most = match self.pause.starts(now, under_way) {
            Starts::NoneBefore(_) | Starts::NoneYet => return 0,
            Starts::One => 1,
            Starts::Any => u32::MAX,
        };
        let free = self.windows.iter_mut().map(|window| window.free(now).saturating_sub(under_way)).min();
        free.unwrap_or(0).min(most)
    }

    /// When the next request may start, if time alone brings that about; now, if one may start now.
    /// `None` while only the end of a request under way can allow it.
    #[must_use]
    pub fn next_permit(&mut self, now: Timestamp) -> Option<Timestamp> {
        let under_way = self.under_way;
        let mut next = match self.pause.starts(now, under_way) {
            Starts::NoneBefore(until) => until,
            Starts::NoneYet => return None,
            Starts::One | Starts::Any => now,
        };
        for window in &mut self.windows {
            next = next.max(window.room_at(now, under_way)?);
        }
        Some(next)
    }

    /// Counts requests as started, before they are sent.
    pub fn start(&mut self, count: u32) {
        self.under_way += count;
        self.pause.start();
    }

    /// Ends one request; gives what has to be remembered, if Azure may have counted it.
    pub(crate) fn end(&mut self, now: Timestamp, ended: Ended) -> Option<[SlotCount; 2]> {
        self.under_way = self.under_way.saturating_sub(1);
        match ended {
            Ended::Unsent | Ended::Unanswered => self.pause.leave_open(),
            Ended::Answered => self.pause.answered(now),
            Ended::TooMuch(wait) => self.pause.ask(AskedFor::new(now, wait)),
        }
        (ended != Ended::Unsent).then(|| self.count(now, 1))
    }

    /// Ends one request that never reached Azure.
    pub fn cancel(&mut self) {
        let _ = self.end(Timestamp::MIN, Ended::Unsent);
    }

    /// Counts requests that have ended, such as those that a crash left under way.
    pub fn count(&mut self, now: Timestamp, count: u32) -> [SlotCount; 2] {
        let counts = [0, 1].map(|index: usize| {
            let window = &self.windows[index];
            SlotCount { slot_seconds: window.slot_seconds, slot: window.slot_of(now), count }
        });
        self.restore(&counts);
        counts
    }

    /// Takes up a pause that Azure asked an earlier process for.
    pub(crate) fn resume(&mut self, pause: AskedFor) {
        self.pause.ask(pause);
    }

    /// Requests that count in the minute and in the hour before now.
    #[must_use]
    pub fn used(&mut self, now: Timestamp) -> [u32; 2] {
        self.windows.each_mut().map(|window| window.limit.saturating_sub(window.free(now)))
    }
}

impl Window {
    fn new(seconds: u32, slot_seconds: u32, limit: u32) -> Self {
        Self { seconds, slot_seconds, limit, slots: VecDeque::new(), used: 0 }
    }

    fn slot_of(&self, time: Timestamp) -> i64 {
        time.as_second().div_euclid(i64::from(self.slot_seconds))
    }

    fn add(&mut self, slot: i64, count: u32) {
        self.used += count;
        // Slots come in order but for those that are restored.
        let position = self.slots.partition_point(|(other, _)| *other < slot);
        match self.slots.get_mut(position) {
            Some((other, total)) if *other == slot => *total += count,
            _ => self.slots.insert(position, (slot, count)),
        }
    }

    /// Forgets slots that have left the window; says how much is free.
    fn free(&mut self, now: Timestamp) -> u32 {
        while let Some((slot, count)) = self.slots.front().copied() {
            if self.end_of(slot) > now {
                break;
            }
            self.used -= count;
            self.slots.pop_front();
        }
        self.limit.saturating_sub(self.used)
    }

    /// When so much has left that one more fits beside what is under way.
    fn room_at(&mut self, now: Timestamp, under_way: u32) -> Option<Timestamp> {
        if self.limit <= under_way {
            return None;
        }
        let mut free = self.free(now);
        if free > under_way {
            return Some(now);
        }
        self.slots.iter().find_map(|(slot, count)| {
            free += count;
            (free > under_way).then(|| self.end_of(*slot))
        })
    }

    /// When the last request of a slot has left the window.
    fn end_of(&self, slot: i64) -> Timestamp {
        let end = (slot + 1) * i64::from(self.slot_seconds) + i64::from(self.seconds);
        Timestamp::from_second(end).unwrap_or(Timestamp::MAX)
    }
}

/// The longest window: what ended before that is not remembered.
pub(crate) const MEMORY: SignedDuration = SignedDuration::from_secs(3_600 + 60);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALLOWANCE: Allowance = Allowance { per_minute: 30, per_hour: 100 };

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn a_burst_uses_the_minute_and_then_the_hour() {
        let mut limiter = Limiter::new(ALLOWANCE);
        let mut sent = Vec::new();
        let mut now = 0;
        while now < 2 * 3_600_000 {
            let permits = limiter.permits(at(now));
            limiter.start(permits);
            for _ in 0..permits {
                limiter.end(at(now), Ended::Answered);
                sent.push(now);
            }
            let next = limiter.next_permit(at(now)).unwrap();
            now = (next.as_millisecond() - 1_800_000_000_000).max(now + 1);
        }
        for window in [60_000, 3_600_000] {
            let most =
                sent.iter().map(|t| sent.iter().filter(|s| (*t..*t + window).contains(*s)).count()).max();
            assert_eq!(most, Some(if window == 60_000 { 30 } else { 100 }));
        }
        assert!(sent.len() >= 196, "98 % of the allowance of two hours are used: {}", sent.len());
    }

    #[test]
    fn what_is_under_way_counts_until_a_window_after_its_end() {
        let mut limiter = Limiter::new(Allowance { per_minute: 2, per_hour: 100 });
        limiter.start(2);
        assert_eq!((limiter.permits(at(0)), limiter.next_permit(at(0))), (0, None));
        limiter.end(at(500), Ended::Answered);
        limiter.cancel();
        assert_eq!(limiter.permits(at(500)), 1);
        limiter.start(1);
        assert_eq!(limiter.permits(at(60_999)), 0);
        assert_eq!(limiter.permits(at(61_000)), 1);
    }

    #[test]
    fn a_restart_forgets_nothing() {
        let mut before = Limiter::new(ALLOWANCE);
        let counts: Vec<SlotCount> = (0..25).flat_map(|n| before.count(at(n * 100), 1)).collect();
        let mut after = Limiter::new(ALLOWANCE);
        after.restore(&counts);
        assert_eq!(after.permits(at(3_000)), 5);
        assert_eq!(after.permits(at(3_000)), before.permits(at(3_000)));
    }

    #[test]
    fn after_a_pause_one_request_starts_and_its_answer_decides() {
        let mut limiter = Limiter::new(ALLOWANCE);
        limiter.start(2);
        limiter.end(at(0), Ended::TooMuch(Duration::from_secs(10)));
        assert_eq!((limiter.permits(at(9_999)), limiter.next_permit(at(0))), (0, Some(at(10_000))));
        // What was under way before says nothing about the pause.
        assert_eq!((limiter.permits(at(10_000)), limiter.next_permit(at(10_000))), (0, None));
        limiter.end(at(10_000), Ended::Unanswered);
        assert_eq!(limiter.permits(at(10_000)), 1);
        limiter.start(1);
        assert_eq!((limiter.permits(at(10_001)), limiter.next_permit(at(10_001))), (0, None));
        limiter.cancel();
        assert_eq!(limiter.permits(at(10_001)), 1, "the trial was never sent");
        limiter.start(1);
        limiter.end(at(11_000), Ended::TooMuch(Duration::from_secs(86_400)));
        let pause = limiter.view(at(11_000)).pause.unwrap();
        assert_eq!((pause.since, pause.until, pause.asked_until), (at(0), at(3_611_000), at(86_411_000)));
        assert_eq!(limiter.permits(at(3_610_999)), 0);
        assert_eq!(limiter.permits(at(3_611_000)), 1, "an hour at most, and then one");
        limiter.start(1);
        limiter.end(at(3_611_000), Ended::Answered);
        assert_eq!((limiter.permits(at(3_611_000)), limiter.view(at(3_611_000)).pause), (29, None));
    }

    #[test]
    fn a_view_says_which_window_is_full_and_until_when() {
        let mut limiter = Limiter::new(ALLOWANCE);
        limiter.count(at(0), 29);
        assert_eq!(limiter.view(at(0)).full, None);
        limiter.count(at(500), 1);
        let full = |seconds, limit, (since, until)| {
            Some(FullWindow { seconds, limit, since: at(since), until: Some(at(until)) })
        };
        assert_eq!(limiter.view(at(600)).full, full(60, 30, (0, 61_000)));
        assert_eq!(limiter.view(at(61_000)).full, None);
        limiter.count(at(90_000), 70);
        assert_eq!(
            limiter.view(at(90_000)).full,
            full(3_600, 100, (90_000, 3_630_000)),
            "the hour frees later"
        );
        assert_eq!(limiter.view(at(90_000)).full.unwrap().until, limiter.next_permit(at(90_000)));
        let nothing = Limiter::new(Allowance { per_minute: 0, per_hour: 0 });
        assert_eq!(nothing.view(at(0)).full.unwrap().until, None);
    }

    #[test]
    fn an_allowance_of_nothing_sends_nothing() {
        let mut limiter = Limiter::new(Allowance { per_minute: 0, per_hour: 0 });
        assert_eq!((limiter.permits(at(0)), limiter.next_permit(at(0))), (0, None));
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            per_minute in 1_u32..8, per_hour in 1_u32..20,
            steps in proptest::collection::vec((0_i64..40_000, 0_i64..5_000, 0_u32..6), 1..60),
        ) {
            let mut limiter = Limiter::new(Allowance { per_minute, per_hour });
            let (mut now, mut counted) = (0, Vec::new());
            for (pause, duration, wanted) in steps {
                now += pause;
                let count = limiter.permits(at(now)).min(wanted);
                limiter.start(count);
                // Azure counts a request at any moment between its start and its end.
                counted.extend((0..count).map(|n| now + duration * i64::from(n) / 7));
                now += duration;
                for _ in 0..count {
                    limiter.end(at(now), Ended::Answered);
                }
            }
            for start in &counted {
                for (window, limit) in [(60_000, per_minute), (3_600_000, per_hour)] {
                    let within = counted.iter().filter(|t| (*start..start + window).contains(*t)).count();
                    prop_assert!(within <= limit as usize, "{within} within {window} ms from {start}");
                }
            }
        }
    }
}
