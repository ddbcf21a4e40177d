//! `/v1/queue`: lists, and the operator's hand on what waits.

use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use model::delivery::SendState;
use model::id::QueueId;
use serde::{Deserialize, Serialize};
use store::Cursor;

use super::messages::{self, WaitView};
use super::{Api, Operator};
use crate::error::ApiError;

/// One line of the list: one request to Azure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The message's queue id.
    pub id: String,
    /// Which of the message's requests, from 0.
    pub part: u16,
    /// The account's name.
    pub account: String,
    /// Where it stands.
    pub state: String,
    /// When it is tried or looked at next, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u32,
    /// The author's address.
    pub from: String,
    /// To whom.
    pub recipients: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Bytes.
    pub size_bytes: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// What the last try brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// How many requests were changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangedView {
    /// How many.
    pub changed: usize,
    /// Why each request that still waits does so.
    #[serde(default)]
    pub waits: Vec<WaitView>,
}

#[derive(Deserialize)]
struct ListQueue {
    state: Option<String>,
    account: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
}

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
