//! Communication services, email domains and sender usernames.

use azure_types::access_key::AccessKey;
use azure_types::ids::{ClientId, SubscriptionId, TenantId};
use serde::{Deserialize, Serialize};

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
    /// Names of the domains that are linked to it.
    #[serde(default)]
    pub linked_domains: Vec<String>,
    /// Logins for SMTP that are resources of their own.
    #[serde(default)]
    pub smtp_usernames: Vec<SmtpUsername>,
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
}

/// An email domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Where it is billed.
    pub subscription: SubscriptionId,
    /// Where it is kept.
    pub resource_group: String,
    /// The email service that it is part of.
    pub email_service: String,
    /// The geography that its data stay in.
    pub data_location: String,
    /// Whose DNS it is.
    pub management: Management,
    /// Whether its records were verified.
    pub verified: bool,
    /// Who may send from it. `donotreply` always may.
    #[serde(default)]
    pub senders: Vec<SenderUsername>,
}

/// Whose DNS a domain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Management {
    /// Azure's own, with small limits.
    AzureManaged,
    /// The customer's.
    CustomerManaged,
}

/// A sender username.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SenderUsername {
    /// The local part.
    pub username: String,
    /// The name beside the address.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// Every domain has this sender from the start.
const DEFAULT_SENDER: &str = "donotreply";

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

    /// Whether a domain of that name is linked to it.
    #[must_use]
    pub fn links(&self, domain: &str) -> bool {
        self.linked_domains.iter().any(|linked| linked.eq_ignore_ascii_case(domain))
    }
}

impl Domain {
    /// Its resource name: Azure's own domains are all called the same.
    #[must_use]
    pub fn resource_name(&self) -> &str {
        match self.management {
            Management::AzureManaged => "AzureManagedDomain",
            Management::CustomerManaged => &self.name,
        }
    }

    /// The ARM id of its email service.
    #[must_use]
    pub fn email_service_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Communication/EmailServices/{}",
            self.subscription, self.resource_group, self.email_service
        )
    }

    /// The domain's ARM id.
    #[must_use]
    pub fn resource_id(&self) -> String {
        format!("{}/Domains/{}", self.email_service_id(), self.resource_name())
    }

    /// Whether mail may come from `username` at this domain.
    #[must_use]
    pub fn has_sender(&self, username: &str) -> bool {
        username.eq_ignore_ascii_case(DEFAULT_SENDER)
            || self.senders.iter().any(|sender| sender.username.eq_ignore_ascii_case(username))
    }

    /// The name that is put beside a sender's address.
    #[must_use]
    pub fn display_name(&self, username: &str) -> Option<&str> {
        let sender = self.senders.iter().find(|sender| sender.username.eq_ignore_ascii_case(username))?;
        sender.display_name.as_deref()
    }
}
