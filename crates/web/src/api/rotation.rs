//! `/v1/accounts/{name}/rotation`: renewing a client secret.

use api::rotation::{ByHand, Rotate, RotationPlanView, RotationView};
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use control::rotation::RotationWish;
use jiff::SignedDuration;
use model::rotation::Rotation;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/accounts/{name}/rotation", get(show).post(rotate).delete(cancel))
        .route("/v1/accounts/{name}/rotation:complete", post(by_hand))
}

async fn show(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<RotationView>, ApiError> {
    let rotation = control.rotation(&name).await?;
    rotation
        .map(|rotation| Json(view(rotation)))
        .ok_or_else(|| ApiError::missing(format!("a rotation of account {name}")))
}

async fn rotate(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Rotate>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body?;
    let default = RotationWish::default();
    let hours = |hours: u32| SignedDuration::from_hours(i64::from(hours));
    let wish = RotationWish {
        life: body.life_days.map_or(default.life, |days| hours(u32::from(days) * 24)),
        grace: body.grace_hours.map_or(default.grace, |count| hours(u32::from(count))),
        remove_old: body.remove_old,
    };
    if wish.life < SignedDuration::from_hours(24) {
        return Err(ApiError::invalid("life_days", "a secret has to be good for a day at least"));
    }
    if body.dry_run {
        let plan = control.plan_rotation(&name, wish).await?;
        return Ok(Json(RotationPlanView { steps: plan.steps }).into_response());
    }
    let rotation = control.begin_rotation(&name, wish).await?;
    Ok((StatusCode::ACCEPTED, Json(view(rotation))).into_response())
}

async fn cancel(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<RotationView>, ApiError> {
    Ok(Json(view(control.cancel_rotation(&name).await?)))
}

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
        step: rotation.step.as_str().to_owned(),
        started_at: rotation.started_at,
        changed_at: rotation.changed_at,
        new_key_id: rotation.new_key.map(|id| id.to_string()),
        old_key_id: rotation.old_key.map(|id| id.to_string()),
        remove_at: rotation.remove_at,
        problem: rotation.problem,
    }
}
