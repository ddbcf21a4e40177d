//! Azure as an upstream: the communication service of a subscription, used by an app or with a key.

use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use url::Url;

use crate::cloud::Cloud;
use crate::name::ServiceName;
use crate::secret::SecretName;

/// How an account uses Azure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureConnection {
    /// The directory of the app.
    pub tenant: TenantId,
    /// The app that sends.
    pub client: ClientId,
    /// The subscription whose quota is used.
    pub subscription: SubscriptionId,
    pub cloud: Cloud,
    /// The communication service that is sent through, once one is chosen.
    pub service: Option<Service>,
    pub authorization: Authorization,
    pub transport: TransportChoice,
}

/// The communication service of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its resource name, to which the sender domains are linked.
    pub name: ServiceName,
    /// Its own base URL, `https://<hostName>`.
    pub endpoint: Url,
}

/// How the product authenticates to Azure.
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

/// By which of Azure's transports an account's mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportChoice {
    /// REST where it can represent the whole message, SMTP otherwise.
    Auto,
    /// Only REST. A message that it cannot represent is refused rather than sent incomplete.
    Rest,
    Smtp,
}

impl AzureConnection {
    /// The login that the SMTP endpoint takes from the app: service, app and tenant.
    ///
    /// The pipe keeps the three apart whatever the service is called. There is none without a service.
    #[must_use]
    pub fn smtp_login(&self) -> Option<String> {
        let service = self.service.as_ref()?;
        Some(format!("{}|{}|{}", service.name, self.client, self.tenant))
    }
}

impl Authorization {
    /// The secret that it needs; a managed identity needs none.
    #[must_use]
    pub fn secret(self) -> Option<SecretName> {
        match self {
            Self::ClientSecret => Some(SecretName::ClientSecret),
            Self::Certificate => Some(SecretName::Certificate),
            Self::AccessKey => Some(SecretName::AccessKey),
            Self::ManagedIdentity => None,
        }
    }
}

crate::words!(Authorization {
    ClientSecret = "client_secret",
    Certificate = "certificate",
    ManagedIdentity = "managed_identity",
    AccessKey = "access_key",
});

crate::words!(TransportChoice {
    Auto = "auto",
    Rest = "rest",
    Smtp = "smtp",
});
