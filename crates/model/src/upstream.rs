//! What an account sends through. All that depends on the kind of upstream and is not its own matter is decided here.

use std::collections::BTreeMap;
use std::fmt;

use azure_types::ids::SubscriptionId;

use crate::azure::{Authorization, AzureConnection, TransportChoice};
use crate::fault::Fault;
use crate::name::AccountName;
use crate::secret::SecretName;

/// What an account sends through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    Azure(AzureConnection),
}

/// How mail reaches an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Azure's Email API.
    Rest,
    /// Azure's SMTP endpoint.
    Smtp,
}

/// What an upstream limits: all that has the same scope counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QuotaScope {
    /// An Azure subscription, whichever of its accounts asks.
    Subscription(SubscriptionId),
}

/// What a kind other than Azure is set up with, without its secret: names of settings, and their texts. Only the kind
/// understands them; the store keeps them as they are.
pub type Settings = BTreeMap<String, String>;

/// The upstream of an account is of a kind that this build does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the upstream {kind:?} is not known to this build: a newer one wrote it")]
pub struct UnknownUpstream {
    kind: String,
}

/// Something was asked of an account that only accounts at Azure have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("account {0} does not send through Azure")]
pub struct NotAzure(pub AccountName);

impl Upstream {
    /// The kind's word in rows and JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Azure(_) => "azure",
        }
    }

    /// What [`Upstream::from_settings`] makes the same upstream of. None are needed for Azure, whose connection the store
    /// has columns for.
    #[must_use]
    pub fn settings(&self) -> Settings {
        match self {
            Self::Azure(_) => Settings::new(),
        }
    }

    /// An upstream of a kind other than Azure.
    ///
    /// # Errors
    /// When there is no such kind.
    pub fn from_settings(kind: &str, _settings: &Settings) -> Result<Self, UnknownUpstream> {
        Err(UnknownUpstream { kind: kind.to_owned() })
    }

    /// The connection to Azure, if that is the upstream.
    #[must_use]
    pub fn azure(&self) -> Option<&AzureConnection> {
        match self {
            Self::Azure(connection) => Some(connection),
        }
    }

    /// The transports that mail may use, preferred first.
    #[must_use]
    pub fn transports(&self) -> &'static [Transport] {
        match self {
            Self::Azure(connection) => of_azure(connection),
        }
    }

    /// What its limits are counted by.
    #[must_use]
    pub fn quota_scope(&self) -> QuotaScope {
        match self {
            Self::Azure(connection) => QuotaScope::Subscription(connection.subscription),
        }
    }

    /// The secret that it is used with, if one is needed.
    #[must_use]
    pub fn secret(&self) -> Option<SecretName> {
        match self {
            Self::Azure(connection) => connection.authorization.secret(),
        }
    }
}

/// A key cannot log in to SMTP.
fn of_azure(connection: &AzureConnection) -> &'static [Transport] {
    match (connection.transport, connection.authorization) {
        (_, Authorization::AccessKey) | (TransportChoice::Rest, _) => &[Transport::Rest],
        (TransportChoice::Smtp, _) => &[Transport::Smtp],
        (TransportChoice::Auto, _) => &[Transport::Rest, Transport::Smtp],
    }
}

crate::words!(Transport {
    Rest = "rest",
    Smtp = "smtp",
});

/// The kind of thing, a slash, its id.
impl fmt::Display for QuotaScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(id) => write!(f, "subscription/{id}"),
        }
    }
}

impl From<NotAzure> for Fault {
    fn from(error: NotAzure) -> Self {
        Self::conflict("account_unusable", error)
    }
}
