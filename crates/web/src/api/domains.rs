//! `/v1/accounts/{name}/domains` and the senders that are desired for them.

use api::domains::{AddDomain, AddSenders, DomainStatus, RestoredSpfView, SenderRowResult};
use api::infrastructure::manifest::Manifest;
use api::page::{Page, PageQuery};
use axum::Json;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use provisioning::manifest::manifest_of;
use provisioning::{BadRows, NewDomain};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

/// A hundred thousand rows.
const MAX_ROWS_BYTES: usize = 64 << 20;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(show))
        .routes(routes!(restore_spf))
        .routes(routes!(add_senders).layer(DefaultBodyLimit::max(MAX_ROWS_BYTES)))
        .routes(routes!(forget_sender))
}

/// List the domains of an account with their records.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/domains", operation_id = "list_domains", tag = "accounts",
    params(("name" = String, Path, description = "The account's name"), PageQuery),
    responses((status = 200, description = "A page of domains, by name", body = Page<DomainStatus>)),
    extensions(("x-problems" = json!(["upstream"]))),
)]
async fn list(
    Calling(control): Calling,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DomainStatus>>, ApiError> {
    let statuses = control.provisioning().domain_statuses(&name).await?;
    Ok(Json(cut(statuses, |status| status.domain.clone(), Order::Ascending, &query)?))
}

/// Show a domain with its records.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/domains/{domain}", operation_id = "show_domain", tag = "accounts",
    params(("name" = String, Path, description = "The account's name"), ("domain" = String, Path, description = "The domain")),
    responses((status = 200, description = "The domain", body = DomainStatus)),
    extensions(("x-problems" = json!(["upstream"]))),
)]
async fn show(
    Calling(control): Calling,
    Path((name, domain)): Path<(String, String)>,
) -> Result<Json<DomainStatus>, ApiError> {
    Ok(Json(control.provisioning().domain_status(&name, &domain).await?))
}

/// Add a domain to the desired state.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/domains", operation_id = "add_domain", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = AddDomain,
    responses((status = 201, description = "The desired state as it is now", body = Manifest)),
    extensions(("x-problems" = json!(["conflict"]))),
)]
async fn add(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<AddDomain>, JsonRejection>,
) -> Result<(StatusCode, Json<Manifest>), ApiError> {
    let Json(body) = body?;
    let new = NewDomain { name: body.name, manifest: body.domain, infrastructure: body.infrastructure };
    let infrastructure = control.provisioning().add_domain(&name, new).await?;
    Ok((StatusCode::CREATED, Json(manifest_of(&infrastructure))))
}

/// Restore `~all` at the end of a domain's SPF record.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/domains/{domain}/spf:restore", operation_id = "restore_spf", tag = "accounts",
    params(("name" = String, Path, description = "The account's name"), ("domain" = String, Path, description = "The domain")),
    responses((status = 200, description = "The record as it is now", body = RestoredSpfView)),
    extensions(("x-problems" = json!(["upstream", "conflict"]))),
)]
async fn restore_spf(
    Calling(control): Calling,
    Path((name, domain)): Path<(String, String)>,
) -> Result<Json<RestoredSpfView>, ApiError> {
    let spf = Box::pin(control.provisioning().restore_spf(&name, &domain)).await?;
    Ok(Json(RestoredSpfView { domain, spf }))
}

/// Add senders to the desired state.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/senders:import", operation_id = "import_senders", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = AddSenders,
    responses((status = 200, description = "One result for each row", body = Vec<SenderRowResult>)),
    extensions(("x-problems" = json!(["conflict"]))),
)]
async fn add_senders(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<AddSenders>, JsonRejection>,
) -> Result<Json<Vec<SenderRowResult>>, ApiError> {
    let Json(body) = body?;
    let bad_rows = if body.strict { BadRows::RejectAll } else { BadRows::LeaveOut };
    Ok(Json(control.provisioning().add_desired_senders(&name, &body.rows, bad_rows).await?))
}

/// Remove a sender from the desired state.
#[utoipa::path(
    delete, path = "/v1/accounts/{name}/infrastructure/senders/{address}", operation_id = "forget_sender", tag = "accounts",
    params(("name" = String, Path, description = "The account's name"), ("address" = String, Path, description = "The sender's address")),
    responses((status = 204, description = "It is done")),
)]
async fn forget_sender(
    Calling(control): Calling,
    Path((name, address)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    control.provisioning().forget_sender(&name, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}
