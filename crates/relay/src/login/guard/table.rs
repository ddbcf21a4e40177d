//! Records by login, network or place, of which there are never more than fit.
//!
//! An attacker who fills a table must gain nothing by it. Bans and guesses under way are never dropped; of the rest those go
//! first that have the fewest guesses, so that nobody loses his own record to a flood of others with one guess each. When
//! only bans are left, what is new has no room, and is not let in.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

use super::record::{Record, Spell};

#[derive(Debug)]
pub(super) struct Table<K> {
    records: HashMap<K, Record>,
    capacity: usize,
    /// When there was nothing left to drop: looking again at once would cost time and find nothing.
    full_at: Timestamp,
}

/// Between two looks for room in a table that holds bans alone.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

impl<K: Clone + Eq + Hash> Table<K> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { records: HashMap::new(), capacity, full_at: Timestamp::MIN }
    }

    /// The record of a key, if there is one.
    pub(super) fn known(&mut self, key: &K) -> Option<&mut Record> {
        self.records.get_mut(key)
    }

    /// The record of a key, a new one if need be; `None` where there is no room for it.
    pub(super) fn record(&mut self, key: &K, now: Timestamp) -> Option<&mut Record> {
        if !self.records.contains_key(key) {
            if self.records.len() >= self.capacity && now.duration_since(self.full_at) >= PAUSE {
                self.make_room(now);
            }
            if self.records.len() >= self.capacity {
                return None;
            }
        }
        Some(self.records.entry(key.clone()).or_default())
    }

    /// Bans in force.
    pub(super) fn bans(&self, now: Timestamp) -> impl Iterator<Item = (&K, Spell)> {
        self.records.iter().filter_map(move |(key, record)| Some((key, record.ban(now)?)))
    }

    /// Forgives all records of such keys; gives their bans.
    pub(super) fn forgive(&mut self, is_meant: impl Fn(&K) -> bool, now: Timestamp) -> Vec<(K, Spell)> {
        let meant = self.records.iter_mut().filter(|(key, _)| is_meant(key));
        let bans = meant.filter_map(|(key, record)| Some((key.clone(), record.forgive()?)));
        bans.filter(|(_, spell)| spell.until > now).collect()
    }

    /// Drops what is over, and then a tenth of the rest, so that this is not done for each guess of a flood.
    fn make_room(&mut self, now: Timestamp) {
        self.records.retain(|_, record| !record.is_over(now));
        let tenth = (self.capacity / 10).max(1);
        let surplus = (self.records.len() + tenth).saturating_sub(self.capacity);
        let mut worths: Vec<_> = self.records.values().filter_map(|record| record.worth(now)).collect();
        let Some(last) = surplus.min(worths.len()).checked_sub(1) else {
            if surplus > 0 {
                self.full_at = now;
            }
            return;
        };
        let highest = *worths.select_nth_unstable(last).1;
        let mut left = surplus;
        self.records.retain(|_, record| {
            let goes = left > 0 && record.worth(now).is_some_and(|worth| worth <= highest);
            left -= usize::from(goes);
            !goes
        });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
