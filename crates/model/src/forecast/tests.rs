//! What is foretold, compared with a dispatcher that does it.

mod day;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::fairness::{Flow, Turns};
use crate::id::{AccountId, QueueId};
use crate::quota::Allowance;
use crate::rate_limit::Ended;

const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);
const START: i64 = 1_800_000_000_000;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(START + milliseconds).unwrap()
}

fn id(number: usize) -> SendId {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(number as u64).to_be_bytes());
    SendId { message: QueueId::new(Timestamp::UNIX_EPOCH, random), part: 0 }
}

/// A message of the simulation.
#[derive(Clone, Copy, Debug)]
struct Mail {
    lane: Lane,
    turn: i64,
    not_before: i64,
}

/// A queue and its dispatcher, in milliseconds.
struct Simulation {
    now: i64,
    limiter: Limiter,
    shares: LaneShares,
    turns: Turns,
    mail: Vec<Mail>,
    ready: PerLane<BTreeSet<(i64, usize)>>,
    later: BTreeMap<(i64, usize), ()>,
    /// When requests end.
    under_way: VecDeque<i64>,
    left_at: Vec<Option<i64>>,
    /// How long a request takes.
    latency: i64,
}

impl Simulation {
    fn new(allowance: Allowance, latency: i64) -> Self {
        Self {
            now: 0,
            limiter: Limiter::new(allowance),
            shares: LaneShares::default(),
            turns: Turns::default(),
            mail: Vec::new(),
            ready: PerLane::default(),
            later: BTreeMap::new(),
            under_way: VecDeque::new(),
            left_at: Vec::new(),
            latency,
        }
    }

    fn add(&mut self, lane: Lane, sender: u32, not_before: i64) {
        let (turn, _) = self.turns.take(Flow { account: ACCOUNT, lane, sender: sender.to_string() });
        let number = self.mail.len();
        self.mail.push(Mail { lane, turn, not_before });
        self.left_at.push(None);
        if not_before <= self.now {
            self.ready[lane].insert((turn, number));
        } else {
            self.later.insert((not_before, number), ());
        }
    }

