//! `/v1/credentials`.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use control::{CredentialChange, NewAccess, NewCredential, NewIntakeRules, PublicNetworks};
use jiff::Timestamp;
use model::credential::{Access, AuthorRule, Credential, Lane, ReversePathRule, SenderRule};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Api, Operator};
use crate::error::ApiError;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddCredential {
    login: String,
    account: String,
    #[serde(default)]
    password: Option<SecretString>,
    #[serde(default)]
    access: Option<String>,
    #[serde(default)]
    allow_public_networks: bool,
    #[serde(default)]
    senders: Vec<String>,
    #[serde(default)]
    networks: Vec<String>,
    #[serde(default)]
    default_from: Option<String>,
    #[serde(default)]
    forced_from: Option<String>,
    #[serde(default)]
    reply_to_author: bool,
    #[serde(default)]
    reverse_paths: Vec<String>,
    #[serde(default)]
    reverse_path_anywhere: bool,
    #[serde(default)]
    repairs: Vec<String>,
    #[serde(default)]
    rate_per_minute: Option<u32>,
    #[serde(default)]
    lane: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Reset {
    password: Option<SecretString>,
}

/// What is absent stays, and lists replace those that are there.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct EditCredential {
    senders: Option<Vec<String>>,
    networks: Option<Vec<String>>,
    allow_public_networks: bool,
    password: Option<SecretString>,
    #[serde(deserialize_with = "given")]
    default_from: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    forced_from: Option<Option<String>>,
    reply_to_author: Option<bool>,
    reverse_paths: Option<Vec<String>>,
    reverse_path_anywhere: Option<bool>,
    repairs: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    rate_per_minute: Option<Option<u32>>,
    lane: Option<String>,
}

/// A member that is there, be it null, which removes what it is about.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/credentials", get(list).post(add))
        .route("/v1/credentials/{login}", patch(edit).delete(remove))
        .route("/v1/credentials/{login}/reset", post(reset))
}

async fn list(State(api): State<Api>) -> Json<Vec<CredentialView>> {
    let mut views: Vec<CredentialView> =
        api.store.directory().credentials().map(|credential| view(&api, credential)).collect();
    views.sort_by(|one, other| one.login.cmp(&other.login));
    Json(views)
}

async fn add(
    State(api): State<Api>,
    Operator(control): Operator,
    body: Result<Json<AddCredential>, JsonRejection>,
) -> Result<(StatusCode, Json<IssuedView>), ApiError> {
    let Json(body) = body?;
    let lane = body.lane.as_deref().map(lane).transpose()?.unwrap_or_default();
    let new = NewCredential {
        access: access(body.access.as_deref(), body.allow_public_networks, body.password)?,
        login: body.login,
        account: body.account,
        senders: body.senders,
        networks: body.networks,
        default_from: body.default_from,
        forced_from: body.forced_from,
        intake: NewIntakeRules {
            reply_to_author: body.reply_to_author,
            reverse_paths: body.reverse_paths,
            reverse_path_anywhere: body.reverse_path_anywhere,
            repairs: body.repairs,
        },
        rate_per_minute: body.rate_per_minute,
        lane,
    };
    let issued = control.add_credential(new).await?;
    let view = IssuedView {
        credential: view(&api, &issued.credential),
        password: issued.password.map(|password| password.expose_secret().to_owned()),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

async fn edit(
    State(api): State<Api>,
    Operator(control): Operator,
    Path(login): Path<String>,
    body: Result<Json<EditCredential>, JsonRejection>,
) -> Result<Json<CredentialView>, ApiError> {
    let Json(body) = body?;
    let change = CredentialChange {
        senders: body.senders,
        networks: body.networks,
        public: public_networks(body.allow_public_networks),
        password: body.password,
        default_from: body.default_from,
        forced_from: body.forced_from,
        reply_to_author: body.reply_to_author,
        reverse_paths: body.reverse_paths,
        reverse_path_anywhere: body.reverse_path_anywhere,
        repairs: body.repairs,
        rate_per_minute: body.rate_per_minute,
        lane: body.lane.as_deref().map(lane).transpose()?,
    };
    let changed = control.change_credential(&login, change).await?;
    Ok(Json(view(&api, &changed)))
}

async fn reset(
    State(api): State<Api>,
    Operator(control): Operator,
    Path(login): Path<String>,
    body: Result<Json<Reset>, JsonRejection>,
) -> Result<Json<IssuedView>, ApiError> {
    let Json(body) = body?;
    let made = control.reset_password(&login, body.password).await?;
    let directory = api.store.directory();
    let credential =
        directory.credential(&login).ok_or_else(|| ApiError::missing(format!("credential {login}")))?;
    let password = made.map(|password| password.expose_secret().to_owned());
    Ok(Json(IssuedView { credential: view(&api, credential), password }))
}

async fn remove(Operator(control): Operator, Path(login): Path<String>) -> Result<StatusCode, ApiError> {
    control.remove_credential(&login).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn lane(word: &str) -> Result<Lane, ApiError> {
    let unknown = || ApiError::invalid("lane", format!("{word:?} is none of urgent, normal, bulk"));
    Lane::from_word(word).ok_or_else(unknown)
}

fn public_networks(are_allowed: bool) -> PublicNetworks {
    if are_allowed { PublicNetworks::Allowed } else { PublicNetworks::Refused }
}

fn access(
    word: Option<&str>,
    allow_public_networks: bool,
    password: Option<SecretString>,
) -> Result<NewAccess, ApiError> {
    let access = match (word.unwrap_or("password"), password) {
        ("password", None) => NewAccess::MadePassword,
        ("password", Some(password)) => NewAccess::Password(password),
        ("network", None) => NewAccess::Network(public_networks(allow_public_networks)),
        ("network", Some(_)) => {
            let reason = "a credential that is used without login has none: leave it out";
            return Err(ApiError::invalid("password", reason));
        }
        (other, _) => {
            return Err(ApiError::invalid("access", format!("{other:?} is neither password nor network")));
        }
    };
    if allow_public_networks && !matches!(access, NewAccess::Network(_)) {
        let reason = "only a credential that is used without login (`access` `network`) can allow them";
        return Err(ApiError::invalid("allow_public_networks", reason));
    }
    Ok(access)
}

fn view(api: &Api, credential: &Credential) -> CredentialView {
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
