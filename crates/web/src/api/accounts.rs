//! `/v1/accounts`.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use control::{AccountChange, NewAccount, NewCloud};
use jiff::Timestamp;
use model::account::{Account, Authorization, Cloud, Concurrency, TransportChoice};
use model::quota::{Allowance, Quota};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::{SecretName, SecretOwner};

use super::Api;
use crate::error::ApiError;

/// An account, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// Directory (tenant) id.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// Subscription id.
    pub subscription_id: String,
    /// The communication service.
    pub service: String,
    /// Its origin.
    pub endpoint: String,
    /// `client_secret` or `access_key`.
    pub authorization: String,
    /// The first characters of the secret, by which the portal names it too.
    pub secret_hint: Option<String>,
    /// When the secret was set.
    pub secret_set_at: Option<Timestamp>,
    /// Which way mail takes.
    pub transport: String,
    /// Where Azure is, if it is not the public one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<CloudView>,
    /// What Azure allows.
    pub quota: QuotaView,
    /// What to log in with at the relay to send with the app's own secret.
    pub entra_login: String,
    /// Senders that it has.
    pub senders: usize,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Another Azure than the public one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CloudView {
    /// Where tokens are had.
    pub authority: String,
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
    #[serde(default)]
    access_key: Option<SecretString>,
    subscription_id: String,
    service: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddCloud {
    authority: String,
    smtp_host: String,
    smtp_port: u16,
    #[serde(default)]
    ca_pem: Option<String>,
}

/// What is to be different. What is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeAccount {
    #[serde(default)]
    secret: Option<SecretString>,
    #[serde(default)]
    transport: Option<String>,
    #[serde(default)]
    quota: Option<QuotaView>,
    #[serde(default)]
    requests_at_once: Option<u16>,
    #[serde(default)]
    smtp_sessions: Option<u16>,
}

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/accounts", get(list).post(add))
        .route("/v1/accounts/{name}", get(show).patch(change).delete(remove))
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
    let directory = api.store.directory();
    let account =
        directory.account_named(&name).ok_or_else(|| ApiError::missing(format!("account {name}")))?;
    Ok(Json(view(&api, account).await?))
}

async fn add(
    State(api): State<Api>,
    body: Result<Json<AddAccount>, JsonRejection>,
) -> Result<(StatusCode, Json<AccountView>), ApiError> {
    let Json(body) = body?;
    let transport = body.transport.as_deref().map_or(Ok(TransportChoice::Auto), transport)?;
    let concurrency = Concurrency::default();
    let new = NewAccount {
        name: body.name,
        tenant_id: body.tenant_id,
        client_id: body.client_id,
        client_secret: body.client_secret,
        access_key: body.access_key,
        subscription_id: body.subscription_id,
        service: body.service,
        endpoint: body.endpoint,
        cloud: body.cloud.map(|cloud| NewCloud {
            authority: cloud.authority,
            smtp_host: cloud.smtp_host,
            smtp_port: cloud.smtp_port,
            ca_pem: cloud.ca_pem,
        }),
        transport,
        quota: body.quota.map_or(Quota::CUSTOM_DOMAIN, Into::into),
        concurrency: Concurrency {
            requests: body.requests_at_once.unwrap_or(concurrency.requests),
            smtp_sessions: body.smtp_sessions.unwrap_or(concurrency.smtp_sessions),
        },
    };
    let account = api.control.add_account(new).await?;
    Ok((StatusCode::CREATED, Json(view(&api, &account).await?)))
}

async fn change(
    State(api): State<Api>,
    Path(name): Path<String>,
    body: Result<Json<ChangeAccount>, JsonRejection>,
) -> Result<Json<AccountView>, ApiError> {
    let Json(body) = body?;
    let change = AccountChange {
        secret: body.secret,
        transport: body.transport.as_deref().map(transport).transpose()?,
        quota: body.quota.map(Into::into),
        requests: body.requests_at_once,
        smtp_sessions: body.smtp_sessions,
    };
    let account = api.control.change_account(&name, change).await?;
    Ok(Json(view(&api, &account).await?))
}

fn transport(word: &str) -> Result<TransportChoice, ApiError> {
    [TransportChoice::Auto, TransportChoice::Rest, TransportChoice::Smtp]
        .into_iter()
        .find(|choice| choice.to_string() == word)
        .ok_or_else(|| ApiError::invalid("transport", format!("{word:?} is none of auto, rest, smtp")))
}

async fn remove(State(api): State<Api>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    api.control.remove_account(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(api: &Api, account: &Account) -> Result<AccountView, ApiError> {
    let (name, authorization) = match account.authorization {
        Authorization::ClientSecret => (SecretName::ClientSecret, "client_secret"),
        Authorization::AccessKey => (SecretName::AccessKey, "access_key"),
    };
    let facts = api.store.secrets().facts(SecretOwner::Account(account.id), name).await?;
    let cloud = match &account.cloud {
        Cloud::Public => None,
        Cloud::Custom { smtp_host, smtp_port, .. } => Some(CloudView {
            authority: account.cloud.authority().to_owned(),
            smtp_host: smtp_host.clone(),
            smtp_port: *smtp_port,
        }),
    };
    Ok(AccountView {
        name: account.name.to_string(),
        tenant_id: account.tenant.to_string(),
        client_id: account.client.to_string(),
        subscription_id: account.subscription.to_string(),
        service: account.service.to_string(),
        endpoint: account.endpoint.to_string(),
        authorization: authorization.to_owned(),
        secret_hint: facts.as_ref().map(|facts| facts.hint.clone()),
        secret_set_at: facts.map(|facts| facts.set_at),
        transport: account.transport.to_string(),
        cloud,
        quota: account.quota.into(),
        entra_login: account.smtp_login(),
        senders: api.store.directory().senders(account.id).count(),
        created_at: account.created_at,
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
