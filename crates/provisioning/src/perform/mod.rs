//! Doing what a step says. Every step can be done twice: the second time finds what the first one left.

mod access;
mod azure_dns;
mod delete;
mod dns;
mod domain;
mod link;
mod made;
mod patience;
mod senders;
mod services;
mod spf;
mod verify;
mod zone;

use std::sync::{Mutex, MutexGuard, PoisonError};

use api::infrastructure::progress::ApplyEvent;
use azure_client::RequestFailure;
use azure_client::arm::CallError;
use azure_client::fault::explain;
use azure_types::dns_zones::DnsZone;
use model::infrastructure::{ApprovedStep, ForeignChange, Infrastructure, ResourceIds};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

pub(super) use self::dns::{Examined, ToExamine, examine};
pub(super) use self::senders::named;
pub(super) use self::spf::spf_before;

use self::domain::Looks;
use self::link::Links;
use super::azure_account::AzureAccount;
use super::clean;
use super::observed::{Observed, ObservedDomain};
use super::step::Action;

/// An infrastructure that is being made.
pub(crate) struct Context {
    pub(super) azure: AzureAccount,
    pub(super) infrastructure: Infrastructure,
    pub(super) ids: ResourceIds,
    pub(super) lookup: ::dns::lookup::Lookup,
    /// What the steps may change of values that others wrote.
    approved: Vec<ApprovedStep>,
    /// The zones of Azure DNS, once somebody has looked.
    zones: OnceCell<Vec<DnsZone>>,
    observed: Mutex<Observed>,
    looks: Looks,
    links: Links,
    /// Steps that are one call each wait here instead of all being under way.
    short: Semaphore,
    events: Option<UnboundedSender<ApplyEvent>>,
}

/// Why a step is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotDone {
    /// Somebody has to do something, or time has to pass.
    Pending(String),
    /// Somebody has to approve what would be changed.
    AwaitingApproval(String),
    /// Trying again may help.
    Passing(String),
    /// It will not.
    Failed(String),
}

impl NotDone {
    /// The same without what others may have written between the lines.
    pub(super) fn clean(self) -> Self {
        match self {
            Self::Pending(why) => Self::Pending(clean(&why)),
            Self::AwaitingApproval(why) => Self::AwaitingApproval(clean(&why)),
            Self::Passing(why) => Self::Passing(clean(&why)),
            Self::Failed(why) => Self::Failed(clean(&why)),
        }
    }

    /// What is in the way.
    pub(super) fn why(self) -> String {
        match self {
            Self::Pending(why) | Self::AwaitingApproval(why) | Self::Passing(why) | Self::Failed(why) => why,
        }
    }
}

/// Short steps that are under way at once.
const AT_ONCE: usize = 32;

impl Context {
    pub(super) fn new(
        azure: AzureAccount,
        infrastructure: Infrastructure,
        observed: Observed,
        lookup: ::dns::lookup::Lookup,
    ) -> Self {
        let ids = infrastructure.ids(azure.connection.subscription);
        let looks = Looks::default();
        let links = Links::default();
        let short = Semaphore::new(AT_ONCE);
        let observed = Mutex::new(observed);
        let zones = OnceCell::new();
        let (approved, events) = (Vec::new(), None);
        Self { azure, infrastructure, ids, lookup, approved, zones, observed, looks, links, short, events }
    }

    /// Lets it change what others wrote, where that was approved.
    pub(super) fn approving(self, approved: Vec<ApprovedStep>) -> Self {
        Self { approved, ..self }
    }

    /// Tells `events` of the progress.
    pub(super) fn telling(self, events: Option<UnboundedSender<ApplyEvent>>) -> Self {
        Self { events, ..self }
    }

    /// Sends a progress event to the caller, if it still listens.
    pub(super) fn tell(&self, event: ApplyEvent) {
        if let Some(events) = &self.events {
            let _ = events.send(event);
        }
    }

    fn progress(&self, key: &str, message: impl Into<String>) {
        self.tell(ApplyEvent::Progress { key: key.to_owned(), message: message.into() });
    }

    /// What was observed last. Never held over a call.
    pub(super) fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a step may change of values that others wrote.
    fn approved(&self, key: &str) -> &[ForeignChange] {
        self.approved.iter().find(|step| step.key == key).map_or(&[], |step| &step.changes)
    }

    fn observed_domain(&self, name: &str) -> ObservedDomain {
        self.observed().domains.get(name).cloned().unwrap_or_default()
    }

    /// The turn of a step that is a call or two. Those that wait for Azure or DNS do not stand in line.
    pub(super) async fn turn(&self, action: &Action) -> Option<SemaphorePermit<'_>> {
        let is_short = matches!(
            action,
            Action::Sender(..) | Action::Suppress(..) | Action::RemoveSender(..) | Action::Login(_)
        );
        if is_short { self.short.acquire().await.ok() } else { None }
    }

    pub(super) async fn perform(&self, action: &Action) -> Result<(), NotDone> {
        match action {
            Action::Register => self.register().await,
            Action::Group => self.make_group().await,
            Action::EmailService => self.make_email_service().await,
            Action::Service => self.make_service().await,
            Action::Access => self.give_access().await,
            Action::Domain(name) => self.make_domain(name).await,
            Action::Track(name, wanted) => self.track(name, (*wanted).into()).await,
            Action::Dns(name, way) => self.see_to_dns(name, way).await,
            Action::Ownership(name) => self.verify(action, name, &verify::OWNERSHIP).await,
            Action::Records(name) => self.verify(action, name, &verify::RECORDS).await,
            Action::Link(name) => self.link(name).await,
            Action::Sender(name, username) => self.make_sender(name, username).await,
            Action::Suppress(name, username) => self.suppress(name, username).await,
            Action::RemoveSender(name, username) => self.remove_sender(name, username).await,
            Action::Devices(name) => self.let_devices_send(name).await,
            Action::Login(name) => self.make_login(name).await,
            Action::Unlink(name) => self.unlink(name).await,
            Action::RemoveDns(name) => self.remove_dns(name).await,
            Action::DeleteDomain(name) => self.delete_domain(name).await,
            Action::DeleteLogin(name) => self.delete_login(name).await,
            Action::DeleteService => self.delete(self.ids.service()).await,
            Action::DeleteEmailService => self.delete(self.ids.email_service()).await,
        }
    }
}

impl From<CallError> for NotDone {
    fn from(error: CallError) -> Self {
        let why = explain(&error);
        let answered = error.answered();
        if let Some(answered) = answered.filter(|answered| answered.http_status == 403) {
            let action = if answered.code == "AuthorizationFailed" {
                "; `postern account verify` shows what the app lacks"
            } else {
                ""
            };
            return Self::Failed(format!("{why}{action}"));
        }
        let is_passing = match (&error, answered) {
            (
                CallError::Failed(RequestFailure::Unreachable { .. } | RequestFailure::Interrupted { .. }),
                _,
            ) => true,
            (_, Some(answered)) => matches!(answered.http_status, 408 | 429 | 500..=599),
            _ => false,
        };
        if is_passing { Self::Passing(why) } else { Self::Failed(why) }
    }
}

impl From<store::StoreError> for NotDone {
    fn from(error: store::StoreError) -> Self {
        Self::Failed(model::error_chain(&error))
    }
}

/// Azure's words as a sentence.
pub(super) fn message(text: &str) -> String {
    let text = text.trim();
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}
