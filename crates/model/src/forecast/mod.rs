//! When waiting mail will leave: the arithmetic of the dispatcher, carried on into the future. Pure.
//!
//! 1. [`walk`] lets mail leave step by step, as the rate limit and the shares of the lanes allow, for two of the limit's longest
//!    windows or until nothing waits.
//! 2. [`tail`] goes on from there in closed form: from then on the limit repeats itself.
//! 3. [`lanes`] takes mail from the lanes as a claim does, whole rounds at once.
//!
//! Its cost is bounded, however much waits. It does not know mail that is still to come.

mod lanes;
mod tail;
#[cfg(test)]
mod tests;
mod walk;

use jiff::{SignedDuration, Timestamp};

use self::tail::Tail;
use self::walk::Walked;
use crate::credential::Lane;
use crate::delivery::SendId;
use crate::fairness::{LaneShares, PerLane};
use crate::rate_limit::Limiter;

/// Mail whose deadline is no further away goes before its turn.
pub const NEAR_DEADLINE: SignedDuration = SignedDuration::from_mins(5);

/// What waits in an account's queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Sends that may leave now, by lane.
    pub ready: PerLane<u64>,
    /// What is owed to the lanes.
    pub shares: LaneShares,
    /// Sends that may not leave yet, those of the earliest time first.
    pub joining: Vec<Joining>,
}

/// Sends that may leave from a time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joining {
    pub at: Timestamp,
    pub lane: Lane,
    /// Their turn in the lane.
    pub turn: i64,
    /// Of those with the same turn the lowest leaves first.
    pub id: SendId,
    pub count: u64,
}

/// A waiting send, and where it is in its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLane {
    pub lane: Lane,
    pub turn: i64,
    pub id: SendId,
    /// So many of the lane may leave now and have an earlier turn.
    pub ahead: u64,
    /// When it may leave.
    pub not_before: Timestamp,
    /// When its sender has no use for it any more.
    pub deadline: Option<Timestamp>,
}

/// What a forecast begins with.
#[derive(Clone, Debug)]
pub struct Beginning<'a> {
    pub limit: &'a Limiter,
    pub now: Timestamp,
    /// So many requests a second are made at most, as far as that is known.
    pub a_second: Option<u32>,
    /// The time of day, less the time that the limit goes by.
    pub offset: SignedDuration,
    /// Nothing of the account leaves before then, whatever the limit allows.
    pub not_before: Timestamp,
    pub backlog: &'a Backlog,
    /// What waits for other accounts that share the limit, by account: they take turns.
    pub others: &'a [u64],
}

/// When an account's waiting mail leaves, if nothing else comes.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Until when so many of a lane have left, in the order of time.
    left: PerLane<Vec<Left>>,
    tail: Option<Tail>,
    joining: Vec<Joining>,
    /// When the last one leaves, unless the tail knows.
    last: Option<Timestamp>,
    offset: SignedDuration,
}

/// So many sends of a lane have left by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    at: Timestamp,
    count: u64,
}

impl Forecast {
    /// What will happen.
    #[must_use]
    pub fn new(beginning: &Beginning<'_>) -> Self {
        let Walked { left, tail, last } = walk::walk(beginning);
        Self { left, tail, last, joining: beginning.backlog.joining.clone(), offset: beginning.offset }
    }

    /// When the last send leaves that waits now; `None` if time alone does not bring that about.
    #[must_use]
    pub fn empty_at(&self) -> Option<Timestamp> {
        let last = match &self.tail {
            Some(tail) => tail.last(),
            None => self.last,
        };
        last.map(|at| self.of_day(at))
    }

    /// Which of these cannot leave before their deadlines. Those with the nearest deadlines come first, and are sent first.
    #[must_use]
    pub fn late(&self, sends: &[InLane]) -> Vec<SendId> {
        let (mut late, mut in_time) = (Vec::new(), PerLane::<Vec<Timestamp>>::default());
        for send in sends {
            let Some(deadline) = send.deadline.map(|deadline| self.of_limit(deadline)) else { continue };
            let Some(by_turn) = self.by_turn(send) else { continue };
            let near = self.near(send, deadline);
            let nearer = in_time[send.lane].iter().filter(|leaves| **leaves >= near).count() as u64;
            // When it is near, the deadlines decide and not the turns.
            let leaves = if by_turn < near { Some(by_turn) } else { self.by_deadline(send, near, nearer) };
            match leaves {
                Some(leaves) if leaves <= deadline => in_time[send.lane].push(leaves),
                _ => late.push(send.id),
            }
        }
        late
    }

