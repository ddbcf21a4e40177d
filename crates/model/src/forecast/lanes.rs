//! Taking mail from the lanes as a claim does, whole rounds at once. Pure.

use crate::credential::Lane;
use crate::fairness::{LaneShares, PerLane};

/// What waits in the lanes, and what is owed to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lanes {
    pub(super) waiting: PerLane<u64>,
    pub(super) shares: LaneShares,
}

impl Lanes {
    pub(super) fn total(&self) -> u64 {
        self.waiting.iter().map(|(_, count)| count).sum()
    }

    /// Takes so many, or all there are; gives how many of each lane.
    pub(super) fn take(&mut self, count: u64) -> PerLane<u64> {
        let (mut taken, mut left) = (PerLane::default(), count.min(self.total()));
        while left > 0 {
            if let Some(round) = self.round().filter(|round| round.size * 2 <= left) {
                let rounds = round.most.min(left / round.size);
                if rounds > 0 {
                    for lane in Lane::ALL {
                        self.waiting[lane] -= round.of[lane] * rounds;
                        taken[lane] += round.of[lane] * rounds;
                    }
                    left -= round.size * rounds;
                    continue;
                }
            }
            // A round, one by one: by then the shares repeat themselves.
            for _ in 0..left.min(ROUND) {
                let Some(lane) = self.next() else { return taken };
                taken[lane] += 1;
                left -= 1;
            }
        }
        taken
    }

    /// Nothing waits any more: nothing is owed.
    pub(super) fn forget(&mut self) {
        self.shares.next(PerLane::default());
    }

    /// How many leave before the one of a lane before which so many of the lane leave.
    pub(super) fn before(mut self, lane: Lane, index: u64) -> Option<u64> {
        if index >= self.waiting[lane] {
            return None;
        }
        let (mut gone, mut of_lane) = (0, 0);
        loop {
            // Whole steps that cannot reach it, and then one by one.
            let step = (index - of_lane) / 2;
            if step > ROUND {
                let taken = self.take(step);
                of_lane += taken[lane];
                gone += step;
                continue;
            }
            let next = self.next()?;
            if next == lane {
                if of_lane == index {
                    return Some(gone);
                }
                of_lane += 1;
            }
            gone += 1;
        }
    }

    fn next(&mut self) -> Option<Lane> {
        let lane = self.shares.next(PerLane::from_fn(|lane| usize::from(self.waiting[lane] > 0)))?;
        self.waiting[lane] -= 1;
        Some(lane)
    }

    /// A round after which as much is owed as before, if there is one now.
    fn round(&self) -> Option<Round> {
        let size: u64 = Lane::ALL.into_iter().filter(|lane| self.waiting[*lane] > 0).map(weight).sum();
        let mut probe = *self;
        for _ in 0..size {
            probe.next()?;
        }
        let of = PerLane::from_fn(|lane| self.waiting[lane] - probe.waiting[lane]);
        // One is left of each lane: a lane that is empty changes the shares.
        let most = |lane: Lane| (self.waiting[lane].saturating_sub(1)).checked_div(of[lane]);
        let most = Lane::ALL.into_iter().filter_map(most).min().unwrap_or(0);
        let is_whole =
            Lane::ALL.into_iter().all(|lane| (self.waiting[lane] > 0) == (probe.waiting[lane] > 0));
        (size > 0 && is_whole && probe.shares == self.shares).then_some(Round { size, of, most })
    }
}

/// Sends after which the shares are as they were.
struct Round {
    size: u64,
    of: PerLane<u64>,
    /// How many such rounds there is mail for.
    most: u64,
}

fn weight(lane: Lane) -> u64 {
    u64::from(lane.weight())
}

/// The sends of a round of all lanes.
const ROUND: u64 = 21;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lanes([urgent, normal, bulk]: [u64; 3]) -> Lanes {
        let waiting = PerLane::from_fn(|lane| match lane {
            Lane::Urgent => urgent,
            Lane::Normal => normal,
            Lane::Bulk => bulk,
        });
        Lanes { waiting, shares: LaneShares::default() }
    }

    #[test]
    fn a_million_is_taken_in_few_steps() {
        let mut million = lanes([100_000, 300_000, 600_000]);
        let taken = million.take(210_000);
        assert_eq!(taken.into_values().sum::<u64>(), 210_000);
        assert_eq!(million.waiting[Lane::Bulk], 600_000 - taken[Lane::Bulk]);
        let last = lanes([100_000, 300_000, 600_000]).before(Lane::Bulk, 599_999);
        assert_eq!(last, Some(999_999));
    }

    proptest! {
        /// Whole rounds give what single claims give, and each send has the place that it is taken at.
        #[test]
        fn rounds_are_as_good_as_single_sends(
            waiting in proptest::array::uniform3(0_u64..400), first in 0_u64..90, count in 0_u64..900,
        ) {
            let mut at_once = lanes(waiting);
            at_once.take(first);
            let (mut one_by_one, begin) = (at_once, at_once);
            let taken = at_once.take(count);
            let mut singly = PerLane::<u64>::default();
            for gone in 0..count {
                let Some(lane) = one_by_one.next() else { break };
                prop_assert_eq!(begin.before(lane, singly[lane]), Some(gone));
                singly[lane] += 1;
            }
            prop_assert_eq!(taken, singly);
            prop_assert_eq!(at_once.waiting, one_by_one.waiting);
        }
    }
}
