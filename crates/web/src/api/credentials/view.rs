//! Credentials as they are shown.

use std::collections::HashMap;

use api::bans::BanView;
use api::credentials::{CredentialView, LastRefusalView};
use control::Control;
use control::reads::CredentialUse;
use model::credential::{Access, AuthorRule, Credential, ReversePathRule, SenderRule};
use model::fault::Fault;
use model::id::CredentialId;
use model::refused::Refused;
use relay::login::Banned;

use crate::api::{Api, bans};
use crate::error::ApiError;

/// What is known of the use of credentials.
#[derive(Default)]
pub(super) struct Known {
    uses: HashMap<CredentialId, CredentialUse>,
    /// By login in lower case.
    locks: HashMap<String, Vec<BanView>>,
    /// The last of each, by login in lower case.
    refusals: HashMap<String, Refused>,
}

impl Known {
    /// What is known now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn now(api: &Api) -> Result<Self, ApiError> {
        let logins = api.relay.logins();
        let mut locks: HashMap<String, Vec<BanView>> = HashMap::new();
        for ban in logins.bans() {
            if let Banned::Login(login) | Banned::Place(login, _) = &ban.what {
                locks
                    .entry(login.clone())
                    .or_default()
                    .extend(bans::views(logins, std::slice::from_ref(&ban)));
            }
        }
        let mut refusals = HashMap::new();
        for refused in api.relay.refusals().list(None, usize::MAX) {
            if let Some(login) = refused.credential.as_ref().or(refused.login.as_ref()) {
                refusals.entry(login.to_ascii_lowercase()).or_insert(refused);
            }
        }
        let uses = logins.uses().await.map_err(Fault::from)?;
        Ok(Self { uses, locks, refusals })
    }
}

/// What is shown of a credential.
pub(super) fn view(control: &Control, known: &Known, credential: &Credential) -> CredentialView {
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
        account: control.name_of(credential.account),
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
        locks: locks.cloned().unwrap_or_default(),
        last_used_at: used.map(|used| used.at),
        last_address: used.map(|used| used.address),
        last_refusal: known.refusals.get(&key).cloned().map(last_refusal),
    }
}

fn last_refusal(Refused { at, peer, code, reply, reason, .. }: Refused) -> LastRefusalView {
    LastRefusalView { at, peer, code, reply, reason }
}
