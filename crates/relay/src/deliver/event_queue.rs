//! Pulls an account's events from an Azure Storage queue, for servers that Event Grid cannot reach. A message is deleted
//! only after what it reports is on disk, synced.

use std::sync::Arc;
use std::time::Duration;

use azure_types::email_events::{EmailEvent, UnreadableEvent, read};
use azure_types::storage_queue::{MOST_AT_ONCE, QueueMessage};
use model::account::Account;
use secrecy::ExposeSecret as _;
use store::{SecretName, SecretOwner, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::events::take_events;
use super::upstream::event_queue::{EventQueue, EventQueueFailure};
use super::upstream::{UpstreamError, Upstreams};
use super::{Context, backoff};

/// Between two looks whether a queue is configured.
const ABSENT: Duration = Duration::from_secs(10);
/// Between two looks into a queue that was empty.
const EMPTY: Duration = Duration::from_secs(15);
/// For so long nobody else receives what was received: longer than it takes to record it.
const HIDDEN: Duration = Duration::from_secs(120);

/// The reader of one account's queue.
pub(crate) struct EventQueueReader {
    context: Context,
    upstreams: Arc<Upstreams>,
    account: Arc<Account>,
    /// The queue that was read last.
    open: Option<EventQueue>,
    /// Looks that failed, one after the other.
    failures: u32,
}

/// What a look brought.
enum Looked {
    /// No queue is configured.
    NoQueue,
    /// The number of messages that were taken.
    Taken(usize),
}

/// Why a queue cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventQueueError {
    /// Postern's own store.
    #[error("the events cannot be recorded")]
    Store(#[from] StoreError),
    /// The account's login or trust.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error(transparent)]
    Queue(#[from] EventQueueFailure),
}

impl EventQueueReader {
    pub(crate) fn new(context: Context, upstreams: Arc<Upstreams>, account: Arc<Account>) -> Self {
        Self { context, upstreams, account, open: None, failures: 0 }
    }

    /// Reads until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        loop {
            let wait = match self.look().await {
                Ok(looked) => {
                    self.failures = 0;
                    match looked {
                        Looked::NoQueue => ABSENT,
                        Looked::Taken(count) if count >= MOST_AT_ONCE => Duration::ZERO,
                        Looked::Taken(_) => EMPTY,
                    }
                }
                Err(error) => self.failed(&error),
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.context.clock.sleep(wait) => {}
            }
        }
    }

    fn failed(&mut self, error: &EventQueueError) -> Duration {
        // The account's secret may have changed.
        self.open = None;
        let wait = backoff::wait(self.failures, None, self.context.entropy.fraction());
        // The same is said once, until it works again.
        if self.failures == 0 {
            let (error, until) = (model::error_chain(error), self.context.later(wait));
            warn!(account = %self.account.name, error, %until, "the queue of events cannot be read; Postern tries again");
        }
        self.failures = (self.failures + 1).min(6);
        wait
    }

    async fn look(&mut self) -> Result<Looked, EventQueueError> {
        let owner = SecretOwner::Account(self.account.id);
        let url = match self.context.store.secrets().get(owner, SecretName::EventQueue).await {
            Ok(url) => url,
            Err(StoreError::Missing(_)) => {
                self.open = None;
                return Ok(Looked::NoQueue);
            }
            Err(error) => return Err(error.into()),
        };
        if self.open.as_ref().is_none_or(|open| !open.is_at(url.expose_secret())) {
            let open = self.upstreams.event_queue(&self.account, url.expose_secret()).await?;
            info!(account = %self.account.name, "events are pulled from a queue");
            self.open = Some(open);
        }
        match &self.open {
            Some(open) => self.pull(open).await,
            None => Ok(Looked::NoQueue),
        }
    }

    async fn pull(&self, open: &EventQueue) -> Result<Looked, EventQueueError> {
        let messages = open.receive(HIDDEN).await?;
        let events = messages.iter().flat_map(events_of).collect();
        take_events(&self.context.store, self.upstreams.events(), &self.account, events).await?;
        for message in &messages {
            open.delete(message).await?;
        }
        Ok(Looked::Taken(messages.len()))
    }
}

/// The events of a message: one as Event Grid writes it, or an array. What is none is an event that cannot be read, of
/// the message's id.
fn events_of(message: &QueueMessage) -> Vec<Result<EmailEvent, UnreadableEvent>> {
    read(&message.content()).unwrap_or_else(|error| {
        vec![Err(UnreadableEvent { id: message.message_id.clone(), reason: error.reason })]
    })
}
