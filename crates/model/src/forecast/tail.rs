//! What follows when a rate limit repeats itself, in closed form. Pure.

use jiff::{SignedDuration, Timestamp};

use super::lanes::Lanes;
use crate::credential::Lane;

/// What still waits when the limit begins to repeat itself.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    pub(super) cycle: Cycle,
    pub(super) lanes: Lanes,
    /// What waits for other accounts.
    pub(super) others: Vec<u64>,
}

/// Requests that start at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StartedAtOnce {
    pub(super) at: Timestamp,
    pub(super) count: u64,
}

/// Requests that start again and again.
#[derive(Clone, Debug)]
pub(super) struct Cycle {
    period_seconds: i64,
    /// When they start for the first time, and how many have by then.
    starts: Vec<StartedAtOnce>,
    count: u64,
}

impl Cycle {
    /// The last period of what was walked, one period later; `None` if nothing started in it.
    pub(super) fn of(batches: &[StartedAtOnce], period_seconds: u32) -> Option<Self> {
        let period = SignedDuration::from_secs(period_seconds.into());
        let end = batches.last()?.at;
        let begin = batches.partition_point(|batch| end.duration_since(batch.at) >= period);
        let mut count = 0;
        let starts = batches[begin..].iter().map(|batch| {
            count += batch.count;
            StartedAtOnce { at: later(batch.at, period), count }
        });
        let starts: Vec<StartedAtOnce> = starts.collect();
        (count > 0).then_some(Self { period_seconds: period_seconds.into(), starts, count })
    }

    /// When the request starts before which so many start.
    fn time(&self, index: u64) -> Timestamp {
        let (rounds, within) = (index / self.count, index % self.count);
        let start = self.starts[self.starts.partition_point(|batch| batch.count <= within)].at;
        let rounds = i64::try_from(rounds).unwrap_or(i64::MAX).saturating_mul(self.period_seconds);
        later(start, SignedDuration::from_secs(rounds))
    }
}

impl Cycle {
    /// How many start before a time.
    fn before(&self, at: Timestamp) -> u64 {
        let Some(first) = self.starts.first().filter(|first| first.at < at) else { return 0 };
        let rounds = at.duration_since(first.at).as_secs() / self.period_seconds;
        let moved = SignedDuration::from_secs(rounds.saturating_mul(self.period_seconds));
        let within = self.starts.partition_point(|batch| later(batch.at, moved) < at);
        let within = within.checked_sub(1).map_or(0, |last| self.starts[last].count);
        u64::try_from(rounds).unwrap_or(0) * self.count + within
    }
}

impl Tail {
    /// When the send of a lane leaves before which so many of the lane do.
    pub(super) fn time(&self, lane: Lane, index: u64) -> Option<Timestamp> {
        Some(self.time_of(self.lanes.before(lane, index)?))
    }

    /// How many of a lane have left before a time.
    pub(super) fn gone(&self, lane: Lane, at: Timestamp) -> u64 {
        let permits = self.cycle.before(at);
        let (mut least, mut most) = (0, permits.min(self.lanes.total()));
        // The others take turns with it.
        while least < most {
            let middle = most - (most - least) / 2;
            if self.permits(middle) <= permits { least = middle } else { most = middle - 1 }
        }
        let mut lanes = self.lanes;
        lanes.take(least)[lane]
    }

    /// When the last send leaves.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.lanes.total().checked_sub(1).map(|last| self.time_of(last))
    }

    /// When the send of the account leaves before which so many do. The others take turns with it.
    fn time_of(&self, index: u64) -> Timestamp {
        self.cycle.time(self.permits(index))
    }

    /// Permits that are used when so many of the account's sends have left.
    fn permits(&self, sends: u64) -> u64 {
        sends + self.others.iter().map(|waits| sends.min(*waits)).sum::<u64>()
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
