//! Communication services, and their logins for SMTP.

use std::collections::BTreeMap;

use azure_types::access_key::AccessKey;
use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Domain, Stamp, SystemData};

/// A communication service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Service {
    /// Its resource name.
    pub name: String,
    /// Where it is billed.
    pub subscription: SubscriptionId,
    /// Where it is kept.
    pub resource_group: String,
    /// Two access keys in base64; both are good.
    pub keys: [String; 2],
    /// The geography that its data stay in.
    pub data_location: String,
    /// Whether it can be reached from outside Azure.
    pub public_network_access: bool,
    /// Whether keys are switched off.
    #[serde(default)]
    pub disable_local_auth: bool,
    /// `global`, as it was written.
    #[serde(default = "global")]
    pub location: String,
    /// Who wrote it, and its version.
    #[serde(default)]
    pub stamp: Stamp,
    /// What Azure shows only once somebody has set it.
    #[serde(default)]
    pub set: SetMembers,
    /// Words that people put on it.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When it is there.
    pub ready_at: Timestamp,
    /// Whether it was last written in vain.
    #[serde(default)]
    pub has_failed: bool,
    /// ARM ids of the domains that are linked to it.
    #[serde(default)]
    pub linked_domains: Vec<String>,
    /// ARM id of the notification hub that is linked to it.
    #[serde(default)]
    pub notification_hub: Option<String>,
    /// Its identity, as it was asked for: a kind, and identities of users.
    #[serde(default)]
    pub identity: Option<serde_json::Value>,
    /// Logins for SMTP that are resources of their own.
    #[serde(default)]
    pub smtp_usernames: Vec<SmtpUsername>,
}

/// Members of a service that Azure shows only once they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SetMembers {
    pub linked_domains: bool,
    pub disable_local_auth: bool,
    /// `publicNetworkAccess` was, in this word.
    pub public_network_access: Option<String>,
}

pub(super) fn global() -> String {
    "global".to_owned()
}

/// A login for SMTP.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SmtpUsername {
    /// Its resource name, which is never what is typed.
    pub name: String,
    /// What is typed.
    pub username: String,
    /// The app whose secret is the password.
    pub client: ClientId,
    /// The app's directory.
    pub tenant: TenantId,
    /// Who wrote it.
    #[serde(default)]
    pub system_data: SystemData,
}

impl Service {
    /// The service's ARM id.
    #[must_use]
    pub fn resource_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Communication/CommunicationServices/{}",
            self.subscription, self.resource_group, self.name
        )
    }

    /// The keys that can be used now.
    pub fn usable_keys(&self) -> impl Iterator<Item = AccessKey> {
        let keys = if self.disable_local_auth { &self.keys[..0] } else { &self.keys[..] };
        keys.iter().filter_map(|key| AccessKey::parse(key).ok())
    }

    /// Whether a domain is linked to it.
    #[must_use]
    pub fn links(&self, domain: &Domain) -> bool {
        let id = domain.resource_id();
        self.linked_domains.iter().any(|linked| linked.eq_ignore_ascii_case(&id))
    }
}