    /// Sends what may be sent now.
    fn dispatch(&mut self) {
        while self.under_way.front().is_some_and(|end| *end <= self.now) {
            let end = self.under_way.pop_front().unwrap();
            self.limiter.end(at(end), Ended::Answered);
        }
        while let Some(entry) = self.later.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let ((_, number), ()) = entry.remove_entry();
            self.ready[self.mail[number].lane].insert((self.mail[number].turn, number));
        }
        for _ in 0..self.limiter.permits(at(self.now)) {
            let Some(lane) = self.shares.next(PerLane::from_fn(|lane| self.ready[lane].len())) else { break };
            let (turn, number) = self.ready[lane].pop_first().unwrap();
            self.turns.leave(ACCOUNT, lane, turn);
            self.left_at[number] = Some(self.now);
            self.limiter.start(1);
            self.under_way.push_back(self.now + self.latency);
        }
    }

    /// Moves the clock to the next time at which something can happen; not beyond `most`.
    fn go_on(&mut self, most: i64) -> bool {
        let waits = Lane::ALL.into_iter().any(|lane| !self.ready[lane].is_empty());
        let permit = self.limiter.next_permit(at(self.now)).filter(|_| waits);
        let permit = permit.map(|next| next.as_millisecond() - START);
        let (end, joins) = (self.under_way.front().copied(), self.later.keys().next().map(|key| key.0));
        let next = permit.into_iter().chain(end).chain(joins).min();
        let Some(next) = next.filter(|next| *next <= most) else {
            self.now = most;
            return false;
        };
        self.now = next.max(self.now + 1);
        self.dispatch();
        true
    }

    fn backlog(&self) -> Backlog {
        let joining = self.later.keys().map(|(not_before, number)| {
            let Mail { lane, turn, .. } = self.mail[*number];
            Joining { at: at(*not_before), lane, turn, id: id(*number), count: 1 }
        });
        let ready = PerLane::from_fn(|lane| self.ready[lane].len() as u64);
        Backlog { ready, shares: self.shares, joining: joining.collect() }
    }

    fn forecast(&self) -> Forecast {
        Forecast::new(&Beginning {
            limit: &self.limiter,
            now: at(self.now),
            a_second: None,
            offset: SignedDuration::ZERO,
            not_before: Timestamp::MIN,
            backlog: &self.backlog(),
            others: &[],
        })
    }

    /// What waits, with its number.
    fn in_lanes(&self) -> Vec<(usize, InLane)> {
        let in_lane = |number: usize, ahead: u64| {
            let Mail { lane, turn, not_before } = self.mail[number];
            (number, InLane { lane, turn, id: id(number), ahead, not_before: at(not_before), deadline: None })
        };
        let ready = Lane::ALL.into_iter().flat_map(|lane| self.ready[lane].iter().zip(0..));
        let ready = ready.map(|((_, number), ahead)| in_lane(*number, ahead));
        let later = self.later.keys().map(|(_, number)| {
            let Mail { lane, turn, .. } = self.mail[*number];
            in_lane(*number, self.ready[lane].range(..(turn, *number)).count() as u64)
        });
        ready.chain(later).collect()
    }

    /// Foretells all that waits, and lets it leave; gives the errors as a part of the wait, the smallest first.
    fn errors(&mut self) -> Vec<f64> {
        let (forecast, now) = (self.forecast(), self.now);
        let waiting = self.in_lanes();
        let predicted: Vec<Timestamp> =
            waiting.iter().map(|(_, in_lane)| forecast.leaves(in_lane).unwrap()).collect();
        while self.go_on(i64::MAX) {}
        let last = self.left_at.iter().map(|left| left.unwrap()).max().unwrap();
        let empty_at = forecast.empty_at().unwrap().duration_since(at(last)).abs();
        assert!(empty_at.as_secs_f64() * 20.0 <= ((last - now) / 1_000) as f64 + 60.0, "empty {empty_at:#}");
        let error = |((number, _), predicted): (&(usize, InLane), Timestamp)| {
            let real = self.left_at[*number].unwrap();
            let wait = (real - now).max(1) as f64;
            // The simulation's clock goes by milliseconds.
            ((predicted.as_millisecond() - START - real).abs() - 1).max(0) as f64 / wait
        };
        let mut errors: Vec<f64> = waiting.iter().zip(predicted).map(error).collect();
        errors.sort_by(f64::total_cmp);
        errors
    }
}

const LANES: [Lane; 8] =
    [Lane::Normal, Lane::Bulk, Lane::Bulk, Lane::Normal, Lane::Bulk, Lane::Urgent, Lane::Bulk, Lane::Normal];

/// Ten thousand messages of many senders and lanes, some scheduled, of which some have left.
fn ten_thousand(allowance: Allowance, seed: u64) -> Simulation {
    let (mut simulation, mut state) = (Simulation::new(allowance, 200), seed);
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for number in 0..10_000 {
        let sender = if random(3) == 0 { 0 } else { random(40) };
        let not_before = if random(10) == 0 { simulation.now + random(40_000_000) as i64 } else { 0 };
        let lane = LANES[random(8) as usize];
        simulation.add(lane, u32::try_from(sender).unwrap(), not_before);
        if number == 5_000 {
            simulation.dispatch();
            while simulation.go_on(2_000_000) {}
        }
    }
    simulation
}

#[test]
fn ten_thousand_messages_leave_when_it_was_foretold() {
    for (per_minute, per_hour) in [(30, 100), (500, 2_000), (60, 100_000)] {
        let mut simulation =
            ten_thousand(Allowance { per_minute, per_hour, per_day: None }, u64::from(per_hour));
        let errors = simulation.errors();
        let (median, most) = (errors[errors.len() / 2], errors[errors.len() * 99 / 100]);
        assert!(median < 0.05, "{per_minute}/{per_hour}: {median}");
        assert!(most < 0.1, "{per_minute}/{per_hour}: {most}");
    }
}

