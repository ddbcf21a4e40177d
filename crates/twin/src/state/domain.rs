//! Email services, their domains with senders and suppression lists, and how far a domain's verification is.

use std::collections::BTreeMap;

use azure_types::ids::SubscriptionId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::communication::global;
use super::{Stamp, SystemData};

/// An email service: what domains are part of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmailService {
    /// Its resource name.
    pub name: String,
    /// Where it is billed.
    pub subscription: SubscriptionId,
    /// Where it is kept.
    pub resource_group: String,
    /// The geography that its data stay in.
    pub data_location: String,
    /// `global`, as it was written.
    #[serde(default = "global")]
    pub location: String,
    /// Who wrote it, and its version.
    #[serde(default)]
    pub stamp: Stamp,
    /// Words that people put on it.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When it is there.
    pub ready_at: Timestamp,
    /// Whether it was last written in vain.
    #[serde(default)]
    pub has_failed: bool,
}

/// An email domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Domain {
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
    /// What proves that the domain is the customer's, once it stands in DNS.
    pub ownership: Uuid,
    /// Whether opens and clicks are followed.
    #[serde(default)]
    pub engagement_tracking: bool,
    /// `global`, as it was written.
    #[serde(default = "global")]
    pub location: String,
    /// Who wrote it, and its version.
    #[serde(default)]
    pub stamp: Stamp,
    /// Words that people put on it.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When it is there.
    pub ready_at: Timestamp,
    /// Whether it was last written in vain.
    #[serde(default)]
    pub has_failed: bool,
    /// How far its verification is.
    pub verification: Verification,
    /// Who may send from it. `donotreply` always may.
    #[serde(default)]
    pub senders: Vec<SenderUsername>,
    /// Whom nothing is sent to.
    #[serde(default)]
    pub suppression_lists: Vec<SuppressionList>,
}

/// Whose DNS a domain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Management {
    /// Azure's own, with small limits.
    AzureManaged,
    CustomerManaged,
    /// The customer's, verified in Exchange Online too, of which nothing is played.
    CustomerManagedInExchangeOnline,
}

/// The parts of a domain's verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    Domain,
    /// Who may send.
    #[serde(rename = "SPF")]
    Spf,
    /// The first key.
    #[serde(rename = "DKIM")]
    Dkim,
    /// The second key.
    #[serde(rename = "DKIM2")]
    Dkim2,
    /// What receivers are asked to do.
    #[serde(rename = "DMARC")]
    Dmarc,
}

/// How far all of them are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification(BTreeMap<Part, Progress>);

/// How far one of them is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// `NotStarted`, `VerificationInProgress`, `VerificationFailed`, `Verified`, `CancellationRequested`.
    pub status: String,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// When it is judged, while it is under way.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// Why it will fail then, whatever DNS shows.
    #[serde(default)]
    pub doom: Option<String>,
    /// What it will be called from a time on: the operation that was answered with 202 is not over yet.
    #[serde(default)]
    pub next: Option<(Timestamp, String)>,
}

/// A sender username.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderUsername {
    /// The local part.
    pub username: String,
    /// The name beside the address.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// A list of addresses that nothing is sent to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SuppressionList {
    /// Its resource name.
    pub name: String,
    /// The sender username that it is for; all of them when empty.
    pub list_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who wrote it.
    #[serde(default)]
    pub system_data: SystemData,
    #[serde(default)]
    pub addresses: Vec<SuppressedAddress>,
}

/// An address on a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SuppressedAddress {
    /// Its resource name.
    pub name: String,
    pub email: String,
    /// Whose it is.
    #[serde(default)]
    pub first_name: Option<String>,
    /// And of which family.
    #[serde(default)]
    pub last_name: Option<String>,
    /// What else was said about it, as it was said.
    #[serde(default)]
    pub notes: Option<String>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who wrote it.
    #[serde(default)]
    pub system_data: SystemData,
}

/// Every domain has this sender from the start.
pub const DEFAULT_SENDER: &str = "donotreply";

/// What its state is called once it is done.
pub const VERIFIED: &str = "Verified";
/// What its state is called while it is under way.
pub const IN_PROGRESS: &str = "VerificationInProgress";
/// What its state is called when it came to nothing.
pub const FAILED: &str = "VerificationFailed";

