//! `/v1/accounts`.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use control::{AccountChange, NewAccount, NewCloud, NewProof};
use jiff::Timestamp;
use model::account::{Account, AccountState, Concurrency, TransportChoice};
use model::cloud::Cloud;
use model::quota::{Allowance, Quota};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::{SecretName, SecretOwner};

use super::{Api, Operator};
use crate::error::ApiError;

/// An account, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// `enabled` or `disabled`.
    pub state: String,
    /// Directory (tenant) id.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// Subscription id.
    pub subscription_id: String,
    /// The communication service, once one is chosen.
    pub service: Option<String>,
    /// Its origin.
    pub endpoint: Option<String>,
    /// `client_secret`, `certificate`, `managed_identity` or `access_key`.
    pub authorization: String,
    /// The first characters of the secret, by which the portal names it too.
    pub secret_hint: Option<String>,
    /// When the secret was set.
    pub secret_set_at: Option<Timestamp>,
    /// When the secret expires, if that is known.
    pub secret_expires_at: Option<Timestamp>,
    /// Which way mail takes.
    pub transport: String,
    /// Where Azure is, if it is not the public one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<CloudView>,
    /// What Azure allows.
    pub quota: QuotaView,
    /// Sends that wait for an answer by REST.
    #[serde(default)]
    pub requests_at_once: u16,
    /// Open sessions by SMTP.
    #[serde(default)]
    pub smtp_sessions: u16,
    /// What to log in with at the relay to send with the app's own secret.
    pub entra_login: Option<String>,
    /// Senders that it has.
    pub senders: usize,
    /// How the last verification ended, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<VerifiedView>,
    /// When it was added.
    pub created_at: Timestamp,
    /// What was mended in what was typed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How the last verification ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifiedView {
    /// When.
    pub at: Timestamp,
    /// `ready`, `ready_with_warnings` or `not_ready`.
    pub verdict: String,
    /// Whether the account was changed after it: then it says nothing about what the account is now.
    #[serde(default)]
    pub is_outdated: bool,
}

/// Another Azure than the public one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CloudView {
    /// `us-government`, `china` or `custom`.
    pub name: String,
    /// Where tokens are had.
    pub authority: String,
    /// Resource Manager.
    pub resource_manager: String,
    /// Graph.
    pub graph: String,
    /// Host of the SMTP endpoint.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
}

/// What Azure allows.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct QuotaView {
    /// Sends in any minute.
    pub sends_per_minute: u32,
    /// Sends in any hour.
    pub sends_per_hour: u32,
    /// Status reads in any minute.
    pub status_reads_per_minute: u32,
    /// Status reads in any hour.
    pub status_reads_per_hour: u32,
}

/// What is needed to add an account. It is read and never written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddAccount {
    name: String,
    tenant_id: String,
    client_id: String,
    #[serde(default)]
    client_secret: Option<SecretString>,
    /// Certificate and private key, in PEM.
    #[serde(default)]
    certificate: Option<SecretString>,
    #[serde(default)]
    access_key: Option<SecretString>,
    #[serde(default)]
    managed_identity: bool,
    #[serde(default)]
    secret_expires_at: Option<Timestamp>,
    subscription_id: String,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    cloud: Option<AddCloud>,
    #[serde(default)]
    transport: Option<String>,
    #[serde(default)]
    quota: Option<QuotaView>,
    #[serde(default)]
    requests_at_once: Option<u16>,
    #[serde(default)]
    smtp_sessions: Option<u16>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AddCloud {
    name: Option<String>,
    authority: Option<String>,
    resource_manager: Option<String>,
    graph: Option<String>,
    smtp_host: Option<String>,
    smtp_port: Option<u16>,
    ca_pem: Option<String>,
}

/// What is to be different. What is absent stays.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChangeAccount {
    name: Option<String>,
    tenant_id: Option<String>,
    client_id: Option<String>,
    subscription_id: Option<String>,
    service: Option<String>,
    endpoint: Option<String>,
    cloud: Option<AddCloud>,
    secret: Option<SecretString>,
    secret_expires_at: Option<Timestamp>,
    state: Option<String>,
    transport: Option<String>,
    quota: Option<QuotaView>,
    requests_at_once: Option<u16>,
    smtp_sessions: Option<u16>,
}

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/accounts", get(list).post(add))
        .route("/v1/account-check", post(check))
        .route("/v1/accounts/{name}", get(show).patch(change).delete(super::removal::remove))
}

