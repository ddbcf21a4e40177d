//! The desired state of an account: the desired state that is compared with what is there.

use std::collections::BTreeMap;
use std::fmt;

use azure_types::arm::COMMUNICATION_NAMESPACE;
use azure_types::ids::{ClientId, SubscriptionId};
use azure_types::resource_id::ResourceId;
use jiff::Timestamp;

use crate::id::AccountId;

/// The desired state of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infrastructure {
    /// Whose it is.
    pub account: AccountId,
    /// The resource group that all of it is in.
    pub group: String,
    /// Where the group is kept, `westeurope`. What is in it has a data location of its own.
    pub location: String,
    /// The geography that mail's data stay in, `Europe`.
    pub data_location: String,
    /// The communication service, which sends.
    pub service: String,
    /// The email service, which domains are part of.
    pub email_service: String,
    /// Whether the app gets the smallest role that sends.
    pub access: bool,
    /// Domains, by their resource names in lower case.
    pub domains: BTreeMap<String, DesiredDomain>,
    /// Logins that Azure's own SMTP endpoint takes, by resource name.
    pub smtp_usernames: BTreeMap<String, DesiredLogin>,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// A domain that mail is to be sent from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredDomain {
    /// Whose domain it is.
    pub owner: DomainOwner,
    /// Who writes its records.
    pub dns: DnsWay,
    /// Whether opens and clicks are followed.
    pub tracking: bool,
    /// The DMARC record that is to be written, if Postern is to write one.
    pub dmarc: Option<String>,
    /// Senders, by their usernames in lower case. The one that Azure makes is there without being desired.
    pub senders: BTreeMap<String, DesiredSender>,
}

/// A sender username.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredSender {
    /// As it is written.
    pub username: String,
    /// The name beside the address.
    pub display_name: Option<String>,
    /// Addresses that nothing is sent to.
    pub suppressed: Vec<String>,
}

/// A login for Azure's own SMTP endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredLogin {
    /// What is typed.
    pub username: String,
    /// The app whose secret is the password; the account's own if absent.
    pub client: Option<ClientId>,
}

/// Whose domain it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DomainOwner {
    /// The customer's: it has to be verified.
    #[default]
    Customer,
    /// Azure's own, with small limits.
    Azure,
}

/// Who writes a domain's records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DnsWay {
    #[default]
    Manual,
    /// Postern, to Azure DNS, as the account's app.
    Azure,
    /// Postern, with a connection of that name.
    Connection(String),
}

/// How far a step of an apply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It has begun, and perhaps was carried out.
    Begun,
    /// It is done.
    Done,
    /// It waits for somebody, or for DNS.
    Pending,
    /// It came to nothing.
    Failed,
    /// It is begun or pending, and what it would change now was approved by nobody.
    AwaitingApproval,
}

/// A value that somebody else wrote, and what it is to become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignChange {
    /// The full name of the record.
    pub name: String,
    /// `TXT` or `CNAME`.
    pub kind: String,
    /// What is there, sorted: more than one where several records become one.
    pub old: Vec<String>,
    /// What is there afterwards; nothing if the record is removed.
    pub new: Option<String>,
}

/// A step that somebody approved, with all values of others that it may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedStep {
    pub key: String,
    /// What it may change, and only exactly so.
    pub changes: Vec<ForeignChange>,
}

/// That somebody agreed to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The id of the plan.
    pub plan: String,
    pub who: String,
    /// From where: a process of this machine, a network address.
    pub origin: String,
    pub at: Timestamp,
    /// To which steps.
    pub steps: Vec<ApprovedStep>,
}

/// How far the making of a resource came, by which `destroy` knows what it may delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeState {
    /// The call went out, and its answer never came: it was perhaps made.
    Begun,
    /// It was made.
    Made,
}

/// A step of an apply, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedStep {
    pub key: String,
    /// How far it came.
    pub state: StepState,
    /// Why it came no further.
    pub problem: Option<String>,
    /// How often it was tried.
    pub tries: u32,
    /// When it was last tried.
    pub at: Timestamp,
}

/// A record that was written, so that it can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRecord {
    /// For which domain.
    pub domain: String,
    pub way: DnsWay,
    pub zone: String,
    /// The full name.
    pub name: String,
    /// `TXT` or `CNAME`.
    pub kind: String,
    /// What was written.
    pub value: String,
    /// What the provider calls it, once it has answered.
    pub record_id: Option<String>,
    /// What stood there before.
    pub before: Option<String>,
    /// What else stood there: several SPF records became this one. All of them come back.
    pub also_before: Vec<String>,
    pub at: Timestamp,
}

/// What Azure's own domains are all called.
pub const AZURE_MANAGED: &str = "azuremanageddomain";

/// The ARM ids of an infrastructure's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceIds {
    group: ResourceId,
    service: ResourceId,
    email_service: ResourceId,
}

impl Infrastructure {
    /// The ARM ids of its parts.
    #[must_use]
    pub fn ids(&self, subscription: SubscriptionId) -> ResourceIds {
        let group = ResourceId::group(subscription, &self.group);
        ResourceIds {
            service: group.resource(COMMUNICATION_NAMESPACE, "communicationServices", &self.service),
            email_service: group.resource(COMMUNICATION_NAMESPACE, "emailServices", &self.email_service),
            group,
        }
    }
}

impl ResourceIds {
    /// Of the resource group.
    #[must_use]
    pub fn group(&self) -> &ResourceId {
        &self.group
    }

    /// Of the communication service.
    #[must_use]
    pub fn service(&self) -> &ResourceId {
        &self.service
    }

    /// Of the email service.
    #[must_use]
    pub fn email_service(&self) -> &ResourceId {
        &self.email_service
    }

    /// Of a login for SMTP.
    #[must_use]
    pub fn login(&self, name: &str) -> ResourceId {
        self.service.child("smtpUsernames", name)
    }

    /// Of a sender, by its username.
    #[must_use]
    pub fn sender(&self, domain: &str, username: &str) -> ResourceId {
        self.domain(domain).child("senderUsernames", username)
    }

    /// Of a domain, by its name in the desired state.
    #[must_use]
    pub fn domain(&self, name: &str) -> ResourceId {
        let name = if name == AZURE_MANAGED { "AzureManagedDomain" } else { name };
        self.email_service.child("domains", name)
    }
}

impl DnsWay {
    /// The way of that name: `manual`, `azure`, or a connection.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "manual" => Self::Manual,
            "azure" => Self::Azure,
            name => Self::Connection(name.to_owned()),
        }
    }
}

impl fmt::Display for DnsWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manual => "manual",
            Self::Azure => "azure",
            Self::Connection(name) => name,
        })
    }
}

crate::words!(StepState {
    Begun = "begun",
    Done = "done",
    Pending = "pending",
    Failed = "failed",
    AwaitingApproval = "awaiting_approval",
});

crate::words!(MadeState {
    Begun = "begun",
    Made = "made",
});
