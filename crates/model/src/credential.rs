//! Credentials: what a device or application logs in with.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use smtp::address::{Domain, Mailbox};

use crate::id::{AccountId, CredentialId};
use crate::name::LoginName;
use crate::repair::Repairs;
use crate::suppression::OnSuppressed;

/// A login of ours with all that it is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub id: CredentialId,
    /// What the device types.
    pub login: LoginName,
    /// The account that its mail goes through.
    pub account: AccountId,
    /// How clients show that they may use it.
    pub access: Access,
    /// Which senders it may use.
    pub senders: SenderRule,
    /// Where it may come from; anywhere when empty.
    pub networks: Vec<IpNet>,
    /// What happens to From.
    pub author: AuthorRule,
    /// What else is done with its mail on its way in.
    pub intake: IntakeRules,
    /// Messages in any minute; as many as the account allows when `None`.
    pub rate_per_minute: Option<u32>,
    /// How urgent its mail is.
    pub lane: Lane,
    /// When it was added.
    pub created_at: Timestamp,
}

/// How clients show that they may use a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// By login and password; the password's argon2id hash.
    Password(PasswordHash),
    /// By their address alone, which must be in one of the credential's networks, on listeners without login.
    Network,
}

/// A hashed password. It does not print, so that it is not carried off by a log.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// Which of the account's senders a credential may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SenderRule {
    Any,
    /// These addresses, and every sender of these domains.
    Only {
        mailboxes: Vec<Mailbox>,
        domains: Vec<Domain>,
    },
}

/// What happens to the From field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorRule {
    /// It stays as the author wrote it.
    Keep,
    /// This address stands in where there is none, or none that can be read.
    Default(Mailbox),
    /// This address replaces whatever is there, in the envelope too.
    Forced(Mailbox),
}

/// What is done with a credential's mail on its way in, beside the rule about its author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntakeRules {
    /// Whether Reply-To, where there is none, names the author whom the rule replaced.
    pub reply_to_author: bool,
    /// Which reverse-paths are allowed beside addresses of the account's domains.
    pub reverse_paths: ReversePathRule,
    /// What is repaired.
    pub repairs: Repairs,
    /// What happens to recipients that mail must not go to; what the server is set up for if `None`.
    pub suppressed: Option<OnSuppressed>,
    /// Whom DSNs tell.
    pub dsn_to: DsnRecipient,
    /// How long after it may leave a message is of use, where it does not say so.
    pub deadline: Option<SignedDuration>,
}

/// Whom the DSNs about a credential's mail tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DsnRecipient {
    /// Its sender, at the reverse-path.
    #[default]
    Sender,
    /// An operator, where nobody reads what comes back to the sender.
    Address(Mailbox),
    Nobody,
}

/// Which reverse-paths a credential may give. One of a domain that is linked to its account is always allowed:
/// Azure writes an envelope sender of its own, and the DSNs that Postern makes go to the one that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReversePathRule {
    /// Addresses of the account's domains, and of these.
    Domains(Vec<Domain>),
    Anywhere,
}

/// How urgent mail is: lanes do not wait for each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Login codes, alarms.
    Urgent,
    #[default]
    Normal,
    Bulk,
}

impl PasswordHash {
    /// A hash in PHC form.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// Hashes a password with argon2id (RFC 9106). Takes tens of milliseconds of one core, on purpose.
    #[must_use]
    pub fn of(password: &SecretString, salt: [u8; 16]) -> Self {
        let hashed: Result<phc::PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
        // The parameters are the library's own; only they could be refused. No password fits nothing.
        Self(hashed.map(|hash| hash.to_string()).unwrap_or_default())
    }

    /// Whether this is the hash of `password`. Takes as long as hashing it.
    #[must_use]
    pub fn is_of(&self, password: &SecretString) -> bool {
        let Ok(hash) = phc::PasswordHash::new(&self.0) else { return false };
        Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok()
    }

