//! An account: an Azure subscription that mail is sent through.

use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use jiff::Timestamp;
use url::Url;

use crate::cloud::Cloud;
use crate::delivery::Transport;
use crate::id::AccountId;
use crate::name::{AccountName, ServiceName};
use crate::quota::{Quota, QuotaScope};

/// A connected Azure account. Its secrets are kept apart, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// The operator's name for it.
    pub name: AccountName,
    /// The directory of the app.
    pub tenant: TenantId,
    /// The app that sends.
    pub client: ClientId,
    /// The subscription whose quota is used.
    pub subscription: SubscriptionId,
    /// Where Azure is.
    pub cloud: Cloud,
    /// The communication service that is sent through, once one is chosen.
    pub service: Option<Service>,
    /// How the product proves itself to the Email API.
    pub authorization: Authorization,
    /// Which way mail takes.
    pub transport: TransportChoice,
    /// What Azure allows.
    pub quota: Quota,
    /// How much is under way at once.
    pub concurrency: Concurrency,
    /// Whether it is used.
    pub state: AccountState,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed, its secret included.
    pub changed_at: Timestamp,
}

/// The communication service of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its resource name, to which the sender domains are linked.
    pub name: ServiceName,
    /// Its own base URL, `https://<hostName>`.
    pub endpoint: Url,
}

/// Whether an account is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountState {
    #[default]
    Enabled,
    /// Nothing is accepted for it, and what waits goes on waiting.
    Disabled,
}

/// How the product proves itself to Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// A token of the app, got with its client secret.
    ClientSecret,
    /// A token of the app, got with its certificate.
    Certificate,
    /// A token of the machine's own identity, on a host in Azure.
    ManagedIdentity,
    /// A key of the communication service. It can do nothing but send, and cannot log in to SMTP.
    AccessKey,
}

/// Which way an account's mail takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportChoice {
    /// REST where it can say the whole message, SMTP otherwise.
    Auto,
    /// Only REST. What it cannot say is refused rather than lost.
    Rest,
    Smtp,
}

crate::words!(AccountState {
    Enabled = "enabled",
    Disabled = "disabled",
});

crate::words!(TransportChoice {
    Auto = "auto",
    Rest = "rest",
    Smtp = "smtp",
});

/// How much of an account's mail is under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Sends that wait for an answer by REST.
    pub requests: u16,
    /// Open sessions by SMTP. Azure allows 250 for a subscription, others' included.
    pub smtp_sessions: u16,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self { requests: 64, smtp_sessions: 20 }
    }
}

impl Account {
    /// The login that the SMTP endpoint takes from this account's app: service, app and tenant.
    ///
    /// The pipe keeps the three apart whatever the service is called. There is none without a service.
    #[must_use]
    pub fn smtp_login(&self) -> Option<String> {
        let service = self.service.as_ref()?;
        Some(format!("{}|{}|{}", service.name, self.client, self.tenant))
    }

    /// The transports that its mail may use, preferred first. A key cannot log in to SMTP.
    #[must_use]
    pub fn transports(&self) -> &'static [Transport] {
        match (self.transport, self.authorization) {
            (_, Authorization::AccessKey) | (TransportChoice::Rest, _) => &[Transport::Rest],
            (TransportChoice::Smtp, _) => &[Transport::Smtp],
            (TransportChoice::Auto, _) => &[Transport::Rest, Transport::Smtp],
        }
    }

    /// What its upstream limits.
    #[must_use]
    pub fn quota_scope(&self) -> QuotaScope {
        QuotaScope::Subscription(self.subscription)
    }

    /// Whether its mail may use that transport.
    #[must_use]
    pub fn may_use(&self, transport: Transport) -> bool {
        self.transports().contains(&transport)
    }

    /// Whether the account may be used now.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.state == AccountState::Enabled
    }
}

crate::words!(Authorization {
    ClientSecret = "client_secret",
    Certificate = "certificate",
    ManagedIdentity = "managed_identity",
    AccessKey = "access_key",
});
