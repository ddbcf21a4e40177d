//! `/v1/accounts`.

use api::accounts::{
    AccountView, AddAccount, AddCloud, ChangeAccount, CloudView, OutageView, QuotaView, VerifiedView,
};
use api::page::{Page, PageQuery};
use api::verification::Verdict;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use control::reads::AccountFacts;
use control::{AccountChange, AuthenticationMethod, Control, NewAccount, NewCloud};
use model::account::{Account, AccountState, Concurrency};
use model::azure::TransportChoice;
use model::cloud::Cloud;
use model::quota::{Allowance, Quota};
use model::upstream::Upstream;
use relay::problems::Streak;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(check)).routes(routes!(show, change))
}

/// List the connected accounts.
#[utoipa::path(
    get, path = "/v1/accounts", operation_id = "list_accounts", tag = "accounts",
    params(PageQuery),
    responses((status = 200, description = "A page of accounts, by name", body = Page<AccountView>)),
)]
async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<AccountView>>, ApiError> {
    let page = cut(control.accounts()?, |account| account.name.to_string(), Order::Ascending, &query)?;
    let mut views = Vec::new();
    for account in page.items {
        views.push(view(&api, &control, &account).await?);
    }
    Ok(Json(Page { items: views, next: page.next }))
}

/// Show an account.
#[utoipa::path(
    get, path = "/v1/accounts/{name}", operation_id = "show_account", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "The account", body = AccountView)),
)]
async fn show(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(name): Path<String>,
) -> Result<Json<AccountView>, ApiError> {
    let account = control.account(&name)?;
    Ok(Json(view(&api, &control, &account).await?))
}

/// Add an account.
#[utoipa::path(
    post, path = "/v1/accounts", operation_id = "add_account", tag = "accounts",
    request_body = AddAccount,
    responses((status = 201, description = "The account was added", body = AccountView)),
    extensions(("x-problems" = json!(["exists", "upstream"]))),
)]
async fn add(
    State(api): State<Api>,
    Calling(control): Calling,
    body: Result<Json<AddAccount>, JsonRejection>,
) -> Result<(StatusCode, Json<AccountView>), ApiError> {
    let Json(body) = body?;
    let noted = control.add_account(new_account(body)?).await?;
    let view = AccountView { notes: noted.notes, ..view(&api, &control, &noted.account).await? };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Check whether an account can be added, and add nothing.
#[utoipa::path(
    post, path = "/v1/accounts:validate", operation_id = "validate_account", tag = "accounts",
    request_body = AddAccount,
    responses((status = 200, description = "It can be added; how the input was normalised", body = Vec<String>)),
    extensions(("x-problems" = json!(["exists", "upstream"]))),
)]
async fn check(
    Calling(control): Calling,
    body: Result<Json<AddAccount>, JsonRejection>,
) -> Result<Json<Vec<String>>, ApiError> {
    let Json(body) = body?;
    let noted = control.check_account(new_account(body)?).await?;
    Ok(Json(noted.notes))
}

/// Change an account. Members that are absent stay as they are.
#[utoipa::path(
    patch, path = "/v1/accounts/{name}", operation_id = "change_account", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = ChangeAccount,
    responses((status = 200, description = "The account as it is now", body = AccountView)),
    extensions(("x-problems" = json!(["exists", "in_use", "no_client_secret", "account_unusable", "rotation_in_progress", "upstream"]))),
)]
async fn change(
    State(api): State<Api>,
    Calling(control): Calling,
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
        cloud: body.cloud.map(new_cloud).transpose()?,
        secret: body.secret,
        expires_at: body.secret_expires_at,
        state: body.state.as_deref().map(state).transpose()?,
        transport: body.transport.as_deref().map(transport).transpose()?,
        quota: body.quota.map(quota),
        requests: body.requests_at_once,
        smtp_sessions: body.smtp_sessions,
    };
    let noted = control.change_account(&name, change).await?;
    Ok(Json(AccountView { notes: noted.notes, ..view(&api, &control, &noted.account).await? }))
}

fn transport(word: &str) -> Result<TransportChoice, ApiError> {
    word.parse().map_err(|unknown| ApiError::invalid("transport", unknown))
}

fn state(word: &str) -> Result<AccountState, ApiError> {
    word.parse().map_err(|unknown| ApiError::invalid("state", unknown))
}

