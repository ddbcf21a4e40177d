//! The desired state of an account, and making it so: `/v1/accounts/{name}/infrastructure`, `plan`, `apply`, `destroy`,
//! `adopt`.

use api::infrastructure::adopted::{Adopt, Adopted};
use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::{ApprovedPlan, PlanView, Targets};
use api::infrastructure::progress::{Applied, ApplyEvent, ApplyLine};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use provisioning::manifest::manifest_of;
use provisioning::{Aim, ApplyRequest, Begun};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lines::streamed;
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

fn request(ApprovedPlan { plan, targets, destroy }: ApprovedPlan) -> ApplyRequest {
    ApplyRequest { plan, targets, aim: if destroy { Aim::Destroyed } else { Aim::Desired } }
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(show, set))
        .routes(routes!(plan))
        .routes(routes!(apply))
        .routes(routes!(adopt))
}

/// Show the desired state of an account.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/infrastructure", operation_id = "show_infrastructure", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "The desired state", body = Manifest)),
)]
async fn show(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<Manifest>, ApiError> {
    Ok(Json(manifest_of(&control.provisioning().infrastructure(&name).await?)))
}

/// Replace the desired state of an account.
#[utoipa::path(
    put, path = "/v1/accounts/{name}/infrastructure", operation_id = "set_infrastructure", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = Manifest,
    responses((status = 200, description = "The desired state as it is now", body = Manifest)),
    extensions(("x-problems" = json!(["conflict"]))),
)]
async fn set(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Manifest>, JsonRejection>,
) -> Result<Json<Manifest>, ApiError> {
    let Json(manifest) = body?;
    Ok(Json(manifest_of(&control.provisioning().set_infrastructure(&name, manifest).await?)))
}

/// Plan what brings Azure and DNS to the desired state. Nothing is changed.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/infrastructure:plan", operation_id = "plan_infrastructure", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = Targets,
    responses((status = 200, description = "The plan", body = PlanView)),
    extensions(("x-problems" = json!(["upstream", "account_unusable"]))),
)]
async fn plan(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Targets>, JsonRejection>,
) -> Result<Json<PlanView>, ApiError> {
    let Json(body) = body?;
    let plan = if body.destroy {
        control.provisioning().plan_destruction(&name, &body.targets).await?
    } else {
        control.provisioning().plan(&name, &body.targets, body.manifest).await?
    };
    Ok(Json(plan))
}

/// Approve a plan and apply it, and report each step at once. The steps stop when the client hangs up.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/infrastructure:apply", operation_id = "apply_infrastructure", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = ApprovedPlan,
    responses((status = 200, description = "One line of JSON for each event; the last is `done` or has `error`", content_type = "application/x-ndjson", body = ApplyLine)),
    extensions(("x-problems" = json!(["plan_changed", "plan_cannot_succeed", "account_disabled", "account_unusable", "conflict", "upstream"]))),
)]
async fn apply(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<ApprovedPlan>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body?;
    let begun = Box::pin(control.provisioning().begin_apply(&name, request(body))).await?;
    let (lines, answer) = unbounded_channel();
    let work = tokio::spawn(async move {
        let last = match carry_out(begun, lines.clone()).await {
            Ok(applied) => ApplyLine::Event(ApplyEvent::Done { applied }),
            Err(error) => ApplyLine::Failed { error: error.into_problem() },
        };
        let _ = lines.send(last);
    });
    Ok(streamed(answer, Watched(work)))
}

async fn carry_out(begun: Begun, lines: UnboundedSender<ApplyLine>) -> Result<Applied, ApiError> {
    let (events, mut heard) = unbounded_channel();
    let forwarded = tokio::spawn(async move {
        while let Some(event) = heard.recv().await {
            let _ = lines.send(ApplyLine::Event(event));
        }
    });
    let applied = Box::pin(begun.finish(Some(events))).await;
    let _ = forwarded.await;
    Ok(applied?)
}

/// Ends the work when the client disconnects: what was begun is recorded, and found by the next apply.
struct Watched(JoinHandle<()>);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Import existing Azure resources as the desired state.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/infrastructure:adopt", operation_id = "adopt_infrastructure", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = Adopt,
    responses((status = 200, description = "What was adopted", body = Adopted)),
    extensions(("x-problems" = json!(["upstream", "account_unusable", "conflict"]))),
)]
async fn adopt(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Adopt>, JsonRejection>,
) -> Result<Json<Adopted>, ApiError> {
    let Json(request) = body?;
    Ok(Json(Box::pin(control.provisioning().adopt(&name, &request)).await?))
}
