//! The limit against a list of all requests: never one too many, whatever happens to clocks and processes.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::super::pause::{AskedFor, LONGEST};
use super::super::{Ended, Limiter, SlotCount};
use crate::quota::Allowance;

/// Something that happens, after a pause of milliseconds.
#[derive(Clone, Debug)]
enum Event {
    Starts(u32),
    /// Some of what is under way ends.
    Ends(usize, Answer),
    /// The process dies, and the clock of the next one is behind by so many milliseconds.
    Restarts(i64),
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Taken,
    Nothing,
    NotSent,
    TooMuch(u64),
}

/// All that happened, by a clock that nobody sets.
struct Oracle {
    allowance: Allowance,
    limiter: Limiter,
    now: i64,
    /// The clock of the process, less the true one.
    offset: i64,
    under_way: Vec<i64>,
    counted: Vec<i64>,
    kept: Vec<SlotCount>,
    /// The pause by the clock of the process, and when it truly ends.
    pause: Option<AskedFor>,
    silent_until: i64,
}

impl Oracle {
    fn new(allowance: Allowance) -> Self {
        let limiter = Limiter::new(allowance);
        let (under_way, counted, kept) = (Vec::new(), Vec::new(), Vec::new());
        let (now, offset, pause, silent_until) = (0, 0, None, 0);
        Self { allowance, limiter, now, offset, under_way, counted, kept, pause, silent_until }
    }

    fn clock(&self) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + self.now + self.offset).unwrap()
    }

    fn happens(&mut self, event: &Event) {
        match *event {
            Event::Starts(wanted) => {
                let count = self.limiter.permits(self.clock()).min(wanted);
                assert!(count == 0 || self.now >= self.silent_until, "before the pause is over");
                self.limiter.start(count);
                self.under_way.extend((0..count).map(|_| self.now));
            }
            Event::Ends(count, answer) => {
                for start in self.under_way.drain(..count.min(self.under_way.len())).collect::<Vec<_>>() {
                    self.ends(start, answer);
                }
            }
            Event::Restarts(behind) => self.restart(behind),
        }
    }

    fn ends(&mut self, start: i64, answer: Answer) {
        let now = self.clock();
        let ended = match answer {
            Answer::Taken => Ended::Answered,
            Answer::Nothing => Ended::Unanswered,
            Answer::NotSent => Ended::Unsent,
            Answer::TooMuch(seconds) => {
                let wait = Duration::from_secs(seconds);
                self.pause = Some(AskedFor::new(now, wait));
                let wait = i64::try_from(wait.min(LONGEST).as_millis()).unwrap();
                self.silent_until = self.silent_until.max(self.now + wait);
                Ended::TooMuch(Duration::from_secs(seconds))
            }
        };
        self.kept.extend(self.limiter.end(now, ended).into_iter().flatten());
        if ended != Ended::Unsent {
            // The upstream counted it at some moment on its way.
            self.counted.push(start + (self.now - start) * (start % 8) / 7);
        }
    }

    fn restart(&mut self, behind: i64) {
        self.offset -= behind;
        self.limiter = Limiter::new(self.allowance);
        let now = self.clock();
        self.limiter.restore(&self.kept, now);
        if let Some(pause) = self.pause.filter(|pause| now < pause.until) {
            self.limiter.resume(pause);
        }
        let lost = u32::try_from(self.under_way.len()).unwrap();
        self.kept.extend(self.limiter.count(now, lost));
        for start in std::mem::take(&mut self.under_way) {
            self.counted.push(self.now - (self.now - start) / 2);
        }
    }

    /// The most that were counted within any window of that length.
    fn most_in(&self, window: i64) -> usize {
        let mut counted = self.counted.clone();
        counted.sort_unstable();
        let (mut first, mut most) = (0, 0);
        for (last, at) in counted.iter().enumerate() {
            while counted[first] + window <= *at {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }
}

fn event() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        6 => Just(Answer::Taken),
        1 => Just(Answer::Nothing),
        1 => Just(Answer::NotSent),
        1 => (1_u64..4_000).prop_map(Answer::TooMuch),
    ];
    prop_oneof![
        6 => (0_u32..9).prop_map(Event::Starts),
        6 => (0_usize..9, answer).prop_map(|(count, answer)| Event::Ends(count, answer)),
        1 => prop_oneof![Just(0), 0_i64..9_000_000].prop_map(Event::Restarts),
    ]
}

