//! What exists: tenants with their apps, subscriptions, communication services, domains, senders, and
//! who may do what. Pure state; time is an argument.

mod access;
mod communication;
mod directory;
mod habits;
mod seed;

use azure_types::arm::SubscriptionState;
use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::access::Assignment;
pub use self::communication::{Domain, Management, SenderUsername, Service, SmtpUsername};
pub use self::directory::{App, ClientSecret, SecretVerdict, Tenant};
pub use self::habits::{Habits, Limits, RepeatedOperation};
pub use self::seed::{Seed, SeedError};

/// All of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct World {
    /// Directories.
    pub tenants: Vec<Tenant>,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Communication services.
    pub services: Vec<Service>,
    /// Email domains.
    pub domains: Vec<Domain>,
    /// Who may do what.
    pub assignments: Vec<Assignment>,
    /// What is not known for sure about Azure, as it is played here.
    pub habits: Habits,
}

/// A subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Its name.
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

impl World {
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

    /// The service of that name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// The domain of that name, in any of the services' email services.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.name.eq_ignore_ascii_case(name))
    }

    /// What a subscription may send from such a domain.
    #[must_use]
    pub fn limits(&self, subscription: SubscriptionId, management: Management) -> Limits {
        let own = self.subscriptions.iter().find(|s| s.id == subscription).and_then(|s| s.limits);
        own.unwrap_or(match management {
            Management::AzureManaged => Limits::AZURE_MANAGED,
            Management::CustomerManaged => Limits::CUSTOM,
        })
    }
}
