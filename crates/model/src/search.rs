//! What messages are searched by.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use azure_types::ids::OperationId;
use jiff::Timestamp;

use crate::delivery::Reason;
use crate::id::{AccountId, QueueId};
use crate::tracking::RecipientState;

/// Which messages are wanted: those to which all of this applies, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Those of these accounts; of all accounts, also of those that are gone, where this is `None`.
    pub accounts: Option<BTreeSet<AccountId>>,
    pub recipient: Option<AddressPattern>,
    /// The author, as the header has it, or the reverse-path.
    pub sender: Option<AddressPattern>,
    /// The author's Message-ID, with or without angle brackets.
    pub message_id: Option<String>,
    pub operation: Option<OperationId>,
    /// The credential or Entra login that brought the message.
    pub login: Option<String>,
    /// Those with a recipient in this state.
    pub state: Option<RecipientState>,
    /// Those whose subject contains this, in any case.
    pub subject: Option<String>,
    /// Those of which an attempt came to nothing for this reason.
    pub reason: Option<Reason>,
    /// Those whose queue id is of this time or later: when the client began to send the message.
    pub since: Option<Timestamp>,
    /// Those whose queue id is of an earlier time.
    pub until: Option<Timestamp>,
    /// Those whose queue id is smaller.
    pub before: Option<QueueId>,
    /// How many at most.
    pub limit: usize,
}

/// An address, or all addresses of a domain. Case does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressPattern {
    /// `local@domain`, in lower case.
    Address(String),
    /// The domain in lower case, of `*@domain`.
    Domain(String),
}

/// The text is neither an address nor `*@domain`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor *@DOMAIN")]
pub struct NoPattern(String);

impl AddressPattern {
    /// Whether an address, as somebody wrote it, is meant.
    #[must_use]
    pub fn matches(&self, address: &str) -> bool {
        match self {
            Self::Address(wanted) => folded(address) == *wanted,
            Self::Domain(wanted) => domain_of(address).is_some_and(|domain| domain == *wanted),
        }
    }
}

impl FromStr for AddressPattern {
    type Err = NoPattern;

    fn from_str(text: &str) -> Result<Self, NoPattern> {
        let plain = folded(text.trim().trim_start_matches('<').trim_end_matches('>'));
        match plain.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() => Ok(match local {
                "*" => Self::Domain(domain.to_owned()),
                _ => Self::Address(plain),
            }),
            _ => Err(NoPattern(text.to_owned())),
        }
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => f.write_str(address),
            Self::Domain(domain) => write!(f, "*@{domain}"),
        }
    }
}

/// A text in the case in which texts are compared.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

/// The domain of an address, folded.
#[must_use]
pub fn domain_of(address: &str) -> Option<String> {
    address.rsplit_once('@').map(|(_, domain)| folded(domain))
}

/// A Message-ID without its angle brackets.
#[must_use]
pub fn bare_message_id(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_match_in_any_case_and_domains_as_a_whole() {
        for (pattern, address, expected) in [
            ("Ada@Example.com", "ADA@example.COM", true),
            ("<ada@example.com>", "ada@example.com", true),
            ("*@example.com", "Anyone@EXAMPLE.com", true),
            ("*@example.com", "ada@mail.example.com", false),
            ("*@example.com", "ada@badexample.com", false),
            ("ÜBER@example.com", "über@example.com", true),
            ("\"a@b\"@example.com", "\"a@b\"@example.com", true),
            ("ada@example.com", "", false),
            ("*@example.com", "example.com", false),
        ] {
            let pattern: AddressPattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(address), expected, "{pattern} {address}");
            assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }
        for nonsense in ["", "ada", "@example.com", "ada@", "*"] {
            assert!(nonsense.parse::<AddressPattern>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_message_id_loses_its_brackets_and_nothing_else() {
        for (text, bare) in [("<1@x>", "1@x"), (" 1@x ", "1@x"), ("<1@x", "<1@x"), ("<>", ""), ("", "")] {
            assert_eq!(bare_message_id(text), bare);
        }
    }
}
