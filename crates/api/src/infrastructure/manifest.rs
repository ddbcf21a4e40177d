//! The desired state of an account, as people write it down: `postern.infra.toml`, and the same as JSON.

use std::collections::BTreeMap;

use azure_types::ids::ClientId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The desired state of an account. What is left out is as it mostly is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The account; only where nobody says it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The resource group; `postern` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<String>,
    /// Where the group is kept; `westeurope` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The geography that mail's data stay in, such as `Europe` or `United States`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_location: Option<String>,
    /// The communication service; the account's, or one that is called as the account is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The email service; called as the communication service if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_service: Option<String>,
    /// Whether the app gets the smallest role that sends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub access: bool,
    /// Domains by name; `azure` is the one that Azure gives.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domain: BTreeMap<String, DomainManifest>,
    /// Logins for Azure's own SMTP endpoint, by resource name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub smtp_username: BTreeMap<String, LoginManifest>,
}

/// A domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DomainManifest {
    /// `manual`, `azure`, or the name of a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<String>,
    /// Whether opens and clicks are followed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tracking: bool,
    /// The DMARC record that Postern is to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmarc: Option<String>,
    /// Who sends from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub senders: Vec<SenderManifest>,
}

/// A sender: a username, or more about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SenderManifest {
    /// The username alone.
    Plain(String),
    /// With more.
    Full(FullSender),
}

/// A sender with more about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FullSender {
    /// The part before the `@`.
    pub username: String,
    /// The name beside the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Addresses that nothing is sent to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<String>,
}

/// A login for Azure's own SMTP endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginManifest {
    /// What is typed.
    pub username: String,
    /// The app whose secret is the password; the account's own if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub client: Option<ClientId>,
}

/// What the domain that Azure gives is called here.
pub const AZURE: &str = "azure";

impl SenderManifest {
    /// With all that can be said about it.
    #[must_use]
    pub fn into_full(self) -> FullSender {
        match self {
            Self::Plain(username) => FullSender { username, ..FullSender::default() },
            Self::Full(sender) => sender,
        }
    }
}
