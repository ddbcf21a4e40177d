//! Addresses that mail must not go to: for whom, why, on whose word, and until when.
//!
//! A local part belongs to its own domain, which alone may tell `Ann` from `ann` (RFC 5321 section 2.4). No list does so:
//! Azure's compare without case, and so does this one. The address is kept as it was first written.

mod explained;
mod lease;
mod listing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use smtp::address::{AddressError, Domain, Mailbox};

use crate::id::{AccountId, QueueId};

pub use self::lease::{MANAGED_LEASE_MOST, managed_lease};
pub use self::listing::{Listing, Within};

/// An address that mail must not go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// As it was first written.
    pub address: Mailbox,
    /// The account whose mail it concerns; every account's if `None`.
    pub account: Option<AccountId>,
    /// Which mail of the account.
    pub scope: SuppressionScope,
    pub reason: SuppressionReason,
    pub evidence: Evidence,
    /// When it was first added.
    pub added_at: Timestamp,
    /// When it was last reported.
    pub reported_at: Timestamp,
    /// How often it was reported.
    pub times: u32,
    /// When it ends by itself; never if `None`.
    pub expires_at: Option<Timestamp>,
}

/// Which mail of an account does not go to the address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuppressionScope {
    All,
    /// Mail of which the author is at that domain.
    Domain(Domain),
    /// Mail of which the author is that sender.
    Sender(Mailbox),
}

/// Why an address is suppressed, the weakest reason first: of two reasons for one entry, the stronger stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuppressionReason {
    /// Azure reported that it did not try: its own hidden list has the address for a time.
    AzureManaged,
    /// A list of another system had it.
    Imported,
    /// The recipient's server refused the address.
    HardBounce,
    /// The operator wants so.
    Manual,
    /// The recipient unsubscribed.
    Unsubscribed,
    /// The recipient called the mail spam.
    Complaint,
}

/// What an entry rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The message that led to it.
    pub message: Option<QueueId>,
    /// Enhanced status code such as `5.1.1`, where one is known.
    pub status: Option<String>,
    /// The words of the recipient's server, of Azure or of the operator.
    pub text: String,
    /// Who added it: a person's login, or the part of Postern that did.
    pub by: String,
}

/// Mail that may go to an address or not.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The account that it belongs to; `None` for mail of nobody's account.
    pub account: Option<AccountId>,
    /// Its author, as far as that is known.
    pub author: Option<&'a Mailbox>,
    pub now: Timestamp,
}

/// What happens to a recipient that mail must not go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnSuppressed {
    /// It is rejected, so that the client knows at once.
    #[default]
    Reject,
    /// It is accepted, and nothing is sent to it: the story of the message says so, and its sender gets a DSN.
    Drop,
}

crate::words!(OnSuppressed {
    Reject = "reject",
    Drop = "drop",
});

crate::words!(SuppressionReason {
    AzureManaged = "azure_managed",
    Imported = "imported",
    HardBounce = "hard_bounce",
    Manual = "manual",
    Unsubscribed = "unsubscribed",
    Complaint = "complaint",
});

/// The address under which entries are found: the same for all ways to write it.
#[must_use]
pub fn folded(address: &Mailbox) -> String {
    // The domain is in lower case and in A-labels already.
    address.to_string().to_lowercase()
}

impl Suppression {
    /// Whether it holds for a message now.
    #[must_use]
    pub fn holds_for(&self, mail: Outgoing<'_>) -> bool {
        let is_of_account = self.account.is_none_or(|account| mail.account == Some(account));
        is_of_account && !self.is_over(mail.now) && self.scope.covers(mail.author)
    }

    /// Whether it has ended by itself.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// This entry after the same address was reported again for the same mail.
    #[must_use]
    pub fn reported_again(self, news: Self) -> Self {
        let was_over = self.is_over(news.reported_at);
        let is_same_mail = self.evidence.message.is_some() && self.evidence.message == news.evidence.message;
        let times = self.times.saturating_add(u32::from(!is_same_mail));
        let keeps = !was_over && self.reason > news.reason;
        let expires_at = match (self.expires_at, news.expires_at) {
            _ if was_over => news.expires_at,
            (None, _) | (_, None) => None,
            (Some(one), Some(other)) => Some(one.max(other)),
        };
        let (reason, evidence) =
            if keeps { (self.reason, self.evidence) } else { (news.reason, news.evidence) };
        let expires_at = match reason {
            SuppressionReason::AzureManaged => Some(later(news.reported_at, managed_lease(times))),
            _ => expires_at,
        };
        let reported_at = self.reported_at.max(news.reported_at);
        Self { reason, evidence, reported_at, times, expires_at, ..self }
    }

    /// Why mail is not sent there, in a sentence that begins with the address.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{} {}", self.address, self.predicate())
    }

    /// The same without the address.
    #[must_use]
    pub fn predicate(&self) -> String {
        let day = self.reported_at.strftime("%Y-%m-%d");
        let why = match self.reason {
            SuppressionReason::AzureManaged => "Azure did not try to deliver to it",
            SuppressionReason::Imported => "an imported list has it",
            SuppressionReason::HardBounce => "its server refused the address",
            SuppressionReason::Manual => "the operator put it there",
            SuppressionReason::Unsubscribed => "the recipient unsubscribed",
            SuppressionReason::Complaint => "the recipient complained",
        };
        format!("is on the suppression list: {why} ({day})")
    }
}

impl SuppressionScope {
    /// Whether mail of that author is in the scope. Where the author is not known, only the widest scope is certain.
    #[must_use]
    pub fn covers(&self, author: Option<&Mailbox>) -> bool {
        match self {
            Self::All => true,
            Self::Domain(domain) => author.is_some_and(|author| author.domain() == domain),
            Self::Sender(sender) => author.is_some_and(|author| folded(author) == folded(sender)),
        }
    }
}

impl fmt::Display for SuppressionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Domain(domain) => f.write_str(domain.as_str()),
            Self::Sender(sender) => f.write_str(&folded(sender)),
        }
    }
}

impl FromStr for SuppressionScope {
    type Err = AddressError;

    /// Reads `all`, a domain, or the address of a sender.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        match text.strip_prefix('@').unwrap_or(text) {
            "" | "all" => Ok(Self::All),
            sender if sender.contains('@') => sender.parse().map(Self::Sender),
            domain => domain.parse().map(Self::Domain),
        }
    }
}

impl SuppressionReason {
    /// The enhanced status of a message that is not sent for this reason (RFC 3463): 5.1.1 where the address is at fault,
    /// 5.7.1 where somebody does not want the mail.
    #[must_use]
    pub fn status(self) -> (u16, u16) {
        match self {
            Self::AzureManaged | Self::Imported | Self::HardBounce => (1, 1),
            Self::Manual | Self::Unsubscribed | Self::Complaint => (7, 1),
        }
    }
}

/// The time after a wait, or the last one that there is.
pub(crate) fn later(from: Timestamp, wait: SignedDuration) -> Timestamp {
    from.saturating_add(wait).unwrap_or(Timestamp::MAX)
}
