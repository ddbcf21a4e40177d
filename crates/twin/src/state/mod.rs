//! What exists: tenants with their apps, subscriptions, communication services, domains, senders, and
//! who may do what. Pure state; time is an argument.

mod access;
mod behaviour;
mod communication;
pub(crate) mod data_location;
mod directory;
pub mod dns;
mod domain;
mod email_behaviour;
mod event_behaviour;
pub mod event_grid;
mod groups;
mod limits;
pub mod roles;
mod seed;
mod smtp_behaviour;
mod stamp;
mod suppression;

use azure_types::arm::SubscriptionState;
use azure_types::ids::{ClientId, PrincipalId, SubscriptionId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::access::{Assignment, covers};
pub use self::behaviour::{Behaviour, Bucket, DeletionForm, HiddenSubscription, Refused, RepeatedOperation};
pub use self::communication::{Service, SetMembers, SmtpUsername};
pub use self::data_location::normalised;
pub(crate) use self::directory::named;
pub use self::directory::{App, AppCertificate, ClientSecret, SecretVerdict, Tenant};
pub use self::domain::{
    DEFAULT_SENDER, Domain, EmailService, FAILED, IN_PROGRESS, Management, Part, Progress, SenderUsername,
    SuppressedAddress, SuppressionList, VERIFIED, Verification,
};
pub use self::email_behaviour::{Absent, EmailBehaviour, RestRefusal, RetiredSmtp, Retirement, Unwanted};
pub use self::event_behaviour::{EventBehaviour, TimeSpelling};
pub use self::event_grid::EventGrid;
pub use self::groups::{LongRunningOperation, OperationKind, ResourceGroup};
pub use self::limits::{Counting, Limits, Throttling};
pub use self::roles::Role;
pub use self::seed::{Seed, SeedError};
pub use self::smtp_behaviour::{OfferedExtensions, ReplyLine, SmtpBehaviour, SmtpReplies, Stage};
pub use self::stamp::{PROVIDER_APP, Stamp, SystemData};

/// All of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    pub tenants: Vec<Tenant>,
    pub subscriptions: Vec<Subscription>,
    pub groups: Vec<ResourceGroup>,
    pub services: Vec<Service>,
    pub email_services: Vec<EmailService>,
    /// Zones that the twin answers for.
    pub zones: Vec<dns::Zone>,
    /// Tokens of Cloudflare's interface.
    pub cloudflare_tokens: Vec<dns::provider::CloudflareToken>,
    pub domains: Vec<Domain>,
    /// Roles that somebody made.
    pub custom_roles: Vec<Role>,
    /// Who may do what.
    pub assignments: Vec<Assignment>,
    /// Topics, and subscriptions to what happens with mail.
    pub events: EventGrid,
    /// What was begun.
    pub operations: Vec<LongRunningOperation>,
    /// What is not known for sure about Azure, as it is played here.
    #[serde(alias = "habits")]
    pub behaviour: Behaviour,
}

/// A subscription with its resource groups and roles.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub name: String,
    /// The directory that it trusts.
    pub tenant: TenantId,
    /// Whether it can be used.
    #[serde(default = "enabled")]
    pub state: SubscriptionState,
    /// Resource providers that it may use, or soon may.
    #[serde(default)]
    pub registrations: Vec<Registration>,
    /// Limits other than those that its domains bring.
    #[serde(default)]
    pub limits: Option<Limits>,
}

/// A resource provider that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    /// `Microsoft.Communication` and the like.
    pub namespace: String,
    /// When it can be used.
    pub done_at: Timestamp,
}

fn enabled() -> SubscriptionState {
    SubscriptionState::Enabled
}

impl State {
    /// The tenant of that id or domain name, in any case.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| {
            tenant.id.to_string().eq_ignore_ascii_case(name) || tenant.domain.eq_ignore_ascii_case(name)
        })
    }

    /// An app of a tenant.
    #[must_use]
    pub fn app(&self, tenant: TenantId, client: ClientId) -> Option<&App> {
        let tenant = self.tenants.iter().find(|candidate| candidate.id == tenant)?;
        tenant.apps.iter().find(|app| app.client == client)
    }

    /// The app of that client id, in whatever tenant it is.
    pub fn app_mut(&mut self, client: ClientId) -> Option<&mut App> {
        self.tenants.iter_mut().flat_map(|tenant| &mut tenant.apps).find(|app| app.client == client)
    }

    /// The app whose service principal that is.
    #[must_use]
    pub fn app_of(&self, principal: PrincipalId) -> Option<&App> {
        self.tenants.iter().flat_map(|tenant| &tenant.apps).find(|app| app.principal == Some(principal))
    }

    /// The subscription of that id, in any case.
    #[must_use]
    pub fn subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|one| one.id.to_string().eq_ignore_ascii_case(id))
    }

    /// The service of that name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// The service at an ARM id.
    #[must_use]
    pub fn service_at(&self, id: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.resource_id().eq_ignore_ascii_case(id))
    }

    /// The service at an ARM id, to be changed.
    pub fn service_at_mut(&mut self, id: &str) -> Option<&mut Service> {
        self.services.iter_mut().find(|service| service.resource_id().eq_ignore_ascii_case(id))
    }

    /// The email service at an ARM id.
    #[must_use]
    pub fn email_service_at(&self, id: &str) -> Option<&EmailService> {
        self.email_services.iter().find(|service| service.resource_id().eq_ignore_ascii_case(id))
    }

    /// The domain at an ARM id.
    #[must_use]
    pub fn domain_at(&self, id: &str) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.resource_id().eq_ignore_ascii_case(id))
    }

    /// The domain at an ARM id, to be changed.
    pub fn domain_at_mut(&mut self, id: &str) -> Option<&mut Domain> {
        self.domains.iter_mut().find(|domain| domain.resource_id().eq_ignore_ascii_case(id))
    }

    /// Links a domain of that name to a service of that name.
    pub fn link(&mut self, service: &str, domain: &str) {
        let Some(id) = self.domains.iter().find(|one| one.name == domain).map(Domain::resource_id) else {
            return;
        };
        if let Some(service) = self.services.iter_mut().find(|one| one.name == service) {
            service.linked_domains.push(id);
        }
    }

    /// What a subscription may send from such a domain.
    #[must_use]
    pub fn limits(&self, subscription: SubscriptionId, management: Management) -> Limits {
        let own = self.subscriptions.iter().find(|s| s.id == subscription).and_then(|s| s.limits);
        own.unwrap_or(match management {
            Management::AzureManaged => Limits::AZURE_MANAGED,
            Management::CustomerManaged | Management::CustomerManagedInExchangeOnline => Limits::CUSTOM,
        })
    }
}