async fn list(State(api): State<Api>) -> Result<Json<Vec<AccountView>>, ApiError> {
    let directory = api.store.directory();
    let mut accounts: Vec<_> = directory.accounts().cloned().collect();
    accounts.sort_by(|one, other| one.name.cmp(&other.name));
    let mut views = Vec::with_capacity(accounts.len());
    for account in accounts {
        views.push(view(&api, &account).await?);
    }
    Ok(Json(views))
}

async fn show(State(api): State<Api>, Path(name): Path<String>) -> Result<Json<AccountView>, ApiError> {
    let account = api.control.account(&name)?;
    Ok(Json(view(&api, &account).await?))
}

async fn add(
    State(api): State<Api>,
    Operator(control): Operator,
    body: Result<Json<AddAccount>, JsonRejection>,
) -> Result<(StatusCode, Json<AccountView>), ApiError> {
    let Json(body) = body?;
    let noted = control.add_account(body.into_new()?).await?;
    let view = AccountView { notes: noted.notes, ..view(&api, &noted.account).await? };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Whether an account could be added so: for forms that check while somebody types.
async fn check(
    State(api): State<Api>,
    body: Result<Json<AddAccount>, JsonRejection>,
) -> Result<Json<Vec<String>>, ApiError> {
    let Json(body) = body?;
    let noted = api.control.check_account(body.into_new()?).await?;
    Ok(Json(noted.notes))
}

async fn change(
    State(api): State<Api>,
    Operator(control): Operator,
    Path(name): Path<String>,
    body: Result<Json<ChangeAccount>, JsonRejection>,
) -> Result<Json<AccountView>, ApiError> {
    let Json(body) = body?;
    let change = AccountChange {
        name: body.name,
        tenant_id: body.tenant_id,
        client_id: body.client_id,
        subscription_id: body.subscription_id,
        service: body.service,
        endpoint: body.endpoint,
        cloud: body.cloud.map(AddCloud::into_new).transpose()?,
        secret: body.secret,
        expires_at: body.secret_expires_at,
        state: body.state.as_deref().map(state).transpose()?,
        transport: body.transport.as_deref().map(transport).transpose()?,
        quota: body.quota.map(Into::into),
        requests: body.requests_at_once,
        smtp_sessions: body.smtp_sessions,
    };
    let noted = control.change_account(&name, change).await?;
    Ok(Json(AccountView { notes: noted.notes, ..view(&api, &noted.account).await? }))
}

fn transport(word: &str) -> Result<TransportChoice, ApiError> {
    [TransportChoice::Auto, TransportChoice::Rest, TransportChoice::Smtp]
        .into_iter()
        .find(|choice| choice.to_string() == word)
        .ok_or_else(|| ApiError::invalid("transport", format!("{word:?} is none of auto, rest, smtp")))
}

fn state(word: &str) -> Result<AccountState, ApiError> {
    match word {
        "enabled" => Ok(AccountState::Enabled),
        "disabled" => Ok(AccountState::Disabled),
        _ => Err(ApiError::invalid("state", format!("{word:?} is none of enabled, disabled"))),
    }
}

impl AddAccount {
    fn into_new(self) -> Result<NewAccount, ApiError> {
        let transport = self.transport.as_deref().map_or(Ok(TransportChoice::Auto), transport)?;
        let concurrency = Concurrency::default();
        let managed = self.managed_identity.then_some(NewProof::ManagedIdentity);
        let mut proofs = [
            self.client_secret.map(NewProof::ClientSecret),
            self.certificate.map(NewProof::Certificate),
            self.access_key.map(NewProof::AccessKey),
            managed,
        ]
        .into_iter()
        .flatten();
        let wanted = "give one of client_secret, certificate, access_key, managed_identity";
        let proof = proofs.next().ok_or_else(|| ApiError::invalid("client secret", wanted))?;
        if proofs.next().is_some() {
            return Err(ApiError::invalid("client secret", format!("{wanted}, not more")));
        }
        Ok(NewAccount {
            name: self.name,
            tenant_id: self.tenant_id,
            client_id: self.client_id,
            proof,
            expires_at: self.secret_expires_at,
            subscription_id: self.subscription_id,
            service: self.service,
            endpoint: self.endpoint,
            cloud: self.cloud.unwrap_or_default().into_new()?,
            transport,
            quota: self.quota.map_or(Quota::CUSTOM_DOMAIN, Into::into),
            concurrency: Concurrency {
                requests: self.requests_at_once.unwrap_or(concurrency.requests),
                smtp_sessions: self.smtp_sessions.unwrap_or(concurrency.smtp_sessions),
            },
        })
    }
}

impl AddCloud {
    fn into_new(self) -> Result<NewCloud, ApiError> {
        let smtp = match (self.smtp_host, self.smtp_port) {
            (Some(host), port) => Some((host, port.unwrap_or(587))),
            (None, None) => None,
            (None, Some(_)) => return Err(ApiError::invalid("smtp_host", "a port needs a host")),
        };
        Ok(NewCloud {
            name: self.name,
            authority: self.authority,
            resource_manager: self.resource_manager,
            graph: self.graph,
            smtp,
            ca_pem: self.ca_pem,
        })
    }
}

async fn view(api: &Api, account: &Account) -> Result<AccountView, ApiError> {
    let owner = SecretOwner::Account(account.id);
    let facts = match SecretName::of(account.authorization) {
        Some(name) => api.store.secrets().facts(owner, name).await?,
        None => None,
    };
    let verified = api.store.verifications().last(account.id).await?;
    let cloud = (account.cloud != Cloud::Public).then(|| CloudView {
        name: account.cloud.as_str().to_owned(),
        authority: account.cloud.authority().to_owned(),
        resource_manager: account.cloud.resource_manager().to_owned(),
        graph: account.cloud.graph().to_owned(),
        smtp_host: account.cloud.smtp().0.to_owned(),
        smtp_port: account.cloud.smtp().1,
    });
    Ok(AccountView {
        name: account.name.to_string(),
        state: if account.is_enabled() { "enabled" } else { "disabled" }.to_owned(),
        tenant_id: account.tenant.to_string(),
        client_id: account.client.to_string(),
        subscription_id: account.subscription.to_string(),
        service: account.service.as_ref().map(|service| service.name.to_string()),
        endpoint: account.service.as_ref().map(|service| service.endpoint.to_string()),
        authorization: account.authorization.as_str().to_owned(),
        secret_hint: facts.as_ref().map(|facts| facts.hint.clone()),
        secret_set_at: facts.as_ref().map(|facts| facts.set_at),
        secret_expires_at: facts.and_then(|facts| facts.expires_at),
        transport: account.transport.to_string(),
        cloud,
        quota: account.quota.into(),
        requests_at_once: account.concurrency.requests,
        smtp_sessions: account.concurrency.smtp_sessions,
        entra_login: account.smtp_login(),
        senders: api.store.directory().senders(account.id).count(),
        verified: verified.map(|kept| VerifiedView {
            at: kept.at,
            verdict: kept.verdict.replace(' ', "_"),
            is_outdated: kept.at < account.changed_at,
        }),
        created_at: account.created_at,
        notes: Vec::new(),
    })
}

impl From<Quota> for QuotaView {
    fn from(quota: Quota) -> Self {
        Self {
            sends_per_minute: quota.sends.per_minute,
            sends_per_hour: quota.sends.per_hour,
            status_reads_per_minute: quota.status_reads.per_minute,
            status_reads_per_hour: quota.status_reads.per_hour,
        }
    }
}

impl From<QuotaView> for Quota {
    fn from(view: QuotaView) -> Self {
        Self {
            sends: Allowance { per_minute: view.sends_per_minute, per_hour: view.sends_per_hour },
            status_reads: Allowance {
                per_minute: view.status_reads_per_minute,
                per_hour: view.status_reads_per_hour,
            },
        }
    }
}
