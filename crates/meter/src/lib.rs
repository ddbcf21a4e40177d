//! Counters and histograms as plain values. Each part of the server holds those of what it does and counts with an atomic
//! addition; `web` reads them when somebody asks for `/metrics`. There is no registry, and no name or format of a metric:
//! those are in `web/src/metrics/`.

mod histogram;
mod labelled;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub use histogram::{Distribution, Histogram};
pub use labelled::Labelled;

/// A number of events since the process began.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one event.
    pub fn count(&self) {
        self.add(1);
    }

    /// Counts so many events.
    pub fn add(&self, events: u64) {
        self.0.fetch_add(events, Ordering::Relaxed);
    }

    /// How many events were counted.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// When something happened last, in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Default)]
pub struct Latest(AtomicI64);

impl Latest {
    /// It happened at this time, or later.
    pub fn happened(&self, milliseconds: i64) {
        self.0.fetch_max(milliseconds, Ordering::Relaxed);
    }

    /// When it happened last; 0 if it has not.
    #[must_use]
    pub fn milliseconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}
