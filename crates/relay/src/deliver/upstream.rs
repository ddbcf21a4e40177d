//! One account's side of Azure: connections, logins, and the rate limits of its subscription.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_client::account::{CredentialError, credential};
use azure_client::credential::IdentityEndpoint;
use azure_client::email::EmailApi;
use azure_client::entra::TokenFailure;
use azure_client::{Authorization as RequestAuthorization, Http, HttpError, Token, TokenSource};
use azure_types::access_key::{AccessKey, NotAnAccessKey};
use azure_types::ids::SubscriptionId;
use clock::{Clock, Entropy};
use jiff::Timestamp;
use model::account::{Account, Authorization};
use model::id::AccountId;
use model::quota::Allowance;
use secrecy::{ExposeSecret as _, SecretString};
use store::{NextStep, SENDS, STATUS_READS, SecretName, SecretOwner, Store, StoreError, Usage};
use tls::TrustError;
use tokio::sync::{Mutex as AsyncMutex, Notify};

use super::choice::Transports;
use super::pool::{LeaseError, Pool, PoolProof};
use crate::problems::Noticed;
use crate::rate_limit::{AskedFor, Ended, LimitView, Limiter, MEMORY, SlotCount};

/// An account, ready to be sent through.
pub(crate) struct Upstream {
    pub(crate) account: Arc<Account>,
    pub(crate) email: EmailApi,
    pub(crate) smtp: Pool,
    pub(crate) sends: Arc<SharedLimiter>,
    pub(crate) status_reads: Arc<SharedLimiter>,
    proof: Proof,
    /// Sends whose status is still to be read.
    unread: AtomicU32,
}

/// How the account proves itself.
enum Proof {
    Token(Arc<TokenSource>),
    Key(AccessKey),
}

/// A proof for one request, to be handed back if it is refused.
pub(crate) struct Presented {
    pub(crate) authorization: RequestAuthorization,
    token: Option<Token>,
}

/// The rate limit of one kind of request of one subscription, shared by all accounts in it.
pub(crate) struct SharedLimiter {
    subscription: SubscriptionId,
    kind: &'static str,
    limiter: Mutex<Limiter>,
}

/// All accounts that were sent through.
pub struct Upstreams {
    store: Store,
    clock: Clock,
    entropy: Entropy,
    identity: IdentityEndpoint,
    ready: AsyncMutex<HashMap<AccountId, Arc<Upstream>>>,
    status_wanted: Mutex<HashMap<AccountId, Arc<Notify>>>,
    noticed: Noticed,
    limiters: AsyncMutex<HashMap<(SubscriptionId, &'static str), Arc<SharedLimiter>>>,
}

/// Why an account cannot be sent through.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// Its secret cannot be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No connections can be made.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// What is to be trusted cannot be.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Its access key is not one.
    #[error(transparent)]
    AccessKey(#[from] NotAnAccessKey),
    /// What its app proves itself with is not usable.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// Nobody has said which communication service it sends through.
    #[error("no communication service is chosen: `postern account {0}` chooses one")]
    NoService(String),
}

impl Upstreams {
    /// None yet.
    #[must_use]
    pub fn new(store: Store, (clock, entropy): (Clock, Entropy), identity: IdentityEndpoint) -> Self {
        Self {
            store,
            clock,
            entropy,
            identity,
            ready: AsyncMutex::default(),
            status_wanted: Mutex::default(),
            noticed: Noticed::default(),
            limiters: AsyncMutex::default(),
        }
    }

    /// The account's side of Azure, made if need be, or made anew if the account has changed.
    pub(crate) async fn of(&self, account: &Arc<Account>) -> Result<Arc<Upstream>, UpstreamError> {
        let mut ready = self.ready.lock().await;
        if let Some(upstream) = ready.get(&account.id)
            && upstream.account == *account
        {
            return Ok(Arc::clone(upstream));
        }
        let upstream = Arc::new(self.make(account).await?);
        ready.insert(account.id, Arc::clone(&upstream));
        Ok(upstream)
    }

