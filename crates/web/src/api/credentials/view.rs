//! Credentials as they are shown.

use jiff::Timestamp;
use model::credential::{Access, AuthorRule, Credential, ReversePathRule, SenderRule};
use serde::{Deserialize, Serialize};

use crate::api::Api;

/// A credential, without its password.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialView {
    /// What the device types.
    pub login: String,
    /// How its clients are recognised: `password`, or `network` where no login is needed.
    #[serde(default = "by_password")]
    pub access: String,
    /// The account's name.
    pub account: String,
    /// Addresses and domains that it may send from; every sender of the account when empty.
    pub senders: Vec<String>,
    /// Networks that it may come from; anywhere when empty.
    pub networks: Vec<String>,
    /// An author for messages that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_from: Option<String>,
    /// An author for all messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_from: Option<String>,
    /// Whether answers go to the author whom the rule replaced.
    #[serde(default)]
    pub reply_to_author: bool,
    /// Domains of reverse-paths, beside those of the account's senders.
    #[serde(default)]
    pub reverse_paths: Vec<String>,
    /// Whether a reverse-path may be any address.
    #[serde(default)]
    pub reverse_path_anywhere: bool,
    /// What is repaired of what it sends: `line-ends`, `from`, `envelope`.
    #[serde(default)]
    pub repairs: Vec<String>,
    /// Messages in any minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_minute: Option<u32>,
    /// How urgent its mail is.
    pub lane: String,
    /// When it was added.
    pub created_at: Timestamp,
}

fn by_password() -> String {
    "password".to_owned()
}

/// A credential with the password that was made for it, shown this once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedView {
    /// The credential.
    #[serde(flatten)]
    pub credential: CredentialView,
    /// Its password; absent when the operator chose it, or when none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl IssuedView {
    /// The password that was made; empty when none was.
    #[must_use]
    pub fn made(&self) -> &str {
        self.password.as_deref().unwrap_or_default()
    }
}

/// What is shown of a credential.
pub(super) fn view(api: &Api, credential: &Credential) -> CredentialView {
    let directory = api.store.directory();
    let account = directory.account(credential.account);
    let senders = match &credential.senders {
        SenderRule::Any => Vec::new(),
        SenderRule::Only { mailboxes, domains } => {
            mailboxes.iter().map(ToString::to_string).chain(domains.iter().map(ToString::to_string)).collect()
        }
    };
    let (default_from, forced_from) = match &credential.author {
        AuthorRule::Keep => (None, None),
        AuthorRule::Default(mailbox) => (Some(mailbox.to_string()), None),
        AuthorRule::Forced(mailbox) => (None, Some(mailbox.to_string())),
    };
    let intake = &credential.intake;
    let (reverse_paths, reverse_path_anywhere) = match &intake.reverse_paths {
        ReversePathRule::Anywhere => (Vec::new(), true),
        ReversePathRule::Domains(domains) => (domains.iter().map(ToString::to_string).collect(), false),
    };
    CredentialView {
        login: credential.login.to_string(),
        access: match credential.access {
            Access::Password(_) => by_password(),
            Access::Network => "network".to_owned(),
        },
        account: account.map(|account| account.name.to_string()).unwrap_or_default(),
        senders,
        networks: credential.networks.iter().map(ToString::to_string).collect(),
        default_from,
        forced_from,
        reply_to_author: intake.reply_to_author,
        reverse_paths,
        reverse_path_anywhere,
        repairs: intake.repairs.iter().map(|repair| repair.to_string()).collect(),
        rate_per_minute: credential.rate_per_minute,
        lane: credential.lane.to_string(),
        created_at: credential.created_at,
    }
}
