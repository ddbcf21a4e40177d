//! What the management API asks of the relay: what is wrong now, a test message, a message of the operator's, telling the
//! senders of mail that is removed. Whether the caller may ask is decided before, in `control`.

use std::collections::HashMap;
use std::sync::Arc;

use azure_types::email_events::{EmailEvent, UnreadableEvent};
use clock::{Clock, Entropy, Sources};
use model::account::Account;
use model::delivery::{SendId, TestOutcome};
use model::fault::Fault;
use model::id::{AccountId, QueueId};
use model::upstream::Transport;
use model::webhook::Webhook;
use smtp_server::admission::{Admission, SessionCounts};
use store::Store;

use crate::deliver::{
    Forecaster, Foretold, QuotaReading, TestMessage, Tester, Told, Upstreams, send_test_message, take_events,
    tell_of_removal,
};
use crate::event_counts::EventCounts;
use crate::intake::{Accepted, Intake, Internal, InternalKind, Principal, Rejection, WholeMessage};
use crate::login::LoginProtection;
use crate::meters::{DeliveryMeters, IntakeMeters, LoginMeters};
use crate::problems::{Clients, Observed, Observer, StorageFailure, Streak, failing_storage};
use crate::refusals::Refusals;
use crate::settings::RelaySettings;
use crate::webhooks::{Tested, WebhookSender};

/// The relay, as the management API sees it.
#[derive(Clone)]
pub struct RelayHandle {
    store: Store,
    parts: RelayParts,
    clock: Clock,
    entropy: Entropy,
}

/// The parts of a relay that are asked.
#[derive(Clone)]
pub struct RelayParts {
    /// The intake for messages of the operator and for DSNs.
    pub intake: Intake,
    /// Azure, for test messages.
    pub upstreams: Arc<Upstreams>,
    /// What guards its logins.
    pub logins: Arc<LoginProtection>,
    /// What clients were refused.
    pub refusals: Refusals,
    /// Seats for its sessions.
    pub admission: Arc<Admission>,
}

/// What a relay has counted since it started.
#[derive(Clone, Copy, Debug)]
pub struct RelayMeters<'a> {
    pub intake: &'a IntakeMeters,
    pub delivery: &'a DeliveryMeters,
    pub logins: &'a LoginMeters,
    pub sessions: SessionCounts,
}

impl RelayHandle {
    /// A handle to a relay over `store`.
    #[must_use]
    pub fn new(store: Store, parts: RelayParts, Sources { clock, entropy }: Sources) -> Self {
        Self { store, parts, clock, entropy }
    }

    /// What guards the relay's logins.
    #[must_use]
    pub fn logins(&self) -> &LoginProtection {
        &self.parts.logins
    }

    /// What clients were refused.
    #[must_use]
    pub fn refusals(&self) -> &Refusals {
        &self.parts.refusals
    }

    /// What the relay has counted since it started.
    #[must_use]
    pub fn meters(&self) -> RelayMeters<'_> {
        RelayMeters {
            intake: self.parts.intake.meters(),
            delivery: self.parts.upstreams.meters(),
            logins: self.parts.logins.meters(),
            sessions: self.parts.admission.counts(),
        }
    }

    /// How each limit of an account is used. Accounts of one subscription share theirs.
    pub async fn quotas_of(&self, account: &Account) -> Vec<QuotaReading> {
        self.parts.upstreams.quotas_of(account).await
    }

    /// How the last attempts of an account failed, if they did.
    #[must_use]
    pub fn streak_of(&self, account: AccountId) -> Option<Streak> {
        self.parts.upstreams.noticed().streak(account)
    }

    /// What of the store cannot be written now, or could not a short while ago.
    pub async fn failing_storage(&self) -> Vec<StorageFailure> {
        failing_storage(&self.store, &self.parts.upstreams, self.clock.now()).await
    }

    /// Whether new mail is refused because the disk has no room.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.store.queue().has_room(0).is_err()
    }

    /// How the relay is set up.
    #[must_use]
    pub fn settings(&self) -> &RelaySettings {
        self.parts.intake.settings()
    }

    /// Gathers what is judged. `worst` finds what a kept verification's report says is worst, if it failed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn observed(&self, worst: fn(&str) -> Option<String>) -> Result<Observed, Fault> {
        let RelayParts { upstreams, logins, refusals, .. } = &self.parts;
        let clients = Clients::of(&self.store, logins, refusals, self.clock.now());
        let observer = Observer { store: &self.store, upstreams, clock: &self.clock };
        Ok(observer.observe(clients, worst).await?)
    }

    /// When the waiting sends of these messages leave.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn foretold(&self, messages: Vec<QueueId>) -> Result<HashMap<SendId, Foretold>, Fault> {
        let upstreams = &*self.parts.upstreams;
        let forecaster = Forecaster { store: &self.store, upstreams, clock: &self.clock };
        Ok(forecaster.of_messages(messages).await?)
    }

    /// Queues a message of the operator's.
    ///
    /// # Errors
    /// When it is rejected, or cannot be stored.
    pub async fn submit(&self, account: Arc<Account>, message: WholeMessage) -> Result<Accepted, Rejection> {
        let operator = Principal::Internal(Internal { kind: InternalKind::Operator, account });
        self.parts.intake.submit(&operator, message).await
    }

    /// Sends a test message by one transport, and waits for Azure's answer.
    pub async fn send_test_message(
        &self,
        account: &Arc<Account>,
        message: &TestMessage,
        transport: Transport,
    ) -> TestOutcome {
        let (upstreams, clock, entropy) = (&*self.parts.upstreams, &self.clock, &self.entropy);
        let tester = Tester { store: &self.store, upstreams, clock, entropy };
        send_test_message(tester, account, message, transport).await
    }

    /// What came of events, from wherever they came.
    #[must_use]
    pub fn events(&self) -> &EventCounts {
        self.parts.upstreams.events()
    }

    /// Records what events report of the account's mail: on disk, synced, when this returns. A sender who wants to hear
    /// of a failure gets a DSN. Gives the code of a handshake, if the events are one.
    ///
    /// # Errors
    /// When the database cannot be read or written: the events have to be given again.
    pub async fn take_events(
        &self,
        account: &Arc<Account>,
        events: Vec<Result<EmailEvent, UnreadableEvent>>,
    ) -> Result<Option<String>, Fault> {
        Ok(take_events(&self.store, self.events(), account, events).await?)
    }

    /// Sends an endpoint a test event, and waits for its answer.
    ///
    /// # Errors
    /// When its secret cannot be read.
    pub async fn test_webhook(&self, webhook: &Webhook) -> Result<Tested, Fault> {
        let sources = Sources { clock: self.clock.clone(), entropy: self.entropy.clone() };
        Ok(WebhookSender::new(self.store.clone(), sources).test(webhook).await?)
    }

    /// Queues a DSN for each of these messages, which go with the account.
    ///
    /// # Errors
    /// When the database cannot be read, or a DSN cannot be queued: then nothing must be removed.
    pub async fn tell_of_removal(&self, removed: &Account, messages: &[QueueId]) -> Result<Told, Rejection> {
        tell_of_removal(&self.parts.intake, removed, messages).await
    }
}
