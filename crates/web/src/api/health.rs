//! `/health/live` and `/health/ready`: for systemd, Kubernetes and load balancers.

use std::sync::Arc;

use api::health::HealthView;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use meter::Counter;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;

/// Where the server is between its start and its end.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Cancelled once the server stops to accept mail.
    pub stopping: CancellationToken,
    /// Listeners for mail that have ended.
    pub ended_listeners: Arc<Counter>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

/// Check that the server answers.
#[utoipa::path(
    get, path = "/health/live", operation_id = "show_liveness", tag = "status",
    responses((status = 200, description = "The server answers", body = HealthView)),
)]
async fn live(Calling(control): Calling) -> Result<Json<HealthView>, ApiError> {
    control.caller().may_read_metrics()?;
    Ok(Json(view(Vec::new())))
}

/// Check that the server accepts mail.
#[utoipa::path(
    get, path = "/health/ready", operation_id = "show_readiness", tag = "status",
    responses(
        (status = 200, description = "The server accepts mail", body = HealthView),
        (status = 503, description = "It does not, for these reasons", body = HealthView),
    ),
)]
async fn ready(State(api): State<Api>, Calling(control): Calling) -> Result<Response, ApiError> {
    control.caller().may_read_metrics()?;
    let reasons = reasons(&api).await;
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(view(reasons))).into_response())
}

async fn reasons(api: &Api) -> Vec<String> {
    let Lifecycle { stopping, ended_listeners } = &api.listening.lifecycle;
    let is_stopping = stopping.is_cancelled();
    let mut reasons = Vec::new();
    if is_stopping {
        reasons.push("shutting_down");
    } else if ended_listeners.value() > 0 {
        reasons.push("listener_down");
    }
    if !api.relay.failing_storage().await.is_empty() {
        reasons.push("storage_failing");
    }
    if api.relay.is_disk_full() {
        reasons.push("disk_full");
    }
    reasons.into_iter().map(str::to_owned).collect()
}

fn view(reasons: Vec<String>) -> HealthView {
    let status = if reasons.is_empty() { "ok" } else { "unavailable" };
    HealthView { status: status.to_owned(), reasons }
}