    /// When a send leaves; `None` if time alone does not bring that about.
    #[must_use]
    pub fn leaves(&self, send: &InLane) -> Option<Timestamp> {
        let by_turn = self.by_turn(send);
        let near = send.deadline.map(|deadline| self.near(send, self.of_limit(deadline)));
        let by_deadline = near.and_then(|near| self.by_deadline(send, near, 0));
        by_turn.into_iter().chain(by_deadline).min().map(|at| self.of_day(at))
    }

    /// How many of its lane leave before it, as far as its turn goes.
    #[must_use]
    pub fn before(&self, send: &InLane) -> u64 {
        let earlier = self.earlier(send).filter(|one| one.at <= send.not_before);
        send.ahead + earlier.map(|one| one.count).sum::<u64>()
    }

    fn by_turn(&self, send: &InLane) -> Option<Timestamp> {
        let from = self.of_limit(send.not_before);
        let mut index = self.place(send, from);
        for one in self.earlier(send).filter(|one| one.at > send.not_before) {
            // All have joined when the limit begins to repeat itself.
            if self.walked(send.lane, index).is_none_or(|leaves| self.of_limit(one.at) < leaves) {
                index += one.count;
            }
        }
        Some(self.time(send.lane, index)?.max(from))
    }

    /// How many of its lane leave before it, of those that are there when it may leave: those that have left by then, and those
    /// with an earlier turn that have not.
    fn place(&self, send: &InLane, from: Timestamp) -> u64 {
        let mut earlier = self.earlier(send).map(|one| (self.of_limit(one.at), one.count)).peekable();
        let (mut gone, mut waits) = (0, send.ahead);
        for step in self.left[send.lane].iter().take_while(|step| step.at < from) {
            while let Some((_, count)) = earlier.next_if(|(at, _)| *at <= step.at) {
                waits += count;
            }
            waits = waits.saturating_sub(step.count - gone);
            gone = step.count;
        }
        let rest = earlier.take_while(|(at, _)| *at <= from).map(|(_, count)| count);
        gone + waits + rest.sum::<u64>()
    }

    /// From `near` on it goes first, but for so many with a nearer deadline.
    fn by_deadline(&self, send: &InLane, near: Timestamp, nearer: u64) -> Option<Timestamp> {
        Some(self.time(send.lane, self.gone(send.lane, near) + nearer)?.max(near))
    }

    /// From when on it goes before its turn, by the time of the limit.
    fn near(&self, send: &InLane, deadline: Timestamp) -> Timestamp {
        let near = deadline.saturating_sub(NEAR_DEADLINE).unwrap_or(Timestamp::MIN);
        near.max(self.of_limit(send.not_before))
    }

    /// Sends that join its lane with an earlier turn.
    fn earlier(&self, send: &InLane) -> impl Iterator<Item = &Joining> {
        self.joining
            .iter()
            .filter(move |one| one.lane == send.lane && (one.turn, one.id) < (send.turn, send.id))
    }

    /// How many of a lane have left before a time.
    fn gone(&self, lane: Lane, at: Timestamp) -> u64 {
        let left = &self.left[lane];
        let past = left.partition_point(|one| one.at < at);
        let walked = past.checked_sub(1).map_or(0, |last| left[last].count);
        let is_beyond = past == left.len();
        let tail = self.tail.as_ref().filter(|_| is_beyond).map_or(0, |tail| tail.gone(lane, at));
        walked + tail
    }

    /// When the one leaves before which so many of its lane have left.
    fn time(&self, lane: Lane, index: u64) -> Option<Timestamp> {
        self.walked(lane, index).or_else(|| {
            let walked = self.left[lane].last().map_or(0, |last| last.count);
            self.tail.as_ref()?.time(lane, index - walked)
        })
    }

    fn walked(&self, lane: Lane, index: u64) -> Option<Timestamp> {
        let left = &self.left[lane];
        left.get(left.partition_point(|one| one.count <= index)).map(|step| step.at)
    }

    fn of_day(&self, at: Timestamp) -> Timestamp {
        at.saturating_add(self.offset).unwrap_or(at)
    }

    fn of_limit(&self, at: Timestamp) -> Timestamp {
        at.saturating_sub(self.offset).unwrap_or(at)
    }
}
