//! `/v1/secrets`: the master key.

use api::secrets::{Rewrap, RewrappedView};
use axum::extract::rejection::JsonRejection;
use axum::routing::post;
use axum::{Json, Router};
use secrecy::ExposeSecret;

use super::{Api, Calling};
use crate::error::ApiError;

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/secrets:rewrap", post(rewrap))
}

async fn rewrap(
    Calling(control): Calling,
    body: Result<Json<Rewrap>, JsonRejection>,
) -> Result<Json<RewrappedView>, ApiError> {
    let Json(body) = body?;
    let key = body.master_key.as_ref().map(ExposeSecret::expose_secret);
    let secrets = control.rewrap(key).await?;
    Ok(Json(RewrappedView { secrets, key_is_kept_elsewhere: !control.keeps_its_key() }))
}