    /// Whether an account's mail can reach a local part beyond ASCII: by SMTP alone, and only where Azure's
    /// server offers SMTPUTF8. Azure's Email API is not known to take one.
    ///
    /// # Errors
    /// When the server has to be asked and cannot be, with the reason.
    pub(crate) async fn reaches_beyond_ascii(&self, account: &Arc<Account>) -> Result<bool, String> {
        if Transports::of(account) == Transports::Rest {
            return Ok(false);
        }
        let upstream = self.of(account).await.map_err(|error| store::chain(&error))?;
        upstream.smtp.takes_smtputf8().await.map_err(|error| match error {
            LeaseError::Session(error) => store::chain(&error),
            LeaseError::Token(failure) => store::chain(&failure),
        })
    }

    /// What went wrong lately.
    pub(crate) fn noticed(&self) -> &Noticed {
        &self.noticed
    }

    /// How the limit of an account's sends stands, in the time of day; all that it is if nothing was sent yet.
    pub(crate) async fn limit_of(&self, account: &Account) -> LimitView {
        let limiters = self.limiters.lock().await;
        let Some(limiter) = limiters.get(&(account.subscription, SENDS)) else { return LimitView::default() };
        let (now, steady) = (self.clock.now(), self.clock.steady());
        limiter.lock().view(steady).moved(now.duration_since(steady))
    }

    /// Forgets an account's side: it was removed, or its secret changed.
    pub async fn forget(&self, account: AccountId) {
        self.ready.lock().await.remove(&account);
    }

    /// Resolves when the status of one of the account's sends is to be read.
    pub(crate) async fn status_wanted(&self, account: AccountId) {
        self.status_notify(account).notified().await;
    }

    /// Says that there is a status to be read now: what was sent has been noted.
    pub(crate) fn want_status(&self, account: AccountId) {
        self.status_notify(account).notify_one();
    }

    fn status_notify(&self, account: AccountId) -> Arc<Notify> {
        let mut map = self.status_wanted.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(account).or_default())
    }

    async fn make(&self, account: &Arc<Account>) -> Result<Upstream, UpstreamError> {
        let service = account.service.as_ref().ok_or_else(|| {
            let name = &account.name;
            // With a key alone services cannot be listed.
            UpstreamError::NoService(match account.authorization {
                Authorization::AccessKey => format!("edit {name} --service SERVICE"),
                _ => format!("import {name}"),
            })
        })?;
        let http = Http::new(account.cloud.ca_pem())?;
        let owner = SecretOwner::Account(account.id);
        let secret = match SecretName::of(account.authorization) {
            Some(name) => self.store.secrets().get(owner, name).await?,
            None => SecretString::default(),
        };
        let (proof, smtp_proof) = if account.authorization == Authorization::AccessKey {
            // Nothing is sent by SMTP with a key, so that this is never shown to anybody.
            let key = AccessKey::parse(secret.expose_secret())?;
            (Proof::Key(key), PoolProof::Secret(SecretString::default()))
        } else {
            let credential = credential(account, &http, secret.clone(), &self.identity, &self.entropy)?;
            let scope = format!("{}/.default", account.cloud.communication());
            let tokens = Arc::new(TokenSource::new(credential, scope, self.clock.clone()));
            let smtp_proof = match account.authorization {
                Authorization::ClientSecret => PoolProof::Secret(secret),
                _ => PoolProof::Token(Arc::clone(&tokens)),
            };
            (Proof::Token(tokens), smtp_proof)
        };
        let trust = tls::client_config(account.cloud.ca_pem())?;
        Ok(Upstream {
            email: EmailApi::new(http, service.endpoint.clone()),
            smtp: Pool::new(account, trust, smtp_proof),
            sends: self.limiter(account, SENDS).await?,
            status_reads: self.limiter(account, STATUS_READS).await?,
            unread: AtomicU32::new(self.store.queue().unread(account.id).await?),
            account: Arc::clone(account),
            proof,
        })
    }

    /// What all accounts of a subscription keep to: Azure counts what they send together.
    fn allowance(&self, account: &Account, kind: &'static str) -> Allowance {
        let of = |one: &Account| if kind == SENDS { one.quota.sends } else { one.quota.status_reads };
        let directory = self.store.directory();
        let others = directory.accounts().filter(|one| one.is_enabled() && one.id != account.id);
        let sharing = others.filter(|one| one.subscription == account.subscription);
        sharing.fold(of(account), |least, one| least.and(of(one)))
    }

