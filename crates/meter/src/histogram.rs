//! How values are distributed over fixed ranges.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts values by range. A value costs a comparison with a few bounds and two atomic additions.
#[derive(Debug)]
pub struct Histogram {
    /// The largest value of each range, ascending. Larger values are counted behind the last.
    bounds: &'static [u64],
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Each bound, with the number of values up to it.
    pub up_to: Vec<(u64, u64)>,
    /// The number of all values.
    pub count: u64,
    /// The sum of all values, in the unit of the bounds.
    pub sum: u64,
}

/// In microseconds, from 0.1 milliseconds to 10 seconds.
const LATENCIES: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];
/// In microseconds, from a tenth of a second to two days.
const WAITS: &[u64] = &[
    100_000,
    500_000,
    1_000_000,
    5_000_000,
    15_000_000,
    60_000_000,
    300_000_000,
    900_000_000,
    3_600_000_000,
    14_400_000_000,
    86_400_000_000,
    172_800_000_000,
];
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];

impl Histogram {
    /// For durations of work, in microseconds.
    #[must_use]
    pub fn of_latencies() -> Self {
        Self::with_bounds(LATENCIES)
    }

    /// For how long mail waits, in microseconds.
    #[must_use]
    pub fn of_waits() -> Self {
        Self::with_bounds(WAITS)
    }

    /// For how many things are done together.
    #[must_use]
    pub fn of_sizes() -> Self {
        Self::with_bounds(SIZES)
    }

    fn with_bounds(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::default()).collect();
        Self { bounds, counts, sum: AtomicU64::default() }
    }

    /// Counts a duration.
    pub fn time(&self, took: Duration) {
        self.observe(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let range = self.bounds.partition_point(|bound| *bound < value);
        self.counts[range].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// What was counted. Values that are counted meanwhile may be in the ranges and not yet in the sum.
    #[must_use]
    pub fn read(&self) -> Distribution {
        let mut count = 0;
        let mut up_to = Vec::with_capacity(self.bounds.len());
        for (place, range) in self.counts.iter().enumerate() {
            count += range.load(Ordering::Relaxed);
            up_to.extend(self.bounds.get(place).map(|bound| (*bound, count)));
        }
        Distribution { up_to, count, sum: self.sum.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_up_to_every_bound_that_is_not_smaller() {
        let sizes = Histogram::of_sizes();
        for value in [0, 1, 2, 3, 1_024, 1_025] {
            sizes.observe(value);
        }
        let Distribution { up_to, count, sum } = sizes.read();
        assert_eq!((count, sum), (6, 2_055));
        assert_eq!(&up_to[..3], [(1, 2), (2, 3), (4, 4)]);
        assert_eq!(up_to.last(), Some(&(1_024, 5)), "the largest value is behind the last bound");
    }

    #[test]
    fn durations_are_counted_in_microseconds() {
        let latencies = Histogram::of_latencies();
        latencies.time(Duration::from_millis(1));
        latencies.time(Duration::from_nanos(1_000_001_500));
        let read = latencies.read();
        assert_eq!(read.sum, 1_001_001);
        let up_to = |bound| read.up_to.iter().find(|one| one.0 == bound).unwrap().1;
        assert_eq!([500, 1_000, 1_000_000, 2_500_000].map(up_to), [0, 1, 1, 2]);
    }
}
