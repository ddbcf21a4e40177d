//! Where the events of an account come from: `/v1/accounts/{name}/event-url`, to which Event Grid posts them, and
//! `/v1/accounts/{name}/event-queue`, from which they are pulled.

use api::events::{EventQueueRequest, EventQueueView, EventUrlRequest, EventUrlView};
use api::problem::Code;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use control::{EventKey, EventKeyChange, EventQueue};
use secrecy::ExposeSecret as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(url)).routes(routes!(queue, set_queue, remove_queue))
}

/// Show the URL to which Event Grid posts the account's events; its key is made at the first request.
#[utoipa::path(
    post, path = "/v1/accounts/{name}/event-url", operation_id = "show_event_url", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = EventUrlRequest,
    responses((status = 200, description = "The URL, with the key", body = EventUrlView)),
    extensions(("x-problems" = json!(["conflict", "account_unusable"]))),
)]
async fn url(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<EventUrlRequest>, JsonRejection>,
) -> Result<Json<EventUrlView>, ApiError> {
    let Json(body) = body?;
    let account = control.account_to_change(&name)?;
    let Some(base) = &api.events_url else {
        let text =
            "no URL for events is configured: set `listen` and `url` under [events], and restart the server";
        return Err(ApiError::conflict(Code::Conflict, text, &()));
    };
    let change = if body.renew { EventKeyChange::Renew } else { EventKeyChange::Keep };
    let EventKey { key, .. } = control.event_key(&name, change).await?;
    let base = base.as_str().trim_end_matches('/');
    let url = format!("{base}/events/{}?key={}", account.id, key.expose_secret());
    Ok(Json(EventUrlView { url }))
}

/// Show the queue from which the account's events are pulled.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/event-queue", operation_id = "show_event_queue", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "The queue", body = EventQueueView)),
)]
async fn queue(
    Calling(control): Calling,
    Path(name): Path<String>,
) -> Result<Json<EventQueueView>, ApiError> {
    Ok(Json(view(control.event_queue(&name).await?)))
}

/// Pull the account's events from an Azure Storage queue.
#[utoipa::path(
    put, path = "/v1/accounts/{name}/event-queue", operation_id = "set_event_queue", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body = EventQueueRequest,
    responses((status = 200, description = "The queue", body = EventQueueView)),
    extensions(("x-problems" = json!(["account_unusable"]))),
)]
async fn set_queue(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<EventQueueRequest>, JsonRejection>,
) -> Result<Json<EventQueueView>, ApiError> {
    let Json(body) = body?;
    Ok(Json(view(control.set_event_queue(&name, &body.url).await?)))
}

/// Pull the account's events from no queue.
#[utoipa::path(
    delete, path = "/v1/accounts/{name}/event-queue", operation_id = "remove_event_queue", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 204, description = "It is done")),
)]
async fn remove_queue(Calling(control): Calling, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    control.remove_event_queue(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(queue: EventQueue) -> EventQueueView {
    let authorization = if queue.is_signed { "signature" } else { "entra" };
    EventQueueView { url: queue.url.into(), authorization: authorization.to_owned() }
}
