//! `GET /emails/operations/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use azure_types::email::EmailSendResult;
use azure_types::ids::OperationId;

use super::authorize::authorize;
use super::send::throttled;
use super::{Version, befall, version};
use crate::faults::Operation;
use crate::post::Kind;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::Management;

pub(super) async fn status(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    query: Query<Version>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    befall(&state, Operation::Status, async {
        let read = version(&query).and_then(|_| authorize(&state, &parts, &[])).and_then(|caller| {
            let subscription = caller.services.first().map(|service| service.subscription);
            look_up(&state, &id, subscription)
        });
        read.map_or_else(IntoResponse::into_response, |result| {
            let is_terminal = result.status.is_terminal();
            let mut response = Json(result).into_response();
            if !is_terminal {
                let seconds = HeaderValue::from(state.world().habits.poll_seconds);
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            response
        })
    })
    .await
}

fn look_up(
    state: &State,
    id: &str,
    subscription: Option<azure_types::ids::SubscriptionId>,
) -> Result<EmailSendResult, Refusal> {
    let not_found = || {
        let text = format!("The operation '{id}' was not found.");
        Refusal::new(StatusCode::NOT_FOUND, "NotFound", text)
    };
    let operation: OperationId = id.parse().map_err(|_| not_found())?;
    let now = state.now();
    let world = state.world();
    let mut post = state.post();
    if let Some(subscription) = subscription {
        let limits = world.limits(subscription, Management::CustomerManaged);
        post.count((subscription, Kind::StatusReads), limits, now, &world.habits).map_err(throttled)?;
    }
    let (status, error) = post.status(operation, now, &world.habits).ok_or_else(not_found)?;
    Ok(EmailSendResult { id: operation, status, error })
}
