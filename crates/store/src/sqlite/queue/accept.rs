//! Taking a message into safe hands.

use std::sync::Arc;

use jiff::Timestamp;
use model::id::QueueId;
use model::queued::{IdempotencyKey, QueuedMessage};
use tokio::sync::oneshot;

use super::recent::Known;
use super::{Inner, Queue};
use crate::error::StoreError;
use crate::sqlite::body::{Body, Kept};
use crate::sqlite::journal::{Appended, JournalPosition};

/// What became of an offered message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk, synced.
    New(QueueId),
    /// It was accepted before, under this id; nothing was stored.
    Repeated(QueueId),
}

impl Accepted {
    /// The id under which the message is queued.
    #[must_use]
    pub fn id(self) -> QueueId {
        match self {
            Self::New(id) | Self::Repeated(id) => id,
        }
    }
}

impl Queue {
    pub(crate) async fn accept(&self, message: QueuedMessage, body: Body) -> Result<Accepted, StoreError> {
        let pending = match message.idempotency_key {
            None => None,
            Some(idempotency_key) => match self.0.recent.look_up(idempotency_key, message.accepted_at) {
                Known::Accepted(id) => return Ok(Accepted::Repeated(id)),
                Known::UnderWay => return Err(StoreError::InProgress),
                Known::New => {
                    Some(Pending { inner: Arc::clone(&self.0), idempotency_key, at: message.accepted_at })
                }
            },
        };
        let id = message.id;
        let (appended, large) = match body.0 {
            Kept::Inline(bytes) => (Appended::Inline(bytes), None),
            Kept::Large(file) => (Appended::Large, Some(file)),
        };
        let (tell, told) = oneshot::channel();
        // The outcome is noted where it happens, whether or not anybody still waits for it.
        let done = move |result: Result<JournalPosition, StoreError>| {
            let accepted = result.as_ref().ok().map(|_| id);
            if let Some(pending) = pending {
                pending.settle(accepted);
            }
            if let (Some(file), true) = (large, result.is_ok()) {
                file.keep();
            }
            drop(tell.send(result.map(drop)));
        };
        self.0.journal.append(Arc::new(message), appended, done);
        told.await.map_err(|_| StoreError::Closed)??;
        Ok(Accepted::New(id))
    }

    pub(crate) async fn contains(&self, id: QueueId) -> Result<bool, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let mut select = connection.prepare_cached("SELECT 1 FROM message WHERE id = ?")?;
                Ok(select.exists([id.to_string()])?)
            })
            .await
    }
}

/// A idempotency_key that is under way.
struct Pending {
    inner: Arc<Inner>,
    idempotency_key: IdempotencyKey,
    at: Timestamp,
}

impl Pending {
    fn settle(self, accepted: Option<QueueId>) {
        self.inner.recent.settle(self.idempotency_key, accepted, self.at);
    }
}