proptest! {
    #[test]
    fn never_one_over_and_nothing_in_a_pause(
        (per_minute, per_hour) in (1_u32..8, 1_u32..20),
        per_day in prop_oneof![Just(None), (20_u32..60).prop_map(Some)],
        events in proptest::collection::vec((prop_oneof![0_i64..5_000, 0_i64..90_000, 0_i64..3_700_000], event()), 1..150),
    ) {
        let mut oracle = Oracle::new(Allowance { per_minute, per_hour, per_day });
        for (pause, event) in events {
            oracle.now += pause;
            oracle.happens(&event);
        }
        prop_assert!(oracle.most_in(60_000) <= per_minute as usize);
        prop_assert!(oracle.most_in(3_600_000) <= per_hour as usize);
        if let Some(per_day) = per_day {
            prop_assert!(oracle.most_in(86_400_000) <= per_day as usize);
        }
    }
}

#[test]
fn a_refusal_lowers_the_window_that_its_wait_is_for() {
    let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
    let allowance = Allowance { per_minute: 30, per_hour: 100, per_day: None };
    let mut limiter = Limiter::new(allowance);
    limiter.count(at(0), 20);
    limiter.start(2);
    limiter.end(at(1), Ended::TooMuch(Duration::from_secs(30)));
    // The second one is of the same burst.
    limiter.end(at(1), Ended::TooMuch(Duration::from_secs(30)));
    let lowered = limiter.view(at(1)).lowered.unwrap();
    assert_eq!((lowered.seconds, lowered.limit, lowered.configured), (60, 18, 30));
    assert_eq!(lowered.until, at(1 + 6 * 120));
    limiter.start(1);
    limiter.end(at(61), Ended::Answered);
    assert_eq!(limiter.permits(at(61)), 15, "the two refused ones are counted, too");
    assert_eq!(limiter.permits(at(62)), 17);
    assert_eq!(limiter.permits(at(121)), 19, "two of thirty came back");
    assert_eq!(limiter.permits(at(2_000)), 30);
    assert_eq!(limiter.view(at(2_000)).lowered, None);
    limiter.start(1);
    limiter.end(at(2_000), Ended::TooMuch(Duration::from_secs(1_800)));
    let lowered = limiter.view(at(2_000)).lowered.unwrap();
    assert_eq!((lowered.seconds, lowered.limit), (3_600, 50), "half of it at most");
}

#[test]
fn a_day_is_limited_only_where_that_is_configured() {
    let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
    let mut limiter = Limiter::new(Allowance { per_minute: 100, per_hour: 100, per_day: None });
    limiter.count(at(0), 60);
    assert_eq!(limiter.permits(at(0)), 40);
    limiter.allow(Allowance { per_minute: 100, per_hour: 100, per_day: Some(70) });
    assert_eq!(limiter.permits(at(0)), 10, "what the hour knows counts for the day");
    limiter.count(at(0), 10);
    assert_eq!(limiter.permits(at(80_000)), 0);
    let full = limiter.view(at(80_000)).full.unwrap();
    assert_eq!((full.seconds, full.limit), (86_400, 70));
    assert!((at(86_400)..at(87_001)).contains(&full.until.unwrap()));
    limiter.allow(Allowance { per_minute: 100, per_hour: 100, per_day: None });
    assert_eq!(limiter.permits(at(80_000)), 100);
}
