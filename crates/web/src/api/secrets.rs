//! `/v1/secrets`: the master key.

use api::secrets::{Rewrap, RewrappedView};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use secrecy::ExposeSecret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(rewrap))
}

/// Seal all secrets under another master key.
#[utoipa::path(
    post, path = "/v1/secrets:rewrap", operation_id = "rewrap_secrets", tag = "status",
    request_body = Rewrap,
    responses((status = 200, description = "All secrets are sealed under the new key", body = RewrappedView)),
    extensions(("x-problems" = json!(["conflict"]))),
)]
async fn rewrap(
    Calling(control): Calling,
    body: Result<Json<Rewrap>, JsonRejection>,
) -> Result<Json<RewrappedView>, ApiError> {
    let Json(body) = body?;
    let key = body.master_key.as_ref().map(ExposeSecret::expose_secret);
    let secrets = control.rewrap(key).await?;
    Ok(Json(RewrappedView { secrets, key_is_kept_elsewhere: !control.keeps_its_key() }))
}
