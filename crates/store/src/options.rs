//! How a store is opened.

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of one segment of the journal.
    pub segment_bytes: u64,
    /// Bytes of the disk that are left to the database, so that deliveries can still be noted: with less than that
    /// free, no message is accepted.
    pub reserve_bytes: u64,
    /// Messages that are indexed together; a search reads those that wait for it one by one.
    pub indexed_together: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 32 << 20, reserve_bytes: 64 << 20, indexed_together: 8_192 }
    }
}
