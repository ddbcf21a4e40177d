//! Which messages are repetitions: what is equal is one for ten minutes, unless the client has heard of the first
//! (RFC 5321 section 4.5.4.1).
//!
//! The queue knows its own: `store::Queue::accept` answers with the id that an equal message has. What is sent at once
//! keeps its operation id here, so that Azure sees one message. That id follows from the message and the time, so that
//! most repetitions keep theirs over a restart. Nodes that share a store share the first; the second needs a table
//! behind [`Duplicates::operation`] and [`Duplicates::heard`], which ask for nothing but key, time and id.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use azure_types::ids::OperationId;
use jiff::{SignedDuration, Timestamp};
use model::queued::IdempotencyKey;
use store::Queue;

use super::Accepted;

/// How long a message is remembered.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// How many are remembered at most.
const CAPACITY: usize = 100_000;

/// What tells repeated submissions from new ones.
pub(super) struct Duplicates {
    queue: Queue,
    sent: Mutex<SentLately>,
}

#[derive(Debug, Default)]
struct SentLately {
    by_key: HashMap<IdempotencyKey, Last>,
    in_order: VecDeque<(Timestamp, IdempotencyKey)>,
}

/// The last of equal messages.
#[derive(Clone, Copy, Debug)]
struct Last {
    operation: OperationId,
    at: Timestamp,
    /// How many equal ones there were before it.
    before: u32,
    has_heard: bool,
}

impl Duplicates {
    pub(super) fn new(queue: Queue) -> Self {
        Self { queue, sent: Mutex::default() }
    }

    /// The operation id for a message that is sent now.
    pub(super) fn operation(&self, idempotency_key: IdempotencyKey, now: Timestamp) -> OperationId {
        self.sent().operation(idempotency_key, now)
    }

    /// The client knows what came of its message.
    pub(super) fn heard(&self, accepted: &Accepted) {
        match accepted {
            Accepted::Queued(id) | Accepted::Repeated(id) => self.queue.heard(*id),
            Accepted::Sent(operation) | Accepted::SentToSome(operation) => self.sent().heard(*operation),
        }
    }

    fn sent(&self) -> MutexGuard<'_, SentLately> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SentLately {
    fn operation(&mut self, idempotency_key: IdempotencyKey, now: Timestamp) -> OperationId {
        self.forget_before(now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN));
        let before = match self.by_key.get(&idempotency_key) {
            Some(last) if !last.has_heard => return last.operation,
            Some(last) => last.before.saturating_add(1),
            None => 0,
        };
        let operation = derived(idempotency_key, now, before);
        self.by_key.insert(idempotency_key, Last { operation, at: now, before, has_heard: false });
        self.in_order.push_back((now, idempotency_key));
        operation
    }

    fn heard(&mut self, operation: OperationId) {
        let Self { by_key, in_order } = self;
        // It was sent a moment ago: among a hundred thousand it is one of the last.
        let is_it = |idempotency_key: &IdempotencyKey| {
            by_key.get(idempotency_key).is_some_and(|last| last.operation == operation)
        };
        let found = in_order.iter().rev().map(|(_, idempotency_key)| *idempotency_key).find(is_it);
        if let Some(last) = found.and_then(|idempotency_key| by_key.get_mut(&idempotency_key)) {
            last.has_heard = true;
        }
    }

    fn forget_before(&mut self, since: Timestamp) {
        while let Some((at, idempotency_key)) = self.in_order.front().copied() {
            if at > since && self.in_order.len() <= CAPACITY {
                break;
            }
            self.in_order.pop_front();
            if self.by_key.get(&idempotency_key).is_some_and(|last| last.at == at) {
                self.by_key.remove(&idempotency_key);
            }
        }
    }
}

/// An id that is the same for equal messages of the same ten minutes, counted (RFC 9562 section 5.8).
fn derived(idempotency_key: IdempotencyKey, now: Timestamp, before: u32) -> OperationId {
    let mut bytes = idempotency_key.0;
    let slot = (now.as_second() / WINDOW.as_secs()).to_be_bytes();
    let salt = slot.into_iter().chain(before.to_be_bytes());
    bytes.iter_mut().zip(salt).for_each(|(byte, salt)| *byte ^= salt);
    OperationId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_keeps_its_id_and_a_new_message_does_not() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let (mut repeats, message) = (SentLately::default(), IdempotencyKey([7; 16]));
        let first = repeats.operation(message, at(0));
        assert_eq!(repeats.operation(message, at(599)), first, "its client may not know");
        assert_ne!(repeats.operation(IdempotencyKey([8; 16]), at(0)), first);
        assert_eq!(SentLately::default().operation(message, at(599)), first, "nor after a restart");
        repeats.heard(first);
        let second = repeats.operation(message, at(599));
        assert_ne!(second, first, "its client knows");
        assert_eq!(repeats.operation(message, at(600)), second);
        let third = repeats.operation(message, at(1_199));
        assert_ne!(third, second, "clients do not retry for ever");
        assert_eq!(repeats.operation(message, at(1_200)), third);
    }
}
