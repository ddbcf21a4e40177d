//! Room on the disk that messages may take before the file system is asked again.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that were free beyond the reserve when the file system was asked last, a small part of them. Others may write
/// to the disk meanwhile; the reserve is much larger than this, and a write that fails is refused all the same.
#[derive(Debug, Default)]
pub(super) struct Room(AtomicU64);

/// Most that is taken from one answer of the file system.
const PART_BYTES: u64 = 16 << 20;
/// What a message takes at least, with its rows.
const MESSAGE_BYTES: u64 = 4_096;

impl Room {
    /// Takes what a message of that size needs, if it is there.
    pub(super) fn take(&self, bytes: u64) -> bool {
        let needed = bytes.saturating_add(MESSAGE_BYTES);
        let take = |left: u64| left.checked_sub(needed);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// There are so many bytes beyond the reserve.
    pub(super) fn found(&self, bytes: u64) {
        // Of a disk that is nearly full every message asks anew.
        let part = if bytes > 4 * PART_BYTES { PART_BYTES } else { 0 };
        self.0.store(part, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_much_room_is_taken_without_asking_and_nothing_of_little() {
        let room = Room::default();
        assert!(!room.take(0));
        room.found(1 << 30);
        assert!(!room.take(PART_BYTES));
        let taken = (0..10_000).take_while(|_| room.take(MESSAGE_BYTES)).count();
        assert_eq!(taken as u64, PART_BYTES / (2 * MESSAGE_BYTES));
        room.found(1 << 20);
        assert!(!room.take(1));
    }
}
