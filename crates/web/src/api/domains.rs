//! `/v1/accounts/{name}/domains` and the senders that are desired for them.

use api::domains::{AddDomain, AddSenders, DomainStatus, RestoredSpfView, SenderRowResult};
use api::infrastructure::manifest::Manifest;
use api::page::{Page, PageQuery};
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use control::provision::NewDomain;
use control::provision::manifest::manifest_of;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

/// A hundred thousand rows.
const MAX_ROWS_BYTES: usize = 64 << 20;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/accounts/{name}/domains", get(list).post(add))
        .route("/v1/accounts/{name}/domains/{domain}", get(show))
        .route("/v1/accounts/{name}/domains/{domain}/spf:restore", post(soften))
        .route(
            "/v1/accounts/{name}/senders:import",
            post(add_senders).layer(DefaultBodyLimit::max(MAX_ROWS_BYTES)),
        )
        .route("/v1/accounts/{name}/infrastructure/senders/{address}", delete(forget_sender))
}

async fn list(
    Calling(control): Calling,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DomainStatus>>, ApiError> {
    let statuses = control.domain_statuses(&name).await?;
    Ok(Json(cut(statuses, |status| status.domain.clone(), Order::Ascending, &query)?))
}

async fn show(
    Calling(control): Calling,
    Path((name, domain)): Path<(String, String)>,
) -> Result<Json<DomainStatus>, ApiError> {
    Ok(Json(control.domain_status(&name, &domain).await?))
}

async fn add(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<AddDomain>, JsonRejection>,
) -> Result<(StatusCode, Json<Manifest>), ApiError> {
    let Json(body) = body?;
    let new = NewDomain { name: body.name, manifest: body.domain, infrastructure: body.infrastructure };
    let infrastructure = control.add_domain(&name, new).await?;
    Ok((StatusCode::CREATED, Json(manifest_of(&infrastructure))))
}

async fn soften(
    Calling(control): Calling,
    Path((name, domain)): Path<(String, String)>,
) -> Result<Json<RestoredSpfView>, ApiError> {
    let spf = Box::pin(control.restore_spf(&name, &domain)).await?;
    Ok(Json(RestoredSpfView { domain, spf }))
}

async fn add_senders(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<AddSenders>, JsonRejection>,
) -> Result<Json<Vec<SenderRowResult>>, ApiError> {
    let Json(body) = body?;
    Ok(Json(control.add_desired_senders(&name, &body.rows, body.strict).await?))
}

async fn forget_sender(
    Calling(control): Calling,
    Path((name, address)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    control.forget_sender(&name, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}