    async fn limiter(
        &self,
        account: &Account,
        kind: &'static str,
    ) -> Result<Arc<SharedLimiter>, UpstreamError> {
        let allowance = self.allowance(account, kind);
        let mut limiters = self.limiters.lock().await;
        if let Some(limiter) = limiters.get(&(account.subscription, kind)) {
            limiter.lock().allow(allowance);
            return Ok(Arc::clone(limiter));
        }
        let since = self.clock.steady().saturating_sub(MEMORY).unwrap_or(Timestamp::MIN);
        let used = self.store.rate_usage().load(account.subscription, kind, since).await?;
        let mut limiter = Limiter::new(allowance);
        let counts = used.iter().map(|usage| SlotCount {
            slot_seconds: usage.slot_seconds,
            slot: usage.slot,
            count: usage.count,
        });
        limiter.restore(&counts.collect::<Vec<_>>());
        if let Some(pause) = self.pause(account.subscription, kind).await? {
            limiter.resume(pause);
        }
        let shared = Arc::new(SharedLimiter {
            subscription: account.subscription,
            kind,
            limiter: Mutex::new(limiter),
        });
        limiters.insert((account.subscription, kind), Arc::clone(&shared));
        Ok(shared)
    }

    /// The pause that Azure asked an earlier process for, while it lasts.
    async fn pause(
        &self,
        subscription: SubscriptionId,
        kind: &'static str,
    ) -> Result<Option<AskedFor>, UpstreamError> {
        let refusals = self.store.rate_usage().throttlings(subscription, kind).await?;
        let Some((at, seconds)) = refusals.first().and_then(|one| Some((one.at, one.wait_seconds?))) else {
            return Ok(None);
        };
        let pause = AskedFor::new(at, Duration::from_secs(seconds.into()));
        // Limits go by the steady time, which begins as the time of day.
        Ok((self.clock.now() < pause.until).then_some(pause))
    }
}

impl Upstream {
    /// A proof for the Email API.
    pub(crate) async fn present(&self) -> Result<Presented, TokenFailure> {
        Ok(match &self.proof {
            Proof::Key(key) => {
                Presented { authorization: RequestAuthorization::AccessKey(key.clone()), token: None }
            }
            Proof::Token(source) => {
                let token = source.token().await?;
                let authorization = RequestAuthorization::Bearer(token.access_token.clone());
                Presented { authorization, token: Some(token) }
            }
        })
    }

    /// Whether the status of one more send will be read: not if so many wait already that an hour's
    /// reads would not do.
    pub(crate) fn wants_status(&self) -> bool {
        let limit = self.account.quota.status_reads.per_hour / 2;
        let wanted = self.unread.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |unread| {
            (unread < limit).then_some(unread + 1)
        });
        wanted.is_ok()
    }

    /// A status was read; what follows says whether it has to be read again.
    pub(crate) fn status_read(&self, next: &NextStep) {
        if !matches!(next, NextStep::ReadStatus { .. }) {
            let _ = self
                .unread
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |unread| unread.checked_sub(1));
        }
    }

    /// Azure did not take a proof: the next one is fresh.
    pub(crate) async fn refused(&self, presented: &Presented) {
        if let (Proof::Token(source), Some(token)) = (&self.proof, &presented.token) {
            source.forget(token).await;
        }
    }
}

impl SharedLimiter {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends one request; gives what the store has to remember.
    pub(crate) fn finish(&self, now: Timestamp, ended: Ended) -> Vec<Usage> {
        let counts = self.lock().end(now, ended);
        counts.map(|counts| self.usage(counts)).unwrap_or_default()
    }

    /// Counts requests that an earlier process left under way.
    pub(crate) fn count(&self, now: Timestamp, count: u32) -> Vec<Usage> {
        let counts = self.lock().count(now, count);
        self.usage(counts)
    }

    fn usage(&self, counts: [SlotCount; 2]) -> Vec<Usage> {
        let usage = |count: SlotCount| Usage {
            subscription: self.subscription,
            kind: self.kind,
            slot_seconds: count.slot_seconds,
            slot: count.slot,
            count: count.count,
        };
        counts.map(usage).to_vec()
    }
}
