//! One endpoint: its requests in order, one at a time.

use std::sync::Arc;
use std::time::Duration;

use api::webhook_events::{ServerEventData, WebhookData, WebhookPayload};
use clock::after;
use http_client::HttpClient;
use jiff::Timestamp;
use model::webhook::{FeedPlace, Webhook, WebhookState};
use store::{AuditEntry, RequestEnd, StoreError, WebhookRequest};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::answer::{self, EndpointAnswer, FailedTry, GIVE_UP, Then};
use super::post::{self, Post, Tested};
use super::{WebhookSender, body};

/// Tells one endpoint.
pub(super) struct Worker {
    sender: WebhookSender,
    webhook: Arc<Webhook>,
    /// What was looked through without finding anything for the endpoint.
    seen: FeedPlace,
    /// Failed tries in a row.
    failures: u32,
}

/// What the next step of a worker is.
enum WorkerStep {
    Next,
    /// It answered 410.
    Stop,
}

/// Nothing new is noticed after so long at the latest.
const LOOK: Duration = Duration::from_secs(60);
/// After a fault of the store.
const PAUSE: Duration = Duration::from_secs(5);

impl Worker {
    pub(super) fn new(sender: WebhookSender, webhook: Arc<Webhook>) -> Self {
        Self { sender, webhook, seen: FeedPlace::default(), failures: 0 }
    }