impl Part {
    /// All of them, in the order in which they are verified.
    pub const ALL: [Self; 5] = [Self::Domain, Self::Spf, Self::Dkim, Self::Dkim2, Self::Dmarc];
    /// Those without which nothing is sent.
    pub const NEEDED: [Self; 4] = [Self::Domain, Self::Spf, Self::Dkim, Self::Dkim2];

    /// Its word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "Domain",
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Dkim2 => "DKIM2",
            Self::Dmarc => "DMARC",
        }
    }

    /// The part of that word, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str().eq_ignore_ascii_case(word))
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self { status: "NotStarted".to_owned(), error: None, due_at: None, doom: None, next: None }
    }
}

impl Verification {
    /// All is verified.
    #[must_use]
    pub fn done() -> Self {
        let verified = || Progress { status: VERIFIED.to_owned(), ..Progress::default() };
        Self(Part::ALL.into_iter().map(|part| (part, verified())).collect())
    }

    /// How far a part is.
    #[must_use]
    pub fn of(&self, part: Part) -> Progress {
        self.0.get(&part).cloned().unwrap_or_default()
    }

    /// Says how far a part is.
    pub fn set(&mut self, part: Part, status: &str, error: Option<String>, due_at: Option<Timestamp>) {
        self.0.insert(part, Progress { status: status.to_owned(), error, due_at, doom: None, next: None });
    }

    /// Says what a part will be from `at` on, and when it is judged. Until then it is shown as it was.
    pub fn plan(&mut self, part: Part, status: &str, at: Timestamp, due_at: Option<Timestamp>) {
        let there = self.of(part);
        let next = Some((at, status.to_owned()));
        self.0.insert(part, Progress { due_at, doom: None, next, ..there });
    }

    /// Does what was planned for a time that has come; says whether anything was.
    pub fn settle(&mut self, now: Timestamp) -> bool {
        let mut is_changed = false;
        for progress in self.0.values_mut() {
            if let Some((_, status)) = progress.next.take_if(|(at, _)| *at <= now) {
                progress.status = status;
                progress.error = None;
                is_changed = true;
            }
        }
        is_changed
    }

    /// Whether [`Verification::settle`] would change anything.
    #[must_use]
    pub fn is_planned(&self, now: Timestamp) -> bool {
        self.0.values().any(|progress| progress.next.as_ref().is_some_and(|(at, _)| *at <= now))
    }

    /// Says that a part that is under way will fail, and why.
    pub fn doom(&mut self, part: Part, word: String) {
        self.0.entry(part).or_default().doom = Some(word);
    }

    /// Whether mail may be sent.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        Part::NEEDED.into_iter().all(|part| self.of(part).status == VERIFIED)
    }

    /// The parts that are to be judged by then.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = Part> {
        let due = self.0.iter().filter(move |(_, progress)| progress.due_at.is_some_and(|at| at <= now));
        due.map(|(part, _)| *part)
    }
}

impl EmailService {
    /// The service's ARM id.
    #[must_use]
    pub fn resource_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Communication/EmailServices/{}",
            self.subscription, self.resource_group, self.name
        )
    }
}

impl Domain {
    /// Its resource name: Azure's own domains are all called the same.
    #[must_use]
    pub fn resource_name(&self) -> &str {
        match self.management {
            Management::AzureManaged => "AzureManagedDomain",
            Management::CustomerManaged | Management::CustomerManagedInExchangeOnline => &self.name,
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
        self.senders.iter().any(|sender| sender.username.eq_ignore_ascii_case(username))
    }

    /// The name that is put beside a sender's address.
    #[must_use]
    pub fn display_name(&self, username: &str) -> Option<&str> {
        let sender = self.senders.iter().find(|sender| sender.username.eq_ignore_ascii_case(username))?;
        sender.display_name.as_deref()
    }

    /// Verifies all of it, or nothing.
    pub fn set_verified(&mut self, is_verified: bool) {
        self.verification = if is_verified { Verification::done() } else { Verification::default() };
    }
}

impl SenderUsername {
    /// The one that every domain has from the start.
    #[must_use]
    pub fn default_one() -> Self {
        Self { username: "DoNotReply".to_owned(), display_name: Some("DoNotReply".to_owned()) }
    }
}
