//! `/v1/queue`: lists, and the operator's hand on what waits.

use api::queue::{ChangedView, ListQueue, QueueEntry};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use control::reads::{ListedSend, SendQuery};
use model::delivery::SendState;
use model::id::QueueId;

use super::messages;
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

const LIMIT: usize = 50;
const MAX_LIMIT: usize = 1_000;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/queue", get(list))
        .route("/v1/queue/{id}/sends:retry", post(retry))
        .route("/v1/queue/{id}/sends:discard", post(drop_message))
}

async fn list(
    Calling(control): Calling,
    Query(query): Query<ListQueue>,
) -> Result<Json<Vec<QueueEntry>>, ApiError> {
    let state = query.state.map(|word| state(&word)).transpose()?;
    let before =
        query.before.map(|id| id.parse()).transpose().map_err(|error| ApiError::invalid("before", error))?;
    let limit = query.limit.unwrap_or(LIMIT).min(MAX_LIMIT);
    let query = SendQuery { account: query.account, state, before, limit };
    let sends = control.sends(query).await?;
    let entry = |send: ListedSend| QueueEntry {
        id: send.id.message.to_string(),
        part: send.id.part,
        account: control.name_of(send.account),
        state: send.state.to_string(),
        due_at: (!send.state.is_final()).then_some(send.due_at),
        attempts: send.attempts,
        from: send.header.from,
        recipients: send.recipients.iter().map(|recipient| recipient.mailbox.to_string()).collect(),
        subject: send.header.subject,
        size_bytes: send.size_bytes,
        accepted_at: send.accepted_at,
        last: send.last_text,
    };
    Ok(Json(sends.into_iter().map(entry).collect()))
}

async fn retry(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(id): Path<String>,
) -> Result<Json<ChangedView>, ApiError> {
    let id = queue_id(&id)?;
    let changed = control.retry_message(id).await?;
    let waits = messages::waits(&api, &control, &control.message(id).await?).await?;
    Ok(Json(ChangedView { changed, waits }))
}

async fn drop_message(
    Calling(control): Calling,
    Path(id): Path<String>,
) -> Result<Json<ChangedView>, ApiError> {
    let changed = control.drop_message(queue_id(&id)?).await?;
    Ok(Json(ChangedView { changed, waits: Vec::new() }))
}

fn queue_id(text: &str) -> Result<QueueId, ApiError> {
    text.parse().map_err(|error| ApiError::invalid("id", error))
}

fn state(word: &str) -> Result<SendState, ApiError> {
    SendState::ALL.into_iter().find(|state| state.as_str() == word).ok_or_else(|| {
        let known: Vec<&str> = SendState::ALL.iter().map(|state| state.as_str()).collect();
        ApiError::invalid("state", format!("{word:?} is none of {}", known.join(", ")))
    })
}
