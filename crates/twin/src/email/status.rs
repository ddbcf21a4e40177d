//! `GET /emails/operations/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use azure_types::email::EmailSendResult;
use azure_types::ids::OperationId;

use super::authorize::authorize;
use super::document::StatusDocument;
use super::send::{ask_to_wait, throttled};
use super::{Version, answer, version};
use crate::captured::Kind;
use crate::faults::Operation;
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
    answer(&state, Operation::Status, async {
        version(&query)?;
        let caller = authorize(&state, &parts, &[])?;
        let subscription = caller.services.first().map(|service| service.subscription);
        let result = look_up(&state, &id, subscription)?;
        let behaviour = state.world().behaviour.clone();
        let is_terminal = result.status.is_terminal();
        let EmailSendResult { id, status, error } = result;
        let mut response =
            Json(StatusDocument { id, status, error, behaviour: &behaviour.email }).into_response();
        if !is_terminal {
            ask_to_wait(response.headers_mut(), &behaviour);
        }
        Ok(response)
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
    let mut captured = state.captured();
    if let Some(subscription) = subscription {
        let limits = world.limits(subscription, Management::CustomerManaged);
        captured
            .count((subscription, Kind::StatusReads), limits, now, &world.behaviour)
            .map_err(throttled)?;
    }
    let (status, error) = captured.status(operation, now, &world.behaviour).ok_or_else(not_found)?;
    Ok(EmailSendResult { id: operation, status, error })
}
