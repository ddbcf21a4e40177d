//! Gathers what is judged. Its cost does not grow with the queue.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use jiff::{SignedDuration, Timestamp};
use model::account::{Account, AccountState};
use model::id::AccountId;
use model::infrastructure::RecordedStep;
use model::webhook::WebhookState;
use store::{Disk, Hindered, SecretName, SecretOwner, Store, StoreError, Suppressed, WebhookStanding};

use super::Clients;
use crate::deliver::{Forecaster, Upstreams};
use crate::noticed::{StorageFailure, StorageKind, Streak};
use model::rate_limit::LimitView;

/// Everything that is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    pub accounts: Vec<ObservedAccount>,
    /// The disk, if the file system says.
    pub disk: Option<Disk>,
    /// Writes of the store that fail, one of each kind.
    pub storage: Vec<StorageFailure>,
    /// What clients meet.
    pub clients: Clients,
    pub webhooks: Vec<ObservedWebhook>,
}

/// A web hook as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedWebhook {
    pub name: String,
    /// The account whose mail it is told of.
    pub account: Option<String>,
    pub state: WebhookState,
    pub standing: WebhookStanding,
}

/// An account as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedAccount {
    pub name: String,
    /// The communication service that it sends through, if it is one of Azure's.
    pub service: Option<String>,
    /// Whether it is used.
    pub state: AccountState,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// The secret that it is used with, if one is needed.
    pub secret: Option<SecretName>,
    /// When its secret expires, if that is known.
    pub secret_expires_at: Option<Timestamp>,
    /// Sends that wait or are under way.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub waiting_since: Option<Timestamp>,
    /// When Azure last accepted a message, if it has since the server started.
    pub accepted_at: Option<Timestamp>,
    /// When the server started.
    pub started_at: Timestamp,
    /// The limit of its sends, in the time of day.
    pub sends: LimitView,
    /// When the last of them leaves, as far as is known now.
    pub empty_at: Option<Timestamp>,
    /// How its last tries failed, if they did.
    pub streak: Option<Streak>,
    /// Its last verification, if that failed.
    pub not_ready: Option<NotReady>,
    /// What waits because Azure refuses its sender.
    pub hindered: Vec<Hindered>,
    /// What Azure dropped in the last day because of its suppression lists.
    pub suppressed: Option<Suppressed>,
    /// Steps of provisioning that go on only when somebody approves them.
    pub awaiting: Vec<RecordedStep>,
}

/// A verification that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReady {
    pub at: Timestamp,
    /// The worst that it found.
    pub worst: String,
}

/// Waiting messages are tried again within an hour, so that what holds them up shows within this time.
const LATELY: SignedDuration = SignedDuration::from_mins(90);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A database that takes longer to write nothing does not work.
const PROBE: Duration = Duration::from_secs(5);

/// Where everything that is judged is gathered from.
pub struct Observer<'a> {
    pub store: &'a Store,
    pub upstreams: &'a Upstreams,
    pub clock: &'a Clock,
}

