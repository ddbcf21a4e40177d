//! `/v1/accounts/{name}/event-url`: where Event Grid posts the events of an account.

use api::events::{EventUrlRequest, EventUrlView};
use api::problem::Code;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use control::{EventKey, EventKeyChange};
use secrecy::ExposeSecret as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::Path;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(url))
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
