//! Upstreams: whom mail is handed to.
//!
//! 1. [`carrier`] is what delivery knows of a transport; [`acs_rest`] and [`acs_smtp`] are Azure's two.
//! 2. [`azure`] sets up the transports of an account; [`limits`] shares out what an upstream allows.
//! 3. [`document`] and [`unsupported`] are what the Email API can say of a message, and what it cannot.
//! 4. [`rest_answers`] and [`smtp_replies`] say what an answer means, [`refused`] what can be done about a refusal; [`sent`]
//!    and [`status_answer`] are how that is told.
//! 5. [`pool`] keeps SMTP sessions open; [`session`] sends a message over one; [`smtputf8`] leaves out whom a server
//!    cannot be told.

mod acs_rest;
mod acs_smtp;
pub(crate) mod azure;
pub(crate) mod carrier;
mod document;
pub(crate) mod event_queue;
mod file_type;
pub(crate) mod limits;
mod pool;
pub(crate) mod refused;
mod rest_answers;
pub(crate) mod sent;
mod session;
mod smtp_replies;
mod smtputf8;
pub(crate) mod status_answer;
pub(crate) mod unsupported;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use azure_client::account::{CredentialError, credential};
use azure_client::credential::IdentityEndpoint;
use azure_client::storage_queue::StorageQueue;
use azure_client::{Http, HttpError, TokenSource};
use azure_types::access_key::NotAnAccessKey;
use azure_types::storage_queue::SCOPE;
use clock::{Clock, Entropy, Sources};
use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::quota::QuotaKind;
use secrecy::SecretString;
use store::{NextStep, SecretOwner, Store, StoreError};
use tls::TrustError;
use tokio::sync::{Mutex as AsyncMutex, Notify};

use self::azure::Means;
use self::carrier::{Carrier, HonouredId, StatusSource};
use self::event_queue::EventQueue;
use self::limits::{Limits, QuotaReading, Remembered, SharedLimiter};
use self::pool::LeaseError;
use crate::event_counts::EventCounts;
use crate::meters::DeliveryMeters;
use crate::noticed::Noticed;
use model::rate_limit::{LimitView, Limiter};

/// An account, ready to be sent through.
pub(crate) struct ReadyAccount {
    pub(crate) account: Arc<Account>,
    /// Its transports, whether or not mail may use them.
    pub(crate) carriers: Vec<Carrier>,
    /// What a send counts against, by whichever transport.
    pub(crate) sends: Arc<SharedLimiter>,
    /// Sends whose status is still to be read.
    unread: AtomicU32,
    /// What is counted of all accounts' sends.
    pub(crate) meters: Arc<DeliveryMeters>,
}

/// All accounts that were sent through.
pub struct Upstreams {
    store: Store,
    clock: Clock,
    entropy: Entropy,
    identity: IdentityEndpoint,
    ready: AsyncMutex<HashMap<AccountId, Arc<ReadyAccount>>>,
    status_wanted: Mutex<HashMap<AccountId, Arc<Notify>>>,
    noticed: Noticed,
    meters: Arc<DeliveryMeters>,
    started_at: Timestamp,
    limits: Limits,
    events: EventCounts,
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
    /// The secret or certificate of its app is not usable.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// Nobody has said which communication service it sends through.
    #[error("no communication service is chosen: `postern account {0}` chooses one")]
    NoService(String),
}

impl Upstreams {
    /// No upstream is ready yet; each is made when its account first sends.
    #[must_use]
    pub fn new(store: Store, Sources { clock, entropy }: Sources, identity: IdentityEndpoint) -> Self {
        let started_at = clock.now();
        Self {
            store,
            clock,
            entropy,
            identity,
            ready: AsyncMutex::default(),
            status_wanted: Mutex::default(),
            noticed: Noticed::default(),
            meters: Arc::default(),
            started_at,
            limits: Limits::default(),
            events: EventCounts::default(),
        }
    }

