//! What the store counts of its own work.

use meter::Histogram;

/// What is counted since the store was opened.
#[derive(Debug)]
pub struct StoreMeters {
    /// Durations of a write to the journal and its sync.
    pub journal_syncs: Histogram,
    /// Messages that shared a sync.
    pub journal_batches: Histogram,
    /// Durations of a transaction of the database, from its begin to the end of its commit.
    pub commits: Histogram,
}

impl Default for StoreMeters {
    fn default() -> Self {
        Self {
            journal_syncs: Histogram::of_latencies(),
            journal_batches: Histogram::of_sizes(),
            commits: Histogram::of_latencies(),
        }
    }
}
