//! Telling endpoints what becomes of mail. See `docs/decisions/0018-endpoints-are-told-from-a-feed.md`.
//!
//! 1. [`WebhookSender::run`] has one [`worker`] for each enabled endpoint, on one node at a time.
//! 2. A worker takes one request after another out of the store, which keeps it until it is accepted or given up: a slow
//!    endpoint holds one request in memory, and no other endpoint waits for it.
//! 3. [`body`] makes the request's id and body of its events, [`post`] signs and sends it.
//! 4. [`answer`] says what an answer means, and when the request is tried again: pure.

mod answer;
mod body;
mod post;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Entropy, Sources};
use jiff::{SignedDuration, Timestamp};
use model::id::WebhookId;
use model::webhook::{Webhook, WebhookState};
use store::{Held, Store, StoreError, Term};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

pub use self::post::Tested;
use self::worker::Worker;

/// Tells all endpoints.
#[derive(Clone)]
pub struct WebhookSender {
    store: Store,
    clock: Clock,
    entropy: Entropy,
}

/// An endpoint with its worker.
struct Running {
    webhook: Arc<Webhook>,
    stop: CancellationToken,
}

/// What is fed can be delivered again for so long.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Of all nodes on one store, the one that has this lock tells endpoints.
const LOCK: &str = "webhooks";
/// Between two tries to get the lock, and two looks at the endpoints that other nodes may have changed.
const LOOK: Duration = Duration::from_secs(15);
/// Between two rounds of forgetting.
const HOUSEKEEPING: Duration = Duration::from_secs(600);
/// Rows forgotten at a time.
const PRUNE: usize = 1_000;

impl WebhookSender {
    /// Tells the endpoints of `store`.
    #[must_use]
    pub fn new(store: Store, Sources { clock, entropy }: Sources) -> Self {
        Self { store, clock, entropy }
    }

    /// Runs until `shutdown`. A request that is under way then is sent again later, with the same id.
    pub async fn run(self, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let work = async {
            let _lead = self.lead().await;
            tokio::join!(self.follow(&tasks, &shutdown), self.keep_house());
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = work => {}
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn lead(&self) -> Held {
        loop {
            match self.store.locks().try_take(LOCK, Term::from(self.clock.now())).await {
                Ok(Some(held)) => return held,
                Ok(None) => {}
                Err(error) => error!(
                    error = model::error_chain(&error),
                    "it cannot be decided which node tells web hooks"
                ),
            }
            self.clock.sleep(LOOK).await;
        }
    }

    /// Has a worker for each enabled endpoint, made anew where the endpoint has changed.
    async fn follow(&self, tasks: &TaskTracker, shutdown: &CancellationToken) {
        let mut running: HashMap<WebhookId, Running> = HashMap::new();
        loop {
            let changed = self.store.webhooks().changed();
            match self.store.webhooks().list().await {
                Ok(all) => self.adjust(&mut running, all, tasks, shutdown),
                Err(error) => error!(error = model::error_chain(&error), "web hooks cannot be read"),
            }
            tokio::select! {
                () = changed => {}
                () = self.clock.sleep(LOOK) => {}
            }
        }
    }

    fn adjust(
        &self,
        running: &mut HashMap<WebhookId, Running>,
        all: Vec<Webhook>,
        tasks: &TaskTracker,
        shutdown: &CancellationToken,
    ) {
        let mut wanted: HashMap<WebhookId, Webhook> = all
            .into_iter()
            .filter(|webhook| webhook.state == WebhookState::Enabled)
            .map(|webhook| (webhook.id, webhook))
            .collect();
        running.retain(|id, running| {
            let stays = wanted.get(id) == Some(&*running.webhook);
            if stays {
                wanted.remove(id);
            } else {
                running.stop.cancel();
            }
            stays
        });
        for (id, webhook) in wanted {
            let (webhook, stop) = (Arc::new(webhook), shutdown.child_token());
            tasks.spawn(Worker::new(self.clone(), Arc::clone(&webhook)).run(stop.clone()));
            running.insert(id, Running { webhook, stop });
        }
    }

    async fn keep_house(&self) {
        loop {
            self.clock.sleep(HOUSEKEEPING).await;
            if let Err(error) = self.forget().await {
                error!(error = model::error_chain(&error), "what web hooks were told cannot be forgotten");
            }
        }
    }

    async fn forget(&self) -> Result<(), StoreError> {
        let before = self.clock.now().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        while self.store.webhooks().prune(before, PRUNE).await? == PRUNE {}
        Ok(())
    }
}