    /// The account's upstream, made if need be, or made anew if the account has changed.
    pub(crate) async fn of(&self, account: &Arc<Account>) -> Result<Arc<ReadyAccount>, UpstreamError> {
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

    /// Whether an account's mail can reach a local part beyond ASCII: by a transport that mail may use, and whose
    /// server offers SMTPUTF8. Azure's Email API is not known to take one.
    ///
    /// # Errors
    /// When the server has to be asked and cannot be, with the reason.
    pub(crate) async fn reaches_beyond_ascii(&self, account: &Arc<Account>) -> Result<bool, String> {
        if !account.transports().iter().any(|transport| carrier::may_take_smtputf8(*transport)) {
            return Ok(false);
        }
        let upstream = self.of(account).await.map_err(|error| model::error_chain(&error))?;
        for carrier in upstream.carriers.iter().filter(|carrier| account.may_use(carrier.transport())) {
            let takes = carrier.takes_smtputf8().await.map_err(|error| match error {
                LeaseError::Session(error) => model::error_chain(&error),
                LeaseError::Token(failure) => model::error_chain(&failure),
            })?;
            if takes {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What went wrong lately.
    pub(crate) fn noticed(&self) -> &Noticed {
        &self.noticed
    }

    /// What is counted of what goes out.
    #[must_use]
    pub fn meters(&self) -> &DeliveryMeters {
        &self.meters
    }

    /// When the server started.
    pub(crate) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// How each limit of an account is used; of those that nothing counted against yet, only what they allow.
    pub(crate) async fn quotas_of(&self, account: &Account) -> Vec<QuotaReading> {
        self.limits.readings(account, Remembered { store: &self.store, clock: &self.clock }).await
    }

    /// What came of events.
    pub(crate) fn events(&self) -> &EventCounts {
        &self.events
    }

    /// The queue at that URL, opened with what the account proves itself with unless the URL has a signature.
    pub(crate) async fn event_queue(
        &self,
        account: &Account,
        url: &str,
    ) -> Result<EventQueue, UpstreamError> {
        let model::upstream::Upstream::Azure(azure) = &account.upstream;
        let http = Http::new(azure.cloud.ca_pem())?;
        let parsed =
            url.parse().map_err(|_| StoreError::Damaged("the URL of a queue of events".to_owned()))?;
        let queue = StorageQueue::new(http.clone(), parsed);
        let tokens = if queue.is_signed() {
            None
        } else {
            let secret = self.secret(account).await?;
            let credential = credential(azure, &http, secret, &self.identity, &self.entropy)?;
            Some(TokenSource::new(credential, SCOPE.to_owned(), self.clock.clone()))
        };
        Ok(EventQueue { url: url.to_owned(), queue, tokens, clock: self.clock.clone() })
    }

    /// How the limit of an account's sends stands, in the time of day; all that it is if nothing was sent yet.
    pub(crate) async fn limit_of(&self, account: &Account) -> LimitView {
        self.limits.view(account, &self.clock).await
    }

    /// The limit of an account's sends as it is now, by the steady time.
    pub(crate) async fn limiter_of(&self, account: &Account) -> Result<Limiter, StoreError> {
        let remembered = Remembered { store: &self.store, clock: &self.clock };
        let shared = self.limits.of(account, QuotaKind::Sends, remembered).await?;
        let limiter = shared.lock().clone();
        Ok(limiter)
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

    async fn secret(&self, account: &Account) -> Result<SecretString, StoreError> {
        match account.upstream.secret() {
            Some(name) => self.store.secrets().get(SecretOwner::Account(account.id), name).await,
            None => Ok(SecretString::default()),
        }
    }

    async fn make(&self, account: &Arc<Account>) -> Result<ReadyAccount, UpstreamError> {
        let remembered = Remembered { store: &self.store, clock: &self.clock };
        let means = Means {
            account,
            secret: self.secret(account).await?,
            identity: &self.identity,
            clock: &self.clock,
            entropy: &self.entropy,
            status_reads: self.limits.of(account, QuotaKind::StatusReads, remembered).await?,
        };
        Ok(ReadyAccount {
            carriers: match &account.upstream {
                model::upstream::Upstream::Azure(azure) => means.azure(azure)?,
            },
            sends: self.limits.of(account, QuotaKind::Sends, remembered).await?,
            unread: AtomicU32::new(self.store.queue().unread(account.id).await?),
            account: Arc::clone(account),
            meters: Arc::clone(&self.meters),
        })
    }
}

impl ReadyAccount {
    /// The transport that is asked what became of a message, if one has to be.
    pub(crate) fn status_source(&self) -> Option<StatusSource<'_>> {
        self.carriers.iter().find_map(Carrier::status_source)
    }

    /// Whether what was sent when a process ended may arrive a second time.
    pub(crate) fn may_double(&self) -> bool {
        let open = self.carriers.iter().filter(|carrier| self.account.may_use(carrier.transport()));
        open.into_iter().any(|carrier| carrier.honours() == HonouredId::None)
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
}
