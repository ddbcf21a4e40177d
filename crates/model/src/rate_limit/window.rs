//! A sliding window: so many requests in any time of its length. Pure.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::learnt::Lowered;

/// Requests of the last so many seconds, in slots of time.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) seconds: u32,
    pub(super) slot_seconds: u32,
    /// What is configured.
    pub(super) limit: u32,
    /// What a 429 taught.
    pub(super) lowered: Option<Lowered>,
    pub(super) slots: VecDeque<(i64, u32)>,
    pub(super) used: u32,
}

impl Window {
    pub(super) fn new(seconds: u32, slot_seconds: u32, limit: u32) -> Self {
        Self { seconds, slot_seconds, limit, lowered: None, slots: VecDeque::new(), used: 0 }
    }

    pub(super) fn of_day(limit: u32) -> Self {
        Self::new(86_400, 600, limit)
    }

    pub(super) fn learn(&mut self, used: u32, at: Timestamp) {
        self.lowered = Lowered::by_refusal(self.limit_at(at), used, at).or(self.lowered);
    }

    /// What it allows at a time.
    pub(super) fn limit_at(&self, now: Timestamp) -> u32 {
        self.lowered.map_or(self.limit, |lowered| lowered.limit_at(self.limit, self.seconds, now))
    }

    /// Seconds after which a request makes room for another, at most.
    pub(super) fn period(&self) -> u32 {
        self.seconds + self.slot_seconds
    }

    pub(super) fn slot_of(&self, time: Timestamp) -> i64 {
        time.as_second().div_euclid(i64::from(self.slot_seconds))
    }

    pub(super) fn add(&mut self, slot: i64, count: u32) {
        self.used += count;
        // Slots come in order but for those that are restored.
        let position = self.slots.partition_point(|(other, _)| *other < slot);
        match self.slots.get_mut(position) {
            Some((other, total)) if *other == slot => *total += count,
            _ => self.slots.insert(position, (slot, count)),
        }
    }

    /// Says how much is free.
    pub(super) fn free(&mut self, now: Timestamp) -> u32 {
        let limit = self.limit_at(now);
        limit.saturating_sub(self.used_at(now))
    }

    /// Forgets slots that have left the window; says how much is used.
    pub(super) fn used_at(&mut self, now: Timestamp) -> u32 {
        while let Some((slot, count)) = self.slots.front().copied() {
            if self.end_of(slot) > now {
                break;
            }
            self.used -= count;
            self.slots.pop_front();
        }
        self.used
    }

    /// When so much has left that one more fits beside what is under way.
    pub(super) fn room_at(&mut self, now: Timestamp, under_way: u32) -> Option<Timestamp> {
        let limit = self.limit_at(now);
        if limit <= under_way {
            return None;
        }
        let mut used = self.used_at(now);
        let room = limit - under_way;
        if used < room {
            return Some(now);
        }
        // A limit that comes back meanwhile is not waited for: it is asked again then.
        self.slots.iter().find_map(|(slot, count)| {
            used -= count;
            (used < room).then(|| self.end_of(*slot))
        })
    }

    /// When the last request of a slot has left the window.
    pub(super) fn end_of(&self, slot: i64) -> Timestamp {
        let end = (slot + 1) * i64::from(self.slot_seconds) + i64::from(self.seconds);
        Timestamp::from_second(end).unwrap_or(Timestamp::MAX)
    }
}
