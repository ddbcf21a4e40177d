//! Events that have to be delivered: to which subscription, and when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::storage_queues::Queues;

/// Event Grid's work, shared by those who write events and those who deliver them.
#[derive(Default)]
pub(crate) struct Events {
    outbox: Mutex<Outbox>,
    changed: Notify,
    pub(crate) queues: Queues,
}

impl Events {
    /// Wakes the delivery: an event was written, or the clock was moved.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Resolves once the delivery was woken.
    pub(crate) async fn woken(&self) {
        self.changed.notified().await;
    }

    pub(crate) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events that wait, and the newest of those whose delivery has ended.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: BTreeMap<(Timestamp, u64), Pending>,
    count: u64,
    seen: VecDeque<Seen>,
}

/// An event on its way to one subscription.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) subscription: Uuid,
    /// As the Event Grid schema has it.
    pub(crate) event: Value,
    /// When it was made.
    pub(crate) made_at: Timestamp,
    /// How often it was tried.
    pub(crate) attempts: u32,
}

/// What became of an event.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Seen {
    pub(crate) subscription: Uuid,
    pub(crate) outcome: Outcome,
    pub(crate) attempts: u32,
    /// What the end point answered last, or why it did not.
    pub(crate) last_answer: String,
    pub(crate) event: Value,
}

/// How the delivery of an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Delivered,
    /// It was tried in vain, and the subscription has a place for such events.
    DeadLettered,
    /// It was tried in vain, and nobody has it any more.
    Dropped,
    /// A fault lost it.
    Lost,
}

/// Events of which it is known what became of them; older ones are forgotten.
const CAPACITY: usize = 10_000;

impl Outbox {
    pub(crate) fn push(&mut self, at: Timestamp, pending: Pending) {
        self.count += 1;
        self.waiting.insert((at, self.count), pending);
    }

    /// Subscriptions for which something is due.
    pub(crate) fn due(&self, now: Timestamp) -> BTreeSet<Uuid> {
        self.waiting.range(..=(now, u64::MAX)).map(|(_, pending)| pending.subscription).collect()
    }

    /// When the next thing is due, for those subscriptions that are asked about.
    pub(crate) fn next(&self, is_wanted: impl Fn(&Uuid) -> bool) -> Option<Timestamp> {
        self.waiting.iter().find(|(_, pending)| is_wanted(&pending.subscription)).map(|((at, _), _)| *at)
    }

    /// Takes up to `most` of what is due for a subscription, the oldest first. What was tried before goes alone.
    pub(crate) fn take(&mut self, subscription: Uuid, now: Timestamp, most: usize) -> Vec<Pending> {
        let due = self.waiting.range(..=(now, u64::MAX));
        let mut keys = Vec::new();
        for (key, pending) in due.filter(|(_, pending)| pending.subscription == subscription) {
            if pending.attempts > 0 && !keys.is_empty() {
                break;
            }
            keys.push(*key);
            if keys.len() >= most || pending.attempts > 0 {
                break;
            }
        }
        keys.iter().filter_map(|key| self.waiting.remove(key)).collect()
    }

    /// As [`Outbox::take`], the newest first.
    pub(crate) fn take_newest(&mut self, subscription: Uuid, now: Timestamp) -> Vec<Pending> {
        let mut due = self.waiting.range(..=(now, u64::MAX)).rev();
        let found = due.find(|(_, pending)| pending.subscription == subscription).map(|(key, _)| *key);
        found.and_then(|key| self.waiting.remove(&key)).into_iter().collect()
    }

    pub(crate) fn see(&mut self, seen: Seen) {
        self.seen.push_back(seen);
        if self.seen.len() > CAPACITY {
            self.seen.pop_front();
        }
    }

    /// What became of events, newest first.
    pub(crate) fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter().rev()
    }

    /// How many events wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Removes the waiting events and the record of the others.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_tried_before_goes_alone() {
        let (mut outbox, subscription, now) = (Outbox::default(), Uuid::from_u128(1), Timestamp::UNIX_EPOCH);
        for (number, attempts) in [0, 0, 1, 0].into_iter().enumerate() {
            let event = Value::from(number);
            outbox.push(now, Pending { subscription, event, made_at: now, attempts });
        }
        let mut take = |most| -> Vec<Value> {
            outbox.take(subscription, now, most).into_iter().map(|pending| pending.event).collect()
        };
        assert_eq!(take(10), [Value::from(0), Value::from(1)]);
        assert_eq!(take(10), [Value::from(2)]);
        assert_eq!(take(10), [Value::from(3)]);
        assert_eq!(outbox.next(|_| true), None);
    }
}
