//! Queues of storage accounts, kept in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use azure_types::event_grid::StorageQueue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::keys::random_guid;

/// Messages by storage account and queue.
#[derive(Default)]
pub(crate) struct Queues(Mutex<BTreeMap<QueuePlace, Vec<KeptMessage>>>);

/// A storage account and its queue, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueuePlace {
    pub(crate) account: String,
    pub(crate) queue: String,
}

/// A message of a queue.
#[derive(Clone, Debug)]
pub(crate) struct KeptMessage {
    pub(crate) id: Uuid,
    pub(crate) text: String,
    pub(crate) inserted_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// When it may be received next.
    pub(crate) visible_at: Timestamp,
    /// Another one each time that it is received.
    pub(crate) receipt: Uuid,
    pub(crate) dequeue_count: u32,
}

/// What is asked for when messages are received.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct ReceiveQuery {
    pub(crate) numofmessages: Option<usize>,
    /// Seconds for which nobody else receives them.
    pub(crate) visibilitytimeout: Option<i64>,
}

/// How long a message is kept if the subscription does not say, in seconds: seven days.
const TIME_TO_LIVE: i64 = 604_800;

impl Queues {
    fn all(&self) -> MutexGuard<'_, BTreeMap<QueuePlace, Vec<KeptMessage>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an event into a queue, in base64 as Event Grid does.
    pub(crate) fn put(&self, queue: &StorageQueue, event: &Value, now: Timestamp) {
        let seconds = match queue.queue_message_time_to_live_in_seconds {
            Some(-1) => i64::from(u32::MAX),
            seconds => seconds.unwrap_or(TIME_TO_LIVE),
        };
        let kept = KeptMessage {
            id: random_guid(),
            text: STANDARD.encode(event.to_string()),
            inserted_at: now,
            expires_at: clock::after(now, SignedDuration::from_secs(seconds)),
            visible_at: now,
            receipt: random_guid(),
            dequeue_count: 0,
        };
        self.all().entry(QueuePlace::of(queue)).or_default().push(kept);
    }

    /// Receives messages, which nobody else receives for a while.
    pub(crate) fn receive(
        &self,
        place: &QueuePlace,
        asked: &ReceiveQuery,
        now: Timestamp,
    ) -> Vec<KeptMessage> {
        let mut all = self.all();
        let messages = all.entry(place.clone()).or_default();
        messages.retain(|one| one.expires_at > now);
        let visible = messages.iter_mut().filter(|one| one.visible_at <= now);
        let received = visible.take(asked.numofmessages.unwrap_or(1)).map(|one| {
            one.visible_at =
                clock::after(now, SignedDuration::from_secs(asked.visibilitytimeout.unwrap_or(30)));
            one.receipt = random_guid();
            one.dequeue_count += 1;
            one.clone()
        });
        received.collect()
    }

    /// Deletes a message, for the caller that received it last.
    pub(crate) fn delete(
        &self,
        place: &QueuePlace,
        id: Uuid,
        receipt: Uuid,
    ) -> Result<(), (StatusCode, &'static str)> {
        let mut all = self.all();
        let messages = all.entry(place.clone()).or_default();
        let index = messages.iter().position(|one| one.id == id);
        let index = index.ok_or((StatusCode::NOT_FOUND, "MessageNotFound"))?;
        if messages[index].receipt != receipt {
            return Err((StatusCode::BAD_REQUEST, "PopReceiptMismatch"));
        }
        messages.remove(index);
        Ok(())
    }
}

impl QueuePlace {
    pub(crate) fn of(queue: &StorageQueue) -> Self {
        let account = queue.resource_id.rsplit('/').next().unwrap_or_default();
        Self { account: account.to_lowercase(), queue: queue.queue_name.to_lowercase() }
    }
}