fn new_account(body: AddAccount) -> Result<NewAccount, ApiError> {
    let transport = body.transport.as_deref().map_or(Ok(TransportChoice::Auto), transport)?;
    let concurrency = Concurrency::default();
    let managed = body.managed_identity.then_some(AuthenticationMethod::ManagedIdentity);
    let mut methods = [
        body.client_secret.map(AuthenticationMethod::ClientSecret),
        body.certificate.map(AuthenticationMethod::Certificate),
        body.access_key.map(AuthenticationMethod::AccessKey),
        managed,
    ]
    .into_iter()
    .flatten();
    let wanted = "give one of client_secret, certificate, access_key, managed_identity";
    let authentication = methods.next().ok_or_else(|| ApiError::invalid("client_secret", wanted))?;
    if methods.next().is_some() {
        return Err(ApiError::invalid("client_secret", format!("{wanted}, not more")));
    }
    Ok(NewAccount {
        name: body.name,
        tenant_id: body.tenant_id,
        client_id: body.client_id,
        authentication,
        expires_at: body.secret_expires_at,
        subscription_id: body.subscription_id,
        service: body.service,
        endpoint: body.endpoint,
        cloud: new_cloud(body.cloud.unwrap_or_default())?,
        transport,
        quota: body.quota.map_or(Quota::CUSTOM_DOMAIN, quota),
        concurrency: Concurrency {
            requests: body.requests_at_once.unwrap_or(concurrency.requests),
            smtp_sessions: body.smtp_sessions.unwrap_or(concurrency.smtp_sessions),
        },
    })
}

fn new_cloud(body: AddCloud) -> Result<NewCloud, ApiError> {
    let smtp = match (body.smtp_host, body.smtp_port) {
        (Some(host), port) => Some((host, port.unwrap_or(587))),
        (None, None) => None,
        (None, Some(_)) => return Err(ApiError::invalid("cloud.smtp_host", "a port needs a host")),
    };
    Ok(NewCloud {
        name: body.name,
        authority: body.authority,
        resource_manager: body.resource_manager,
        graph: body.graph,
        smtp,
        ca_pem: body.ca_pem,
    })
}

async fn view(api: &Api, control: &Control, account: &Account) -> Result<AccountView, ApiError> {
    let AccountFacts { secret: facts, verified, senders } = control.account_facts(account).await?;
    let Upstream::Azure(azure) = &account.upstream;
    Ok(AccountView {
        name: account.name.to_string(),
        state: if account.is_enabled() { "enabled" } else { "disabled" }.to_owned(),
        upstream: account.upstream.kind().to_owned(),
        tenant_id: azure.tenant.to_string(),
        client_id: azure.client.to_string(),
        subscription_id: azure.subscription.to_string(),
        service: azure.service.as_ref().map(|service| service.name.to_string()),
        endpoint: azure.service.as_ref().map(|service| service.endpoint.to_string()),
        authorization: azure.authorization.as_str().to_owned(),
        secret_hint: facts.as_ref().map(|facts| facts.hint.clone()),
        secret_set_at: facts.as_ref().map(|facts| facts.set_at),
        secret_expires_at: facts.and_then(|facts| facts.expires_at),
        transport: azure.transport.to_string(),
        cloud: cloud_view(&azure.cloud),
        quota: quota_view(account.quota),
        requests_at_once: account.concurrency.requests,
        smtp_sessions: account.concurrency.smtp_sessions,
        entra_login: azure.smtp_login(),
        senders,
        verified: verified.and_then(|kept| {
            let verdict = Verdict::of_kept(&kept.verdict)?;
            Some(VerifiedView { at: kept.at, verdict, is_outdated: kept.at < account.changed_at })
        }),
        outage: api.relay.streak_of(account.id).map(outage_view),
        created_at: account.created_at,
        notes: Vec::new(),
    })
}

fn outage_view(streak: Streak) -> OutageView {
    let Streak { kind, since, count: attempts, text: message, next_at, .. } = streak;
    OutageView { code: kind.code().as_str().to_owned(), since, attempts, next_at, message }
}

/// A cloud, if it is not the public one.
fn cloud_view(cloud: &Cloud) -> Option<CloudView> {
    (*cloud != Cloud::Public).then(|| CloudView {
        name: cloud.as_str().to_owned(),
        authority: cloud.authority().to_owned(),
        resource_manager: cloud.resource_manager().to_owned(),
        graph: cloud.graph().to_owned(),
        smtp_host: cloud.smtp().0.to_owned(),
        smtp_port: cloud.smtp().1,
    })
}

fn quota_view(quota: Quota) -> QuotaView {
    QuotaView {
        sends_per_minute: quota.sends.per_minute,
        sends_per_hour: quota.sends.per_hour,
        sends_per_day: quota.sends.per_day,
        status_reads_per_minute: quota.status_reads.per_minute,
        status_reads_per_hour: quota.status_reads.per_hour,
    }
}

fn quota(view: QuotaView) -> Quota {
    Quota {
        sends: Allowance {
            per_minute: view.sends_per_minute,
            per_hour: view.sends_per_hour,
            per_day: view.sends_per_day,
        },
        status_reads: Allowance {
            per_minute: view.status_reads_per_minute,
            per_hour: view.status_reads_per_hour,
            per_day: None,
        },
    }
}
