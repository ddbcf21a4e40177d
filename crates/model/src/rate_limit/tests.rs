//! Single windows, pauses and views.

mod oracle;

use super::*;
use proptest::prelude::*;

const ALLOWANCE: Allowance = Allowance { per_minute: 30, per_hour: 100, per_day: None };

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
        let most = sent.iter().map(|t| sent.iter().filter(|s| (*t..*t + window).contains(*s)).count()).max();
        assert_eq!(most, Some(if window == 60_000 { 30 } else { 100 }));
    }
    assert!(sent.len() >= 196, "98 % of the allowance of two hours are used: {}", sent.len());
}

#[test]
fn what_is_under_way_counts_until_a_window_after_its_end() {
    let mut limiter = Limiter::new(Allowance { per_minute: 2, per_hour: 100, per_day: None });
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
    after.restore(&counts, at(3_000));
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
    assert_eq!(limiter.view(at(90_000)).full, full(3_600, 100, (90_000, 3_630_000)), "the hour frees later");
    assert_eq!(limiter.view(at(90_000)).full.unwrap().until, limiter.next_permit(at(90_000)));
    let nothing = Limiter::new(Allowance { per_minute: 0, per_hour: 0, per_day: None });
    assert_eq!(nothing.view(at(0)).full.unwrap().until, None);
}

#[test]
fn an_allowance_of_nothing_sends_nothing() {
    let mut limiter = Limiter::new(Allowance { per_minute: 0, per_hour: 0, per_day: None });
    assert_eq!((limiter.permits(at(0)), limiter.next_permit(at(0))), (0, None));
}

proptest! {
    #[test]
    fn no_window_ever_holds_more_than_the_limit(
        per_minute in 1_u32..8, per_hour in 1_u32..20,
        steps in proptest::collection::vec((0_i64..40_000, 0_i64..5_000, 0_u32..6), 1..60),
    ) {
        let mut limiter = Limiter::new(Allowance { per_minute, per_hour, per_day: None });
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
