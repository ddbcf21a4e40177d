//! The rate limit of an upstream: so many requests in any minute and in any hour. Pure.
//!
//! A request counts from the moment it starts until a whole window after it ended, because nobody knows
//! when in between Azure counted it. Ended requests are kept in slots of time, each counted until its
//! youngest possible request has left the window; what that wastes is under 2 % of the allowance.
//!
//! A 429 that comes although a window has room lowers that window's limit for a while ([`learnt`]).
//!
//! After a 429 nothing starts until the [`pause`] is over that Azure asked for; then one request does, and
//! its answer decides whether others may.

pub mod learnt;
mod pause;
#[cfg(test)]
mod tests;
mod view;
mod window;

use std::time::Duration;

use crate::quota::Allowance;
use jiff::{SignedDuration, Timestamp};

pub use self::pause::AskedFor;
pub use self::pause::LONGEST as LONGEST_PAUSE;
use self::pause::{Pause, Starts};
pub use self::view::{FullWindow, LimitView, LoweredWindow};
use self::window::Window;

/// One limit of one subscription.
#[derive(Clone, Debug)]
pub struct Limiter {
    /// The shortest first.
    windows: Vec<Window>,
    under_way: u32,
    pause: Pause,
}

/// How a request ended, as the rate limit counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
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

impl Limiter {
    /// A limit of which nothing is used yet.
    #[must_use]
    pub fn new(allowance: Allowance) -> Self {
        let mut windows =
            vec![Window::new(60, 1, allowance.per_minute), Window::new(3_600, 30, allowance.per_hour)];
        windows.extend(allowance.per_day.map(Window::of_day));
        Self { windows, under_way: 0, pause: Pause::default() }
    }

    /// Changes the limit; what is used stays used.
    pub fn allow(&mut self, allowance: Allowance) {
        self.windows[0].limit = allowance.per_minute;
        self.windows[1].limit = allowance.per_hour;
        match (allowance.per_day, self.windows.get_mut(2)) {
            (Some(limit), Some(day)) => day.limit = limit,
            // What was sent in the hour is in the day; what was before is not known here.
            (Some(limit), None) => {
                let mut day = Window::of_day(limit);
                let hour = &self.windows[1];
                for (slot, count) in &hour.slots {
                    day.add(slot * i64::from(hour.slot_seconds) / i64::from(day.slot_seconds), *count);
                }
                self.windows.push(day);
            }
            (None, _) => self.windows.truncate(2),
        }
    }

    /// Counts requests of an earlier process. If the clock was set back since, they count from now on.
    pub fn restore(&mut self, counts: &[SlotCount], now: Timestamp) {
        for count in counts {
            if let Some(window) =
                self.windows.iter_mut().find(|window| window.slot_seconds == count.slot_seconds)
            {
                window.add(count.slot.min(window.slot_of(now)), count.count);
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
    pub fn end(&mut self, now: Timestamp, ended: Ended) -> Option<Vec<SlotCount>> {
        self.under_way = self.under_way.saturating_sub(1);
        match ended {
            Ended::Unsent | Ended::Unanswered => self.pause.leave_open(),
            Ended::Answered => self.pause.answered(now),
            Ended::TooMuch(wait) => {
                if !self.pause.lasts(now) {
                    self.learn(now, wait);
                }
                self.pause.ask(AskedFor::new(now, wait));
            }
        }
        (ended != Ended::Unsent).then(|| self.count(now, 1))
    }

    /// Ends one request that never reached Azure.
    pub fn cancel(&mut self) {
        let _ = self.end(Timestamp::MIN, Ended::Unsent);
    }

    /// Counts requests that have ended, such as those that a crash left under way.
    pub fn count(&mut self, now: Timestamp, count: u32) -> Vec<SlotCount> {
        let count_in = |window: &mut Window| {
            let slot = window.slot_of(now);
            window.add(slot, count);
            SlotCount { slot_seconds: window.slot_seconds, slot, count }
        };
        self.windows.iter_mut().map(count_in).collect()
    }

    /// What a 429 teaches of the window that its wait is for: a longer one than a minute is for the hour.
    fn learn(&mut self, now: Timestamp, wait: Duration) {
        let window = &mut self.windows[usize::from(wait > MINUTE)];
        let used = window.used_at(now);
        window.learn(used, now);
    }

    /// Learns from a 429 of an earlier process: when it came, what was used before it in the minute and in the hour, and for how
    /// long it asked to wait.
    pub fn relearn(&mut self, refusal: &Refusal) {
        let hour = usize::from(refusal.wait > MINUTE);
        self.windows[hour].learn(refusal.used[hour], refusal.at);
    }

    /// Whether no limit will change by itself.
    #[must_use]
    pub fn is_settled(&self, now: Timestamp) -> bool {
        self.windows.iter().all(|window| window.limit_at(now) == window.limit)
    }

    /// How long ended requests have to be remembered.
    #[must_use]
    pub fn memory(&self) -> SignedDuration {
        let longest = self.windows.last().map_or(0, Window::period);
        SignedDuration::from_secs(i64::from(longest) + 60)
    }

    /// Takes up a pause that Azure asked an earlier process for.
    pub fn resume(&mut self, pause: AskedFor) {
        self.pause.ask(pause);
    }

    /// Requests that count in the minute and in the hour before now.
    #[must_use]
    pub fn used(&mut self, now: Timestamp) -> [u32; 2] {
        [0, 1].map(|index: usize| {
            let window = &mut self.windows[index];
            window.used_at(now)
        })
    }

    /// The limit as it is if all requests under way end now and a pause ends when it was to end; and when that is.
    #[must_use]
    pub fn answered(&self, now: Timestamp) -> (Self, Timestamp) {
        let mut limiter = self.clone();
        limiter.under_way = 0;
        if self.under_way > 0 {
            limiter.count(now, self.under_way);
        }
        limiter.pause = Pause::Over;
        (limiter, self.pause.asked_for().map_or(now, |pause| pause.until.max(now)))
    }

    /// The same with no more than so many requests a second, for somebody who cannot make more.
    #[must_use]
    pub fn no_faster_than(mut self, a_second: u32) -> Self {
        let (seconds, slot_seconds) = (10, 1);
        let limit = a_second.saturating_mul(seconds + slot_seconds).max(1);
        self.windows.push(Window::new(seconds, slot_seconds, limit));
        self
    }

    /// Seconds after which the limit repeats itself while there is always a request that waits for it: the length of the
    /// window that allows the fewest in the long run.
    #[must_use]
    pub fn period(&self) -> u32 {
        let rate = |window: &&Window| u64::from(window.limit) * 1_000_000 / u64::from(window.period());
        self.windows.iter().min_by_key(rate).map_or(1, Window::period)
    }
}

/// A 429 of an earlier process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub at: Timestamp,
    /// Requests in the minute and in the hour before it.
    pub used: [u32; 2],
    /// For how long the upstream asked to wait.
    pub wait: Duration,
}

/// A longer wait is for the window of an hour.
const MINUTE: Duration = Duration::from_secs(60);

/// The longest window but that of a day: what ended before that is not remembered.
pub const MEMORY: SignedDuration = SignedDuration::from_secs(3_600 + 60);
