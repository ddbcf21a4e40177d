//! A day of a hundred thousand messages: what the limit, the lanes and the turns make of it.

use super::*;

/// Sends a minute and an hour: as many in the one as in the other, so that there is room all the time.
const ALLOWANCE: Allowance = Allowance { per_minute: 60, per_hour: 3_600, per_day: None };
const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;
/// When a newsletter comes.
const NEWSLETTER: i64 = 480 * MINUTE;

/// A day, and what is left of it afterwards: 4 urgent and 20 normal messages a minute, and a newsletter of 65,440.
fn day() -> Simulation {
    let mut simulation = Simulation::new(ALLOWANCE, 200);
    for minute in 0..1_440 {
        simulation.now = simulation.now.max(minute * MINUTE);
        if minute * MINUTE == NEWSLETTER {
            (0..65_440).for_each(|_| simulation.add(Lane::Bulk, 0, 0));
        }
        (0..20).for_each(|sender| simulation.add(Lane::Normal, sender, 0));
        (0..4).for_each(|sender| simulation.add(Lane::Urgent, sender, 0));
        simulation.dispatch();
        while simulation.go_on((minute + 1) * MINUTE - 1) {}
    }
    while simulation.go_on(i64::MAX) {}
    simulation
}

fn most_in(left: &[i64], window: i64) -> usize {
    let (mut first, mut most) = (0, 0);
    for (last, at) in left.iter().enumerate() {
        while left[first] + window <= *at {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

#[test]
fn a_day_of_a_hundred_thousand_messages_uses_what_it_may_and_starves_nobody() {
    let simulation = day();
    assert_eq!(simulation.mail.len(), 100_000);
    let left_at: Vec<i64> = simulation.left_at.iter().map(|left| left.unwrap()).collect();
    let mut left = left_at.clone();
    left.sort_unstable();
    assert!(most_in(&left, MINUTE) <= 60 && most_in(&left, 60 * MINUTE) <= 3_600, "none over");
    // While the newsletter waits there is always more than may leave.
    let end = NEWSLETTER + 24 * 60 * MINUTE;
    let used = left.iter().filter(|at| (NEWSLETTER..end).contains(*at)).count();
    assert!(used * 100 >= 86_400 * 98, "{used} of 86400 are used");
    let mut bulk = NEWSLETTER;
    let mut minute = 0;
    for (number, mail) in simulation.mail.iter().enumerate() {
        match mail.lane {
            // 4 a minute come, in the order of their numbers.
            Lane::Urgent => {
                let wait = left_at[number] - minute / 4 * MINUTE;
                assert!(wait <= 2 * MINUTE, "an urgent message waited for {wait} ms");
                minute += 1;
            }
            Lane::Bulk => {
                assert!(left_at[number] - bulk <= 2 * MINUTE, "bulk mail stood still");
                bulk = bulk.max(left_at[number]);
            }
            Lane::Normal => {}
        }
    }
    assert!(bulk < NEWSLETTER + DAY + DAY / 2, "the newsletter is through");
}