    /// The PHC text.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

impl Credential {
    /// The hash of its password; `None` if it is used without login.
    #[must_use]
    pub fn password_hash(&self) -> Option<&PasswordHash> {
        match &self.access {
            Access::Password(hash) => Some(hash),
            Access::Network => None,
        }
    }

    /// Whether it may be used from there.
    #[must_use]
    pub fn may_come_from(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&address))
    }
}

impl SenderRule {
    /// Whether `mailbox` may be used, if it is a sender of the account at all. As in the list of senders, and as at
    /// Azure, an address is the same whether its ASCII letters are upper or lower case.
    #[must_use]
    pub fn allows(&self, mailbox: &Mailbox) -> bool {
        match self {
            Self::Any => true,
            Self::Only { mailboxes, domains } => {
                let local_part = mailbox.local_part().as_str();
                let is_it = |allowed: &Mailbox| {
                    allowed.domain() == mailbox.domain()
                        && allowed.local_part().as_str().eq_ignore_ascii_case(local_part)
                };
                domains.contains(mailbox.domain()) || mailboxes.iter().any(is_it)
            }
        }
    }
}

impl Default for ReversePathRule {
    fn default() -> Self {
        Self::Domains(Vec::new())
    }
}

impl ReversePathRule {
    /// Whether an address outside the account's domains may be given.
    #[must_use]
    pub fn allows(&self, mailbox: &Mailbox) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Domains(domains) => domains.contains(mailbox.domain()),
        }
    }
}

crate::words!(Lane {
    Urgent = "urgent",
    Normal = "normal",
    Bulk = "bulk",
});

impl FromStr for DsnRecipient {
    type Err = NoDsnRecipient;

    fn from_str(text: &str) -> Result<Self, NoDsnRecipient> {
        match text.trim() {
            "sender" => Ok(Self::Sender),
            "nobody" => Ok(Self::Nobody),
            address => address.parse().map(Self::Address).map_err(|_| NoDsnRecipient(address.to_owned())),
        }
    }
}

impl fmt::Display for DsnRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sender => f.write_str("sender"),
            Self::Address(address) => address.fmt(f),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

/// The text names nobody whom DSNs could tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither sender, nobody nor an e-mail address")]
pub struct NoDsnRecipient(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_recognised_by_its_hash_alone() {
        let password = SecretString::from("correct horse");
        let hash = PasswordHash::of(&password, [7; 16]);
        assert!(hash.as_phc().starts_with("$argon2id$"));
        assert!(hash.is_of(&password));
        assert!(!hash.is_of(&SecretString::from("correct horses")));
        assert!(!PasswordHash::new("nonsense".into()).is_of(&password));
        assert_ne!(hash, PasswordHash::of(&password, [8; 16]));
        assert!(!format!("{hash:?}").contains("argon2id"));
    }

    #[test]
    fn dsns_tell_the_sender_somebody_or_nobody() {
        for text in ["sender", "nobody", "ops@b.example"] {
            assert_eq!(text.parse::<DsnRecipient>().unwrap().to_string(), text);
        }
        let error = "ops".parse::<DsnRecipient>().unwrap_err().to_string();
        assert_eq!(error, "\"ops\" is neither sender, nobody nor an e-mail address");
    }

    #[test]
    fn a_rule_allows_addresses_and_domains() {
        let rule = SenderRule::Only {
            mailboxes: vec!["a@b.example".parse().unwrap()],
            domains: vec!["c.example".parse().unwrap()],
        };
        for (mailbox, allowed) in
            [("a@b.example", true), ("A@B.example", true), ("x@b.example", false), ("x@C.example", true)]
        {
            assert_eq!(rule.allows(&mailbox.parse().unwrap()), allowed, "{mailbox}");
            assert!(SenderRule::Any.allows(&mailbox.parse().unwrap()));
        }
    }
}
