//! Communication services, and what they can send from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A communication service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceFound {
    /// Its resource name.
    pub name: String,
    /// Its ARM id.
    pub id: String,
    /// The host of its data plane.
    pub host_name: String,
    /// Where its data stay.
    pub data_location: String,
    /// Whether access keys are switched off.
    pub local_auth_disabled: bool,
    /// Whether it can be reached from outside Azure.
    pub public_network_access: bool,
    /// Domains that are linked to it.
    pub domains: Vec<DomainFound>,
    /// Logins for SMTP that are resources of their own.
    pub smtp_usernames: Vec<String>,
}

/// A linked domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DomainFound {
    /// The domain of its addresses.
    pub name: String,
    /// Its ARM id.
    pub id: String,
    /// `AzureManaged` or `CustomerManaged`.
    pub management: String,
    /// Parts that are not verified, by the names of the portal.
    pub unverified: Vec<String>,
    /// Its senders.
    pub senders: Vec<SenderFound>,
}

/// A sender username.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SenderFound {
    /// The whole address.
    pub address: String,
    /// The name beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}
