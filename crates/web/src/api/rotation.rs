//! `/v1/accounts/{name}/rotation`: renewing a client secret.

use api::rotation::{ByHand, Rotate, RotationPlanView, RotationView};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use control::rotation::RotationTerms;
use jiff::SignedDuration;
use model::rotation::Rotation;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show, rotate, cancel)).routes(routes!(by_hand))
}

/// Show the current or last rotation of a client secret.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/rotation", operation_id = "show_rotation", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "The rotation", body = RotationView)),
)]
async fn show(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<RotationView>, ApiError> {
    let rotation = control.rotation(&name).await?;
    rotation
        .map(|rotation| Json(view(rotation)))
        .ok_or_else(|| ApiError::missing(format!("a rotation of account {name}")))
}

/// Rotate the client secret, or plan it.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/rotation", operation_id = "begin_rotation", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = Rotate,
    responses((status = 200, description = "With `dry_run`: what would be done", body = RotationPlanView), (status = 202, description = "The rotation has begun", body = RotationView)),
    extensions(("x-problems" = json!(["no_client_secret", "rotation_in_progress", "rotation_in_grace", "account_disabled", "account_unusable", "upstream"]))),
)]
async fn rotate(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Rotate>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body?;
    let default = RotationTerms::default();
    let hours = |hours: u32| SignedDuration::from_hours(i64::from(hours));
    let terms = RotationTerms {
        life: body.life_days.map_or(default.life, |days| hours(u32::from(days) * 24)),
        grace: body.grace_hours.map_or(default.grace, |count| hours(u32::from(count))),
        remove_old: body.remove_old,
    };
    if terms.life < SignedDuration::from_hours(24) {
        return Err(ApiError::invalid("life_days", "a secret must be valid for at least one day"));
    }
    if body.dry_run {
        let plan = control.plan_rotation(&name, terms).await?;
        return Ok(Json(RotationPlanView { steps: plan.steps }).into_response());
    }
    let rotation = control.begin_rotation(&name, terms).await?;
    Ok((StatusCode::ACCEPTED, Json(view(rotation))).into_response())
}

/// Cancel a rotation.
#[utoipa::path(
    delete, path = "/v1/accounts/{name}/rotation", operation_id = "cancel_rotation", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "The rotation as it is now", body = RotationView)),
    extensions(("x-problems" = json!(["no_rotation", "upstream", "conflict"]))),
)]
async fn cancel(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<RotationView>, ApiError> {
    Ok(Json(view(control.cancel_rotation(&name).await?)))
}

/// Set a client secret that somebody else made, once it is proved to work.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/rotation:complete", operation_id = "complete_rotation", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = ByHand,
    responses((status = 204, description = "It is done")),
    extensions(("x-problems" = json!(["no_client_secret", "rotation_in_progress", "account_disabled", "upstream", "conflict"]))),
)]
async fn by_hand(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<ByHand>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(body) = body?;
    control.rotate_by_hand(&name, body.secret, body.expires_at).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(rotation: Rotation) -> RotationView {
    RotationView {
        label: rotation.label,
        step: rotation.step.to_string(),
        started_at: rotation.started_at,
        changed_at: rotation.changed_at,
        new_key_id: rotation.new_key.map(|id| id.to_string()),
        old_key_id: rotation.old_key.map(|id| id.to_string()),
        remove_at: rotation.remove_at,
        problem: rotation.problem,
    }
}
