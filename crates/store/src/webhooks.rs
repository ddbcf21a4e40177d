//! Endpoints of web hooks, and what each of them has been told.

use jiff::Timestamp;
use model::id::WebhookId;
use model::webhook::{FeedPlace, Webhook, WebhookState};
use secrecy::SecretString;

use crate::engine::{Engine, on_engine};
use crate::{
    AuditEntry, DeadLetter, NewNotice, NewSigningSecret, RequestEnd, StoreError, WebhookRequest,
    WebhookStanding,
};

/// A handle to the endpoints.
#[derive(Clone)]
pub struct Webhooks(Engine);

impl Webhooks {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Adds an endpoint with its signing secret. It is told what happens from now on.
    ///
    /// # Errors
    /// When there is one of that name, or nothing can be written.
    pub async fn add(
        &self,
        webhook: Webhook,
        secret: SecretString,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, webhooks.add(webhook, secret, audit).await)
    }

    /// Removes an endpoint with its secrets and all that it was to be told.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn remove(&self, id: WebhookId, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, webhooks.remove(id, audit).await)
    }

    /// Enables an endpoint, which is told what happens from now on, or disables it.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn set_state(
        &self,
        id: WebhookId,
        state: WebhookState,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, webhooks.set_state(id, state, audit).await)
    }

    /// Replaces the signing secret.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn rotate(
        &self,
        id: WebhookId,
        new: NewSigningSecret,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, webhooks.rotate(id, new, audit).await)
    }

    /// All endpoints, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<Webhook>, StoreError> {
        on_engine!(self.0, webhooks.list().await)
    }

    /// The one of that name.
    ///
    /// # Errors
    /// When there is none, or the database cannot be read.
    pub async fn named(&self, name: &str) -> Result<Webhook, StoreError> {
        let found = self.list().await?.into_iter().find(|one| one.name.as_str().eq_ignore_ascii_case(name));
        found.ok_or_else(|| StoreError::Missing(format!("web hook {name}")))
    }

    /// Feeds a problem that began or ended.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn notice(&self, notice: NewNotice) -> Result<(), StoreError> {
        on_engine!(self.0, webhooks.notice(notice).await)
    }

    /// Resolves when something may have been fed since this was called.
    pub fn grown(&self) -> impl Future<Output = ()> + Send + use<> {
        on_engine!(self.0, webhooks.grown())
    }

    /// Resolves when endpoints were added, changed or removed since this was called.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + use<> {
        on_engine!(self.0, webhooks.changed())
    }

    /// The request that an endpoint is sent next. If it is a new one, it is written down. Where there is nothing for the
    /// endpoint, `seen` is moved behind what was looked through.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn next(
        &self,
        webhook: &Webhook,
        seen: &mut FeedPlace,
        now: Timestamp,
    ) -> Result<Option<WebhookRequest>, StoreError> {
        on_engine!(self.0, webhooks.next(webhook, seen, now).await)
    }

    /// Notes what came of a try.
    ///
    /// # Errors
    /// When nothing can be written: then it is tried again.
    pub async fn end(&self, request: WebhookRequest, end: RequestEnd) -> Result<(), StoreError> {
        on_engine!(self.0, webhooks.end(request, end).await)
    }

    /// How things stand with an endpoint.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn standing(&self, id: WebhookId) -> Result<WebhookStanding, StoreError> {
        on_engine!(self.0, webhooks.standing(id).await)
    }

    /// What was given up, the oldest first, behind the one with that number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn dead_letters(
        &self,
        id: WebhookId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        on_engine!(self.0, webhooks.dead_letters(id, after, limit).await)
    }

    /// Has all that was given up delivered again; says how many requests that are.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn replay_dead_letters(&self, id: WebhookId, audit: AuditEntry) -> Result<usize, StoreError> {
        on_engine!(self.0, webhooks.replay_dead_letters(id, audit).await)
    }

    /// Has what happened from a time on delivered again.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn replay_since(
        &self,
        id: WebhookId,
        since: Timestamp,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, webhooks.replay_since(id, since, audit).await)
    }

    /// Forgets up to `limit` rows of what was fed before a time; says how many.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        on_engine!(self.0, webhooks.prune(before, limit).await)
    }
}