    /// Runs until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        let http = match post::client(&self.webhook) {
            Ok(http) => http,
            Err(error) => {
                warn!(webhook = %self.webhook.name, error = model::error_chain(&error), "a web hook cannot be used");
                return;
            }
        };
        loop {
            match self.step(&http).await {
                Ok(WorkerStep::Next) => {}
                Ok(WorkerStep::Stop) => return,
                Err(error) => {
                    warn!(webhook = %self.webhook.name, error = model::error_chain(&error), "a web hook waits for the store");
                    self.sender.clock.sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes the next request and tries it, or waits until there is one.
    async fn step(&mut self, http: &HttpClient) -> Result<WorkerStep, StoreError> {
        let webhooks = self.sender.store.webhooks();
        let (grown, before) = (webhooks.grown(), self.seen);
        let now = self.sender.clock.now();
        let Some(request) = webhooks.next(&self.webhook, &mut self.seen, now).await? else {
            if self.seen == before {
                tokio::select! {
                    () = grown => {}
                    () = self.sender.clock.sleep(LOOK) => {}
                }
            }
            return Ok(WorkerStep::Next);
        };
        if request.events.is_empty() {
            // All of its messages are forgotten.
            webhooks.end(request, RequestEnd::Accepted { at: now }).await?;
            return Ok(WorkerStep::Next);
        }
        if request.tries == 0 && self.failures > 0 && is_old(&request, now) {
            let problem = "it did not answer for three days".to_owned();
            webhooks.end(request, RequestEnd::Dead { at: now, problem }).await?;
            return Ok(WorkerStep::Next);
        }
        let pause = answer::pause(self.failures, self.sender.entropy.fraction());
        let due_at = match (request.tries, self.failures) {
            (0, 1..) => request.due_at.max(after(now, pause)),
            _ => request.due_at,
        };
        self.sender.clock.sleep_until(due_at).await;
        self.attempt(http, request).await
    }

    async fn attempt(
        &mut self,
        http: &HttpClient,
        request: WebhookRequest,
    ) -> Result<WorkerStep, StoreError> {
        let (store, webhook) = (&self.sender.store, &*self.webhook);
        let at = self.sender.clock.now();
        let secrets = post::secrets(store, webhook, at).await?;
        let post = Post {
            id: body::id(webhook.form, &request.events),
            body: body::body(webhook.form, &request.events, &store.directory()),
            at,
        };
        let answer = answer::read(&post::send(http, webhook, &secrets, post).await);
        let now = self.sender.clock.now();
        match answer {
            EndpointAnswer::Accepted => {
                if self.failures > 0 {
                    info!(webhook = %webhook.name, "a web hook accepts events again");
                }
                self.failures = 0;
                store.webhooks().end(request, RequestEnd::Accepted { at: now }).await?;
            }
            EndpointAnswer::Gone => {
                warn!(webhook = %webhook.name, "a web hook answered 410 and is disabled");
                let entry = self.entry(now, "it answered 410");
                store.webhooks().set_state(webhook.id, WebhookState::Gone, entry).await?;
                return Ok(WorkerStep::Stop);
            }
            EndpointAnswer::Later { .. } | EndpointAnswer::Rejected(_) => {
                self.failures = self.failures.saturating_add(1);
                let end = self.end_of(&answer, &request, now);
                store.webhooks().end(request, end).await?;
            }
        }
        Ok(WorkerStep::Next)
    }

    /// How a failed try ends.
    fn end_of(&self, answer: &EndpointAnswer, request: &WebhookRequest, now: Timestamp) -> RequestEnd {
        let failed = FailedTry {
            tries: request.tries + 1,
            first_at: request.first_at.unwrap_or(now),
            now,
            chance: self.sender.entropy.fraction(),
        };
        let problem = answer.words();
        match answer.then(failed) {
            Then::Again(due_at) => {
                if failed.tries == 1 {
                    warn!(webhook = %self.webhook.name, answer = problem, "a web hook did not accept an event");
                }
                RequestEnd::Again { at: now, due_at, problem }
            }
            Then::GiveUp => {
                warn!(webhook = %self.webhook.name, answer = problem, "a web hook's request is given up");
                RequestEnd::Dead { at: now, problem }
            }
        }
    }

    fn entry(&self, at: Timestamp, detail: &str) -> AuditEntry {
        AuditEntry {
            at,
            who: "postern".to_owned(),
            origin: "web hooks".to_owned(),
            action: "webhook.disable".to_owned(),
            subject: self.webhook.name.to_string(),
            detail: detail.to_owned(),
        }
    }
}

/// Whether a request would have been given up by now, had its turn come.
fn is_old(request: &WebhookRequest, now: Timestamp) -> bool {
    !request.is_replay() && request.fed_at.is_some_and(|fed_at| now.duration_since(fed_at) >= GIVE_UP)
}

impl WebhookSender {
    /// Sends an endpoint one event of type `webhook.test`, whether it is enabled or not.
    ///
    /// # Errors
    /// When its secret cannot be read.
    pub async fn test(&self, webhook: &Webhook) -> Result<Tested, StoreError> {
        let at = self.clock.now();
        let event_id = format!("test-{}", model::id::WebhookId::new(at, self.entropy.bytes()));
        let payload = WebhookPayload {
            kind: "webhook.test".to_owned(),
            timestamp: at,
            data: WebhookData::Server(ServerEventData {
                event_id: event_id.clone(),
                account: None,
                code: "test".to_owned(),
                state: "began".to_owned(),
                message: format!("A test of web hook {}. Nothing happened.", webhook.name),
            }),
        };
        let json = match webhook.form {
            model::webhook::WebhookForm::Single => serde_json::to_vec(&payload),
            model::webhook::WebhookForm::Batch(_) => serde_json::to_vec(&[payload]),
        };
        let http = match post::client(webhook) {
            Ok(http) => http,
            Err(error) => {
                return Ok(Tested { is_accepted: false, message: model::error_chain(&error) });
            }
        };
        let secrets = post::secrets(&self.store, webhook, at).await?;
        let post = Post { id: format!("msg_{event_id}"), body: json.unwrap_or_default(), at };
        let answered = post::send(&http, webhook, &secrets, post).await;
        let message = match &answered {
            Ok(reply) if reply.status.is_success() => format!("it answered {}", reply.status.as_u16()),
            _ => answer::read(&answered).words(),
        };
        Ok(Tested { is_accepted: answer::read(&answered) == EndpointAnswer::Accepted, message })
    }
}
