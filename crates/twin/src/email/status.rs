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
use crate::backend::Backend;
use crate::captured::Kind;
use crate::error_reply::ErrorReply;
use crate::faults::Operation;
use crate::state::Management;

pub(super) async fn status(
    Shared(backend): Shared<Arc<Backend>>,
    Path(id): Path<String>,
    query: Query<Version>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    answer(&backend, Operation::Status, async {
        version(&query)?;
        let caller = authorize(&backend, &parts, &[])?;
        let subscription = caller.services.first().map(|service| service.subscription);
        let result = look_up(&backend, &id, subscription)?;
        let behaviour = backend.state().behaviour.clone();
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
    backend: &Backend,
    id: &str,
    subscription: Option<azure_types::ids::SubscriptionId>,
) -> Result<EmailSendResult, ErrorReply> {
    let not_found = || {
        let text = format!("The operation '{id}' was not found.");
        ErrorReply::new(StatusCode::NOT_FOUND, "NotFound", text)
    };
    let operation: OperationId = id.parse().map_err(|_| not_found())?;
    let now = backend.now();
    let state = backend.state();
    let mut captured = backend.captured();
    if let Some(subscription) = subscription {
        let limits = state.limits(subscription, Management::CustomerManaged);
        captured
            .count((subscription, Kind::StatusReads), limits, now, &state.behaviour)
            .map_err(throttled)?;
    }
    let (status, error) = captured.status(operation, now, &state.behaviour).ok_or_else(not_found)?;
    Ok(EmailSendResult { id: operation, status, error })
}