#[test]
fn a_million_costs_no_more_than_ten_thousand() {
    let limit = Limiter::new(Allowance { per_minute: 30, per_hour: 100, per_day: None });
    let backlog = Backlog { ready: PerLane::from_fn(|_| 400_000), ..Backlog::default() };
    let beginning = Beginning {
        limit: &limit,
        now: at(0),
        a_second: None,
        offset: SignedDuration::ZERO,
        not_before: Timestamp::MIN,
        backlog: &backlog,
        others: &[500],
    };
    let forecast = Forecast::new(&beginning);
    assert!(forecast.left[Lane::Bulk].len() < 100, "two hours are walked");
    // 1,200,500 at 100 in 3,630 seconds.
    let hours = forecast.empty_at().unwrap().duration_since(at(0)).as_secs_f64() / 3_630.0;
    assert!((hours - 12_005.0).abs() < 2.0, "{hours}");
    let last =
        InLane { lane: Lane::Bulk, turn: 0, id: id(0), ahead: 399_999, not_before: at(0), deadline: None };
    assert_eq!(forecast.leaves(&last), forecast.empty_at());
    assert_eq!(forecast.leaves(&InLane { ahead: 400_000, ..last }), None, "it is not there");
}

#[test]
fn a_high_quota_is_used_as_fast_as_requests_can_be_made() {
    let limit = Limiter::new(Allowance { per_minute: 400_000, per_hour: 2_000_000, per_day: None });
    let backlog = Backlog {
        ready: PerLane::from_fn(|lane| u64::from(lane == Lane::Bulk) * 1_000_000),
        ..Backlog::default()
    };
    for (a_second, seconds) in [(Some(300), 3_333), (Some(5_000), 200), (None, 122)] {
        let beginning = Beginning {
            limit: &limit,
            now: at(0),
            a_second,
            offset: SignedDuration::ZERO,
            not_before: at(0),
            backlog: &backlog,
            others: &[],
        };
        let empty = Forecast::new(&beginning).empty_at().unwrap().duration_since(at(0)).as_secs();
        assert!((empty - seconds).abs() <= 12, "{a_second:?}: {empty}");
    }
}

#[test]
fn what_cannot_leave_is_not_foretold_and_what_must_wait_waits() {
    let mut limit = Limiter::new(Allowance { per_minute: 30, per_hour: 100, per_day: None });
    let backlog = Backlog { ready: PerLane::from_fn(|_| 5), ..Backlog::default() };
    let one = InLane { lane: Lane::Urgent, turn: 0, id: id(0), ahead: 0, not_before: at(0), deadline: None };
    let forecast = |limit: &Limiter, not_before, others: &[u64]| {
        let (now, offset) = (at(0), SignedDuration::ZERO);
        let beginning =
            Beginning { limit, now, a_second: None, offset, not_before, backlog: &backlog, others };
        Forecast::new(&beginning)
    };
    assert_eq!(forecast(&limit, at(0), &[]).leaves(&one), Some(at(0)));
    assert_eq!(forecast(&limit, at(9_000), &[]).leaves(&one), Some(at(9_000)));
    let nothing = Limiter::new(Allowance { per_minute: 0, per_hour: 0, per_day: None });
    let never = forecast(&nothing, at(0), &[]);
    assert_eq!((never.leaves(&one), never.empty_at()), (None, None));
    // Another account has the same limit: half of it.
    assert_eq!(forecast(&limit, at(0), &[1_000]).empty_at(), Some(at(0)));
    let many = Backlog { ready: PerLane::from_fn(|_| 20), ..Backlog::default() };
    let beginning = Beginning {
        limit: &limit,
        now: at(0),
        a_second: None,
        offset: SignedDuration::ZERO,
        not_before: at(0),
        backlog: &many,
        others: &[1_000],
    };
    let hours = Forecast::new(&beginning).empty_at().unwrap().duration_since(at(0)).as_hours();
    assert_eq!(hours, 1, "50 in the first hour");
    limit.start(1);
    limit.end(at(0), Ended::TooMuch(std::time::Duration::from_secs(3_584)));
    assert_eq!(forecast(&limit, at(0), &[]).leaves(&one), Some(at(3_584_000)));
}