impl Observer<'_> {
    /// Gathers what is judged, beside what `clients` meet. `worst` finds what a kept verification's report says is worst,
    /// if it failed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn observe(
        &self,
        clients: Clients,
        worst: fn(&str) -> Option<String>,
    ) -> Result<Observed, StoreError> {
        let &Self { store, upstreams, clock } = self;
        let now = clock.now();
        let mut counts = Counts::read(store, now).await?;
        let awaiting = store.infrastructure().awaiting_approval().await?;
        let directory = store.directory();
        let mut accounts: Vec<Arc<Account>> = directory.accounts().cloned().collect();
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        let mut observed = Vec::with_capacity(accounts.len());
        for account in accounts {
            let expires_at = match account.upstream.secret() {
                Some(name) => store.secrets().facts(SecretOwner::Account(account.id), name).await?,
                None => None,
            };
            let kept = store.verifications().last(account.id).await?;
            let kept = kept.filter(|kept| kept.at >= account.changed_at);
            let waiting = counts.waiting.remove(&account.id).unwrap_or(0);
            observed.push(ObservedAccount {
                name: account.name.to_string(),
                service: service_of(&account),
                state: account.state,
                changed_at: account.changed_at,
                secret: account.upstream.secret(),
                secret_expires_at: expires_at.and_then(|facts| facts.expires_at),

                waiting_since: counts.oldest.remove(&account.id),
                accepted_at: upstreams.meters().last_accepted(account.id),
                started_at: upstreams.started_at(),
                waiting,
                empty_at: self.empty_at(&account, waiting).await?,
                sends: upstreams.limit_of(&account).await,
                streak: upstreams.noticed().streak(account.id),
                not_ready: kept.and_then(|kept| Some(NotReady { at: kept.at, worst: worst(&kept.report)? })),
                hindered: counts.hindered.iter().filter(|one| one.account == account.id).cloned().collect(),
                suppressed: counts.suppressed.remove(&account.id),
                awaiting: awaiting
                    .iter()
                    .filter(|one| one.account == account.id)
                    .map(|one| one.step.clone())
                    .collect(),
            });
        }
        Ok(Observed {
            accounts: observed,
            disk: store.queue().disk().ok(),
            storage: failing_storage(store, upstreams, now).await,
            clients,
            webhooks: webhooks(store).await?,
        })
    }
}

async fn webhooks(store: &Store) -> Result<Vec<ObservedWebhook>, StoreError> {
    let directory = store.directory();
    let mut all = Vec::new();
    for webhook in store.webhooks().list().await? {
        let account = webhook.account.and_then(|id| directory.account(id));
        all.push(ObservedWebhook {
            name: webhook.name.to_string(),
            account: account.map(|account| account.name.to_string()),
            state: webhook.state,
            standing: store.webhooks().standing(webhook.id).await?,
        });
    }
    Ok(all)
}

impl Observer<'_> {
    async fn empty_at(&self, account: &Arc<Account>, waiting: u64) -> Result<Option<Timestamp>, StoreError> {
        if waiting == 0 || !account.is_enabled() {
            return Ok(None);
        }
        let &Self { store, upstreams, clock } = self;
        Ok(Forecaster { store, upstreams, clock }.of(account).await?.empty_at())
    }
}

fn service_of(account: &Account) -> Option<String> {
    let service = account.azure().ok()?.service.as_ref()?;
    Some(service.name.to_string())
}

/// What the queue knows, by account.
struct Counts {
    waiting: HashMap<AccountId, u64>,
    oldest: HashMap<AccountId, Timestamp>,
    hindered: Vec<Hindered>,
    suppressed: HashMap<AccountId, Suppressed>,
}

impl Counts {
    async fn read(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let before = |age: SignedDuration| now.saturating_sub(age).unwrap_or(Timestamp::MIN);
        let suppressed = store.queue().suppressed(before(DAY)).await?;
        let mut oldest = HashMap::new();
        for lane in store.queue().lanes().await? {
            let since = oldest.entry(lane.account).or_insert(lane.since);
            *since = lane.since.min(*since);
        }
        Ok(Self {
            oldest,
            waiting: store.queue().waiting().await?.into_iter().collect(),
            hindered: store.queue().hindered(before(LATELY)).await?,
            suppressed: suppressed.into_iter().map(|one| (one.account, one)).collect(),
        })
    }
}

/// What of the store cannot be written now, or could not a short while ago.
pub(crate) async fn failing_storage(
    store: &Store,
    upstreams: &Upstreams,
    now: Timestamp,
) -> Vec<StorageFailure> {
    let kind = StorageKind::Database;
    let mut failures = upstreams.noticed().store_failures(now);
    let text = match tokio::time::timeout(PROBE, store.queue().probe()).await {
        Ok(Ok(())) => return failures,
        Ok(Err(error)) => model::error_chain(&error),
        Err(_) => format!("the database could not be written within {} seconds", PROBE.as_secs()),
    };
    let since = failures.iter().find(|failure| failure.kind == kind).map_or(now, |failure| failure.since);
    failures.retain(|failure| failure.kind != kind);
    failures.push(StorageFailure { kind, since, last_at: now, text });
    failures
}
