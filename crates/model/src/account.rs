//! An account: an Azure subscription that mail is sent through.

use std::fmt;

use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use jiff::Timestamp;
use url::Url;

use crate::id::AccountId;
use crate::name::{AccountName, ServiceName};
use crate::quota::Quota;

/// A connected Azure account. Its secrets are kept apart, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Our id.
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
    /// The communication service that the sender domains are linked to.
    pub service: ServiceName,
    /// The service's own origin, `https://<hostName>`.
    pub endpoint: Url,
    /// How the product proves itself to the Email API.
    pub authorization: Authorization,
    /// Which way mail takes.
    pub transport: TransportChoice,
    /// What Azure allows.
    pub quota: Quota,
    /// How much is under way at once.
    pub concurrency: Concurrency,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed, its secret included.
    pub changed_at: Timestamp,
}

/// Where Azure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// The public cloud.
    Public,
    /// Somewhere else: another origin for tokens and another SMTP host.
    Custom {
        /// The authority, `https://login.example`.
        authority: Url,
        /// Host of the SMTP endpoint.
        smtp_host: String,
        /// Its port.
        smtp_port: u16,
        /// CA certificates to trust instead of the system's, in PEM.
        ca_pem: Option<String>,
    },
}

/// How the product proves itself to the Email API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// A token of the app, got with its client secret.
    ClientSecret,
    /// A key of the communication service. It cannot log in to SMTP.
    AccessKey,
}

/// Which way an account's mail takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportChoice {
    /// REST where it can say the whole message, SMTP otherwise.
    Auto,
    /// Only REST. What it cannot say is refused rather than lost.
    Rest,
    /// Only SMTP.
    Smtp,
}

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

impl Cloud {
    /// Where tokens are had.
    #[must_use]
    pub fn authority(&self) -> &str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::Custom { authority, .. } => authority.as_str().trim_end_matches('/'),
        }
    }

    /// Host and port of the SMTP endpoint.
    #[must_use]
    pub fn smtp(&self) -> (&str, u16) {
        match self {
            Self::Public => ("smtp.azurecomm.net", 587),
            Self::Custom { smtp_host, smtp_port, .. } => (smtp_host, *smtp_port),
        }
    }

    /// CA certificates to trust instead of the system's.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        match self {
            Self::Public => None,
            Self::Custom { ca_pem, .. } => ca_pem.as_deref(),
        }
    }
}

impl Account {
    /// The login that the SMTP endpoint takes from this account's app: service, app and tenant.
    ///
    /// The pipe keeps the three apart whatever the service is called.
    #[must_use]
    pub fn smtp_login(&self) -> String {
        format!("{}|{}|{}", self.service, self.client, self.tenant)
    }
}

impl fmt::Display for TransportChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Rest => "rest",
            Self::Smtp => "smtp",
        })
    }
}
