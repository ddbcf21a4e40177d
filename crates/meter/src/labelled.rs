//! One meter for each of a bounded number of labels.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use arc_swap::ArcSwap;

/// A meter of its own for each key. Finding one takes no lock; the first use of a key copies the table. Keys must be few:
/// accounts, transports, results, never what a client chooses.
#[derive(Debug)]
pub struct Labelled<K, M>(ArcSwap<HashMap<K, Arc<M>>>);

impl<K, M> Default for Labelled<K, M> {
    fn default() -> Self {
        Self(ArcSwap::from_pointee(HashMap::new()))
    }
}

impl<K: Clone + Eq + Hash + Ord, M> Labelled<K, M> {
    /// The meter of a key, made by `new` at the first use.
    pub fn of(&self, key: &K, new: fn() -> M) -> Arc<M> {
        if let Some(there) = self.0.load().get(key) {
            return Arc::clone(there);
        }
        let fresh = Arc::new(new());
        // Somebody else may have been first: whose meter is in the table counts.
        self.0.rcu(|table| {
            let mut table = HashMap::clone(table);
            table.entry(key.clone()).or_insert_with(|| Arc::clone(&fresh));
            table
        });
        self.0.load().get(key).map_or(fresh, Arc::clone)
    }

    /// All keys that were used, in order, each with its meter.
    #[must_use]
    pub fn all(&self) -> Vec<(K, Arc<M>)> {
        let mut all: Vec<(K, Arc<M>)> =
            self.0.load().iter().map(|(key, meter)| (key.clone(), Arc::clone(meter))).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::Counter;

    #[test]
    fn nothing_is_lost_when_many_use_a_key_for_the_first_time() {
        let labelled: Labelled<usize, Counter> = Labelled::default();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for number in 0..800 {
                        labelled.of(&(number % 8), Counter::default).count();
                    }
                });
            }
        });
        let all: Vec<(usize, u64)> =
            labelled.all().into_iter().map(|(key, counter)| (key, counter.value())).collect();
        assert_eq!(all, (0..8).map(|key| (key, 800)).collect::<Vec<_>>());
    }
}
