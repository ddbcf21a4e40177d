//! Mail leaves, step by step. Pure.

use jiff::{SignedDuration, Timestamp};

use super::lanes::Lanes;
use super::tail::{Cycle, StartedAtOnce, Tail};
use super::{Beginning, Joining, Left};
use crate::fairness::PerLane;
use crate::rate_limit::Limiter;

/// What happened on the way.
pub(super) struct Walked {
    pub(super) left: PerLane<Vec<Left>>,
    /// What follows, if something still waits.
    pub(super) tail: Option<Tail>,
    pub(super) last: Option<Timestamp>,
}

/// More steps are not walked: what follows is taken for a repetition of the last ones.
const MOST_STEPS: usize = 10_000;

pub(super) fn walk(beginning: &Beginning<'_>) -> Walked {
    let mut walker = Walker::new(beginning);
    while walker.batches.len() < MOST_STEPS {
        match walker.step() {
            WalkStep::Goes => {}
            WalkStep::Empty => return walker.ends(),
            WalkStep::Never => return Walked { left: walker.left, tail: None, last: None },
        }
        if walker.repeats() {
            break;
        }
    }
    walker.goes_on()
}

/// What a step found.
enum WalkStep {
    Goes,
    /// Nothing waits any more.
    Empty,
    /// The limit allows nothing.
    Never,
}

struct Walker<'a> {
    limit: Limiter,
    at: Timestamp,
    lanes: Lanes,
    others: Vec<u64>,
    /// What may not leave yet, by the time of the limit.
    joining: std::iter::Peekable<Box<dyn Iterator<Item = Joining> + 'a>>,
    left: PerLane<Vec<Left>>,
    batches: Vec<StartedAtOnce>,
    /// When the last ones joined.
    joined_at: Timestamp,
    last: Option<Timestamp>,
}

impl<'a> Walker<'a> {
    fn new(beginning: &Beginning<'a>) -> Self {
        let offset = beginning.offset;
        let of_limit = move |at: Timestamp| at.saturating_sub(offset).unwrap_or(at);
        let now = of_limit(beginning.now);
        let backlog = beginning.backlog;
        let (mut limit, not_before) = beginning.limit.answered(now);
        if let Some(a_second) = beginning.a_second {
            limit = limit.no_faster_than(a_second);
        }
        let at = now.max(of_limit(beginning.not_before)).max(not_before);
        let joining: Box<dyn Iterator<Item = Joining> + 'a> =
            Box::new(backlog.joining.iter().map(move |one| Joining { at: of_limit(one.at), ..*one }));
        Self {
            limit,
            at,
            lanes: Lanes { waiting: backlog.ready, shares: backlog.shares },
            others: beginning.others.to_vec(),
            joining: joining.peekable(),
            left: PerLane::default(),
            batches: Vec::new(),
            joined_at: at,
            last: Some(now),
        }
    }

    fn step(&mut self) -> WalkStep {
        self.join();
        let waits = self.lanes.total();
        let Some(next) = self.limit.next_permit(self.at) else {
            return if waits == 0 && self.joining.peek().is_none() {
                WalkStep::Empty
            } else {
                WalkStep::Never
            };
        };
        if let Some(one) = self.joining.peek() {
            // Nothing leaves before the next ones join: they may come first.
            let is_idle = waits == 0 && self.others.iter().all(|waits| *waits == 0);
            if is_idle || one.at <= next {
                self.at = one.at.max(self.at);
                return WalkStep::Goes;
            }
        } else if waits == 0 {
            return WalkStep::Empty;
        }
        self.at = next;
        let permits = self.limit.permits(next);
        let ours = self.take_turns(u64::from(permits));
        self.leave(ours);
        WalkStep::Goes
    }

    fn join(&mut self) {
        while let Some(one) = self.joining.next_if(|one| one.at <= self.at) {
            self.lanes.waiting[one.lane] += one.count;
            self.joined_at = self.at;
        }
    }

    /// The part of the permits that is ours, while others wait too.
    fn take_turns(&mut self, permits: u64) -> u64 {
        let (mut left, mut ours, mut waits) = (permits, 0, self.lanes.total());
        while left > 0 {
            let active = u64::from(waits > 0) + self.others.iter().filter(|waits| **waits > 0).count() as u64;
            if active == 0 {
                break;
            }
            let each = (left / active).max(1);
            let taken = each.min(waits).min(left);
            (ours, waits, left) = (ours + taken, waits - taken, left - taken);
            for other in &mut self.others {
                let taken = each.min(*other).min(left);
                (*other, left) = (*other - taken, left - taken);
            }
        }
        let count = permits - left;
        self.limit.count(self.at, u32::try_from(count).unwrap_or(u32::MAX));
        self.batches.push(StartedAtOnce { at: self.at, count });
        ours
    }

    fn leave(&mut self, count: u64) {
        if count == 0 {
            return;
        }
        let taken = self.lanes.take(count);
        if self.lanes.total() == 0 {
            self.lanes.forget();
        }
        self.last = Some(self.at);
        for (lane, taken) in taken.iter().filter(|(_, taken)| **taken > 0) {
            let before = self.left[lane].last().map_or(0, |last| last.count);
            self.left[lane].push(Left { at: self.at, count: before + taken });
        }
    }

    /// Whether the limit only repeats itself from here on.
    fn repeats(&mut self) -> bool {
        let period = self.limit.period();
        let long = SignedDuration::from_secs(2 * i64::from(period));
        self.joining.peek().is_none()
            && self.limit.is_settled(self.at)
            && self.at.duration_since(self.joined_at) > long
    }

    fn ends(self) -> Walked {
        Walked { left: self.left, tail: None, last: self.last }
    }

    fn goes_on(mut self) -> Walked {
        let rest: Vec<Joining> = self.joining.by_ref().collect();
        for one in rest {
            self.lanes.waiting[one.lane] += one.count;
        }
        if self.lanes.total() == 0 {
            return self.ends();
        }
        let cycle = Cycle::of(&self.batches, self.limit.period());
        let tail = cycle.map(|cycle| Tail { cycle, lanes: self.lanes, others: self.others });
        Walked { left: self.left, tail, last: None }
    }
}
