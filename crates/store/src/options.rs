//! How a store is opened.

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Octets of one segment of the journal.
    pub segment_octets: u64,
    /// Octets of the disk that are left to the database, so that deliveries can still be noted: with less than that
    /// free, no message is accepted.
    pub reserve_octets: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_octets: 32 << 20, reserve_octets: 64 << 20 }
    }
}
