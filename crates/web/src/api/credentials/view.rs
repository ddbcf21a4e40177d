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
use relay::refusals::Refusals;

use crate::api::{Api, bans};
use crate::error::ApiError;

/// What is known of the use of credentials.
#[derive(Default)]
pub(super) struct Known {
    uses: HashMap<CredentialId, CredentialUse>,
    /// By login in lower case.
    locks: HashMap<String, Vec<BanView>>,
    /// None of a credential that is new.
    refusals: Option<Refusals>,
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
        let uses = logins.uses().await.map_err(Fault::from)?;
        Ok(Self { uses, locks, refusals: Some(api.relay.refusals().clone()) })
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
        suppressed: intake.suppressed.map(|rule| rule.to_string()),
        repairs: intake.repairs.iter().map(|repair| repair.to_string()).collect(),
        rate_per_minute: credential.rate_per_minute,
        lane: credential.lane.to_string(),
        dsn_to: intake.dsn_to.to_string(),
        deadline_seconds: intake.deadline.and_then(|deadline| u32::try_from(deadline.as_secs()).ok()),
        created_at: credential.created_at,
        locks: locks.cloned().unwrap_or_default(),
        last_used_at: used.map(|used| used.at),
        last_address: used.map(|used| used.address),
        last_refusal: known.refusals.as_ref().and_then(|all| all.last_of(&key)).map(last_refusal),
    }
}

fn last_refusal(Refused { at, peer, code, reply, reason, .. }: Refused) -> LastRefusalView {
    LastRefusalView { at, peer, code, reply, reason }
}
