//! `/v1/queue`: lists, and the operator's hand on what waits.

use api::queue::{ChangedView, ListQueue, QueueEntry};
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use model::delivery::SendState;
use model::id::QueueId;
use store::Cursor;

use super::messages;
use super::{Api, Operator};
use crate::error::ApiError;

const LIMIT: usize = 50;
const MAX_LIMIT: usize = 1_000;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/queue", get(list))
        .route("/v1/queue/{id}/retry", post(retry))
        .route("/v1/queue/{id}/drop", post(drop_message))
}

async fn list(
    State(api): State<Api>,
    Query(query): Query<ListQueue>,
) -> Result<Json<Vec<QueueEntry>>, ApiError> {
    let directory = api.store.directory();
    let state = query.state.map(|word| state(&word)).transpose()?;
    let account = match &query.account {
        None => None,
        Some(name) => {
            let account = directory.account_named(name);
            Some(account.ok_or_else(|| ApiError::missing(format!("account {name}")))?.id)
        }
    };
    let before =
        query.before.map(|id| id.parse()).transpose().map_err(|error| ApiError::invalid("before", error))?;
    let limit = query.limit.unwrap_or(LIMIT).min(MAX_LIMIT);
    let sends = api.store.queue().list(Cursor { before, state, account, limit }).await?;
    let entry = |send: store::ListedSend| QueueEntry {
        id: send.id.message.to_string(),
        part: send.id.part,
        account: directory.account(send.account).map(|a| a.name.to_string()).unwrap_or_default(),
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
    Operator(control): Operator,
    Path(id): Path<String>,
) -> Result<Json<ChangedView>, ApiError> {
    let id = queue_id(&id)?;
    let changed = control.retry_message(id).await?;
    let waits = match api.store.queue().view(id).await? {
        Some(message) => messages::waits(&api, &message).await?,
        None => Vec::new(),
    };
    Ok(Json(ChangedView { changed, waits }))
}

async fn drop_message(
    Operator(control): Operator,
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
