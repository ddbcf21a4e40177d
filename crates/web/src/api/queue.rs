//! `/v1/queue`: lists, and the operator's hand on what waits.

use api::messages::WaitView;
use api::page::Page;
use api::queue::{ChangedView, ListQueue, QueueEntry};
use axum::Json;
use axum::extract::State;
use control::Control;
use control::reads::{Listed, ListedSend, SendQuery};
use model::delivery::SendState;
use model::id::QueueId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::waiting::Waits;
use super::{Api, Calling};
use super::{messages, pages};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(retry)).routes(routes!(drop_message))
}

/// List requests to Azure.
#[utoipa::path(
    get, path = "/v1/queue", operation_id = "list_queue", tag = "queue",
    params(ListQueue),
    responses((status = 200, description = "A page of requests, the newest first", body = Page<QueueEntry>)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<ListQueue>,
) -> Result<Json<Page<QueueEntry>>, ApiError> {
    let state = query.state.as_deref().map(state).transpose()?;
    let before = query
        .before
        .as_ref()
        .map(|id| id.parse())
        .transpose()
        .map_err(|error| ApiError::invalid("before", error))?;
    let page = query.page();
    let (limit, after) = (pages::limit(&page)?, pages::after(&page)?);
    let garbled =
        |_| ApiError::invalid("cursor", "it is not a cursor of this list: use `next` of the page before");
    let after = after.map(|key| key.parse()).transpose().map_err(garbled)?;
    let query = SendQuery { account: query.account, state, before: after.or(before), limit };
    let Listed { sends, next } = control.sends(query).await?;
    let next = next.map(|before| pages::cursor(&before.to_string()));
    let waits = Waits::of_sends(&api, &sends).await?;
    let entry = |send: ListedSend| entry(&control, waits.of_listed(&control, &send), send);
    Ok(Json(Page { items: sends.into_iter().map(entry).collect(), next }))
}

fn entry(control: &Control, waits: Option<WaitView>, send: ListedSend) -> QueueEntry {
    let leaves_at = waits.as_ref().map(|wait| wait.until);
    QueueEntry {
        id: send.id.message.to_string(),
        part: send.id.part,
        account: control.name_of(send.account),
        state: send.state.to_string(),
        due_at: leaves_at.unwrap_or((!send.state.is_final()).then_some(send.due_at)),
        lane: send.lane.to_string(),
        deadline: send.deadline,
        send_at: send.send_at,
        waits,
        attempts: send.attempts,
        from: send.header.from,
        recipients: send.recipients.iter().map(|recipient| recipient.mailbox.to_string()).collect(),
        subject: send.header.subject,
        size_bytes: send.size_bytes,
        accepted_at: send.accepted_at,
        last: send.last_text,
    }
}

/// Make the waiting requests of a message due now.
#[utoipa::path(
    post, path = "/v1/queue/{id}/sends:retry", operation_id = "retry_sends", tag = "queue",
    params(("id" = String, Path, description = "The queue id")),
    responses((status = 200, description = "How many were changed", body = ChangedView)),
)]
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

/// Discard the waiting requests of a message. No DSN is sent.
#[utoipa::path(
    post, path = "/v1/queue/{id}/sends:discard", operation_id = "discard_sends", tag = "queue",
    params(("id" = String, Path, description = "The queue id")),
    responses((status = 200, description = "How many were changed", body = ChangedView)),
)]
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
    word.parse().map_err(|unknown| ApiError::invalid("state", unknown))
}
