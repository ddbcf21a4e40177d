//! Credentials as they are shown.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;
use model::credential::{Access, AuthorRule, Credential, ReversePathRule, SenderRule};
use model::id::CredentialId;
use model::refused::Refused;
use relay::login::{Ban, Banned};
use serde::{Deserialize, Serialize};
use store::{CredentialUse, StoreError};

use crate::api::{Api, BanView, bans};

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
    /// Where it is locked now after too many wrong passwords.
    #[serde(default)]
    pub locks: Vec<BanView>,
    /// When it logged in or began a message last; absent if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_address: Option<IpAddr>,
    /// What a client was refused last that had logged in so, or tried to; absent if that is not remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refusal: Option<LastRefusalView>,
}

/// The last refusal of a credential's clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastRefusalView {
    /// When.
    pub at: Timestamp,
    /// The client's address.
    pub peer: IpAddr,
    /// Reply code and enhanced status code, `550 5.1.7`, or `no TLS`.
    pub code: String,
    /// The whole reply.
    pub reply: String,
    /// What the client was not told of the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What is known of the use of credentials.
#[derive(Default)]
pub(super) struct Known {
    uses: HashMap<CredentialId, CredentialUse>,
    /// By login in lower case.
    locks: HashMap<String, Vec<Ban>>,
    /// The last of each, by login in lower case.
    refusals: HashMap<String, Refused>,
}

impl Known {
    /// What is known now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn now(api: &Api) -> Result<Self, StoreError> {
        let mut locks: HashMap<String, Vec<Ban>> = HashMap::new();
        for ban in api.logins.bans() {
            if let Banned::Login(login) | Banned::Place(login, _) = &ban.what {
                locks.entry(login.clone()).or_default().push(ban);
            }
        }
        let mut refusals = HashMap::new();
        for refused in api.refusals.list(None, usize::MAX) {
            if let Some(login) = refused.credential.as_ref().or(refused.login.as_ref()) {
                refusals.entry(login.to_ascii_lowercase()).or_insert(refused);
            }
        }
        Ok(Self { uses: api.logins.uses().await?, locks, refusals })
    }
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
pub(super) fn view(api: &Api, known: &Known, credential: &Credential) -> CredentialView {
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
    let used = known.uses.get(&credential.id);
    let key = credential.login.as_str().to_ascii_lowercase();
    let locks = known.locks.get(&key);
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
        locks: locks.map(|locks| bans::views(&api.logins, locks)).unwrap_or_default(),
        last_used_at: used.map(|used| used.at),
        last_address: used.map(|used| used.address),
        last_refusal: known.refusals.get(&key).cloned().map(last_refusal),
    }
}

fn last_refusal(Refused { at, peer, code, reply, reason, .. }: Refused) -> LastRefusalView {
    LastRefusalView { at, peer, code, reply, reason }
}
