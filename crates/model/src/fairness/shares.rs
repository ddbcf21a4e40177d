//! The part of each lane in the sends that may start.

use super::PerLane;
use crate::credential::Lane;

/// What each lane is owed. While all three have mail, of 21 sends 16 are urgent, 4 normal and one is bulk; what a lane
/// does not need goes to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneShares {
    owed: PerLane<i64>,
}

impl Lane {
    /// Its part in the sends that may start, beside those of the others that have mail.
    #[must_use]
    pub const fn weight(self) -> u32 {
        match self {
            Self::Urgent => 16,
            Self::Normal => 4,
            Self::Bulk => 1,
        }
    }
}

impl LaneShares {
    /// The lane of the next send, if any has mail: the one that is owed most (smooth weighted round robin). A lane
    /// without mail is owed nothing, so that nobody saves up for a burst.
    pub fn next(&mut self, waiting: PerLane<usize>) -> Option<Lane> {
        let mut round = 0;
        for lane in Lane::ALL {
            if waiting[lane] == 0 {
                self.owed[lane] = 0;
            } else {
                let weight = i64::from(lane.weight());
                self.owed[lane] += weight;
                round += weight;
            }
        }
        let with_mail = Lane::ALL.into_iter().filter(|lane| waiting[*lane] > 0);
        // Of those that are owed as much, the more urgent one.
        let lane = with_mail.rev().max_by_key(|lane| self.owed[*lane])?;
        self.owed[lane] -= round;
        Some(lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lanes([urgent, normal, bulk]: [usize; 3]) -> PerLane<usize> {
        PerLane::from_fn(|lane| match lane {
            Lane::Urgent => urgent,
            Lane::Normal => normal,
            Lane::Bulk => bulk,
        })
    }

    /// Shares out as many of `permits` as there is mail for.
    fn grant(shares: &mut LaneShares, waiting: PerLane<usize>, permits: usize) -> PerLane<usize> {
        let (mut granted, mut left) = (PerLane::default(), waiting);
        for _ in 0..permits {
            let Some(lane) = shares.next(left) else { break };
            left[lane] -= 1;
            granted[lane] += 1;
        }
        granted
    }

    #[test]
    fn permits_are_shared_by_weight() {
        for (waiting, permits, granted) in [
            ([100, 100, 100], 21, [16, 4, 1]),
            ([100, 0, 0], 21, [21, 0, 0]),
            ([0, 100, 100], 10, [0, 8, 2]),
            ([1, 100, 100], 11, [1, 8, 2]),
            ([1, 1, 1], 1, [1, 0, 0]),
            ([0, 0, 1], 5, [0, 0, 1]),
            ([0, 0, 0], 5, [0, 0, 0]),
        ] {
            let granted_now = grant(&mut LaneShares::default(), lanes(waiting), permits);
            assert_eq!(granted_now, lanes(granted), "{waiting:?} {permits}");
        }
    }

    #[test]
    fn one_permit_at_a_time_shares_as_many_at_once_do() {
        let (mut one_by_one, mut total) = (LaneShares::default(), [0; 3]);
        for _ in 0..210 {
            let lane = one_by_one.next(lanes([9, 9, 9])).unwrap();
            total[lane as usize] += 1;
        }
        assert_eq!(total, [160, 40, 10]);
    }

    proptest! {
        /// However mail comes: nothing is granted that does not wait, no permit is wasted, and a lane that always has
        /// mail gets its part, less one.
        #[test]
        fn nothing_is_wasted_and_nobody_starves(
            steps in proptest::collection::vec((proptest::array::uniform3(0_usize..9), 0_usize..40), 1..60),
        ) {
            let (mut shares, mut permits_given, mut bulk) = (LaneShares::default(), 0, 0);
            for ([urgent, normal, _], permits) in steps {
                let waiting = lanes([urgent, normal, 1_000]);
                let granted = grant(&mut shares, waiting, permits);
                prop_assert!(granted.iter().all(|(lane, count)| *count <= waiting[lane]));
                prop_assert_eq!(granted.iter().map(|(_, count)| count).sum::<usize>(), permits);
                permits_given += permits;
                bulk += granted[Lane::Bulk];
                prop_assert!(bulk + 1 >= permits_given / 21, "{bulk} of {permits_given}");
            }
        }
    }
}
