//! Submissions of the last minutes whose clients may not know that they were accepted.
//!
//! A client that lost our 250 sends its message again (RFC 5321 section 4.5.4.1), within minutes and byte for byte.
//! One copy is enough then. A client that went on after the 250 has it: what is equal later is a new message, such as
//! the next alarm of a device that writes no date. After a restart nobody knows who has heard what.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::id::QueueId;
use model::queued::IdempotencyKey;

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Database;

/// How long a submission is remembered: clients and the queues of mail servers retry earlier.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// How many are remembered at most.
const CAPACITY: usize = 100_000;
/// How many have their place in the order, those included that were forgotten since.
const IN_ORDER: usize = 4 * CAPACITY;

#[derive(Default)]
pub(super) struct Recent(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    by_key: HashMap<IdempotencyKey, Sighting>,
    /// What was accepted and is still remembered.
    by_id: HashMap<QueueId, IdempotencyKey>,
    in_order: VecDeque<(Timestamp, QueueId)>,
}

#[derive(Clone, Copy)]
enum Sighting {
    /// It is being accepted at this moment.
    UnderWay,
    /// It was accepted under this id.
    Accepted(QueueId),
}

/// What is known of a submission.
pub(super) enum Known {
    /// It is new; the caller must say what came of it.
    New,
    /// It is being accepted on another connection.
    UnderWay,
    /// It was accepted.
    Accepted(QueueId),
}

impl Recent {
    /// Remembers what was accepted before the process started.
    pub(super) fn load(database: &Database, now: Timestamp) -> Result<Self, StoreError> {
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN).as_millisecond();
        let rows = database.read_blocking(|connection| {
            // Ids begin with their time, so that this reads the last of the table and no more.
            let mut select = connection.prepare(
                "SELECT id, accepted_at, fingerprint FROM message
                 WHERE fingerprint IS NOT NULL AND accepted_at >= ?
                 AND EXISTS (SELECT 1 FROM send WHERE message_id = message.id AND state NOT IN ('failed', 'dropped'))
                 ORDER BY id DESC LIMIT ?",
            )?;
            let rows = select.query_map((since, CAPACITY), |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, [u8; 16]>(2)?))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        let recent = Self::default();
        for (id, accepted_at, idempotency_key) in rows.into_iter().rev() {
            let idempotency_key = IdempotencyKey(idempotency_key);
            recent.settle(idempotency_key, Some(columns::to_id(&id)?), columns::to_time(accepted_at)?);
        }
        Ok(recent)
    }

    /// Asks about a submission, and takes it under way if it is new.
    pub(super) fn look_up(&self, idempotency_key: IdempotencyKey, now: Timestamp) -> Known {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_before(now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN));
        match seen.by_key.get(&idempotency_key) {
            Some(Sighting::Accepted(id)) => Known::Accepted(*id),
            Some(Sighting::UnderWay) => Known::UnderWay,
            None => {
                seen.by_key.insert(idempotency_key, Sighting::UnderWay);
                Known::New
            }
        }
    }

    /// Forgets a submission: it came to nothing, or its client knows of it.
    pub(super) fn forget(&self, id: QueueId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).forget(id);
    }

    /// Says what came of a submission that was under way: its id, or nothing.
    pub(super) fn settle(&self, idempotency_key: IdempotencyKey, accepted: Option<QueueId>, at: Timestamp) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match accepted {
            None => drop(seen.by_key.remove(&idempotency_key)),
            Some(id) => {
                seen.by_key.insert(idempotency_key, Sighting::Accepted(id));
                seen.by_id.insert(id, idempotency_key);
                seen.in_order.push_back((at, id));
            }
        }
    }
}

impl Seen {
    fn forget(&mut self, id: QueueId) {
        if let Some(idempotency_key) = self.by_id.remove(&id) {
            self.by_key.remove(&idempotency_key);
        }
    }

    fn forget_before(&mut self, since: Timestamp) {
        while let Some((at, id)) = self.in_order.front().copied() {
            if at > since && self.by_id.len() <= CAPACITY && self.in_order.len() <= IN_ORDER {
                break;
            }
            self.in_order.pop_front();
            self.forget(id);
        }
    }
}