#[test]
fn before_its_deadline_a_message_goes_first_in_its_lane() {
    let limit = Limiter::new(Allowance { per_minute: 10, per_hour: 1_000, per_day: None });
    let backlog =
        Backlog { ready: PerLane::from_fn(|lane| u64::from(lane == Lane::Bulk) * 500), ..Backlog::default() };
    let beginning = Beginning {
        limit: &limit,
        now: at(0),
        a_second: None,
        offset: SignedDuration::from_secs(7),
        not_before: at(0),
        backlog: &backlog,
        others: &[],
    };
    let forecast = Forecast::new(&beginning);
    let send = |deadline: Option<i64>| InLane {
        lane: Lane::Bulk,
        turn: 0,
        id: id(0),
        ahead: 400,
        not_before: at(0),
        deadline: deadline.map(at),
    };
    let by_turn = forecast.leaves(&send(None)).unwrap();
    assert!((2_400_000..2_600_000).contains(&(by_turn.as_millisecond() - START)), "{by_turn}");
    let hurried = forecast.leaves(&send(Some(900_000))).unwrap().as_millisecond() - START;
    assert!((600_000..662_000).contains(&hurried), "{hurried}");
    assert_eq!(forecast.leaves(&send(Some(9_000_000))), Some(by_turn));
    // Ten a minute: in time for the first 50 or so of those that hurry, and for whom it is the turn.
    let hurried: Vec<InLane> =
        (0..80).map(|number| InLane { id: id(number), ..send(Some(900_000)) }).collect();
    let late = forecast.late(&hurried);
    assert!((25..35).contains(&late.len()) && late[0] == hurried[80 - late.len()].id, "{}", late.len());
    // Those whose turn comes in time have nearer deadlines, and are not passed.
    let in_turn =
        (0..100).map(|number| InLane { id: id(number), ahead: 100 + number as u64, ..send(Some(900_000)) });
    let mut in_turn: Vec<InLane> = in_turn.collect();
    // Equal deadlines are in no order of turns.
    in_turn.rotate_left(63);
    let last = in_turn[99].id;
    let late = forecast.late(&in_turn);
    assert!((45..55).contains(&late.len()) && late.last() == Some(&last), "{}", late.len());
    assert!(forecast.late(&[InLane { ahead: 100, ..send(Some(900_000)) }]).is_empty());
    assert_eq!(forecast.late(&[InLane { not_before: at(900_001), ..send(Some(900_000)) }]).len(), 1);
}

proptest! {
    /// Small queues are foretold exactly, but for what a request takes.
    #[test]
    fn small_queues_are_foretold_exactly(
        per_minute in 1_u32..9, per_hour in 1_u32..40,
        mail in proptest::collection::vec((0_usize..8, 0_u32..5, 0_i64..9_000_000, any::<bool>()), 1..120),
    ) {
        let mut simulation = Simulation::new(Allowance { per_minute, per_hour, per_day: None }, 0);
        for (lane, sender, not_before, is_now) in mail {
            simulation.add(LANES[lane], sender, if is_now { 0 } else { not_before });
        }
        simulation.dispatch();
        let errors = simulation.errors();
        prop_assert!(errors.is_empty() || errors[errors.len() / 2] < 0.01, "{errors:?}");
    }
}
