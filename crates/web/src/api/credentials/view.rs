//! Credentials as they are shown.

use std::collections::HashMap;

use api::credentials::{CredentialView, LastRefusalView};
use model::credential::{Access, AuthorRule, Credential, ReversePathRule, SenderRule};
use model::id::CredentialId;
use model::refused::Refused;
use relay::login::{Ban, Banned};
use store::{CredentialUse, StoreError};

use crate::api::{Api, bans};

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
            Access::Password(_) => "password".to_owned(),
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
