//! The desired state of an account, and making it so: `/v1/accounts/{name}/infrastructure`, `plan`, `apply`, `destroy`,
//! `adopt`.

use api::infrastructure::adopted::Adopted;
use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::{ApprovedPlan, PlanView, Targets};
use api::infrastructure::progress::{Applied, ApplyEvent, ApplyLine};
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use control::provision::manifest::manifest_of;
use control::provision::{Aim, ApplyRequest, Begun};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::lines::streamed;
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

fn request(ApprovedPlan { plan, targets, destroy }: ApprovedPlan) -> ApplyRequest {
    ApplyRequest { plan, targets, aim: if destroy { Aim::Destroyed } else { Aim::Desired } }
}

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/accounts/{name}/infrastructure", get(show).put(set))
        .route("/v1/accounts/{name}/infrastructure:plan", post(plan))
        .route("/v1/accounts/{name}/infrastructure:apply", post(apply))
        .route("/v1/accounts/{name}/infrastructure:adopt", post(adopt))
}

async fn show(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<Manifest>, ApiError> {
    Ok(Json(manifest_of(&control.infrastructure(&name).await?)))
}

async fn set(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Manifest>, JsonRejection>,
) -> Result<Json<Manifest>, ApiError> {
    let Json(manifest) = body?;
    Ok(Json(manifest_of(&control.set_infrastructure(&name, manifest).await?)))
}

async fn plan(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<Targets>, JsonRejection>,
) -> Result<Json<PlanView>, ApiError> {
    let Json(body) = body?;
    let plan = if body.destroy {
        control.plan_destruction(&name, &body.targets).await?
    } else {
        control.plan(&name, &body.targets, body.manifest).await?
    };
    Ok(Json(plan))
}

async fn apply(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<ApprovedPlan>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body?;
    let begun = Box::pin(control.begin_apply(&name, request(body))).await?;
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

/// Ends the work when whoever asked for it looks away: what was begun is recorded, and found by the next apply.
struct Watched(JoinHandle<()>);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn adopt(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<Adopted>, ApiError> {
    Ok(Json(control.adopt(&name).await?))
}
