//! `/v1/webhooks`: endpoints that are told what becomes of mail.

use api::page::{Page, PageQuery};
use api::webhooks::{
    AddWebhook, ChangeWebhook, DeadLetterView, ReplayView, ReplayWebhook, RotateWebhookSecret,
    WebhookFailing, WebhookSecretView, WebhookTestView, WebhookView,
};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use control::{DeadLetter, IssuedWebhook, KnownWebhook, NewWebhook, Plain};
use model::webhook::{Reach, WebhookForm, WebhookState};
use secrecy::ExposeSecret as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{self, Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(show, change, remove))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(dead_letters))
}

/// List web hooks.
#[utoipa::path(
    get, path = "/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks",
    params(PageQuery),
    responses((status = 200, description = "A page of web hooks, by name", body = Page<WebhookView>)),
)]
async fn list(
    Calling(control): Calling,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<WebhookView>>, ApiError> {
    let webhooks = control.webhooks().await?;
    let views = webhooks.into_iter().map(view);
    Ok(Json(cut(views, |view| view.name.to_ascii_lowercase(), Order::Ascending, &query)?))
}

/// Add a web hook. The answer has its signing secret, which is not shown again.
#[utoipa::path(
    post, path = "/v1/webhooks", operation_id = "add_webhook", tag = "webhooks",
    request_body = AddWebhook,
    responses((status = 201, description = "The web hook was added", body = WebhookSecretView)),
    extensions(("x-problems" = json!(["exists", "missing"]))),
)]
async fn add(
    Calling(control): Calling,
    body: Result<Json<AddWebhook>, JsonRejection>,
) -> Result<(StatusCode, Json<WebhookSecretView>), ApiError> {
    let Json(AddWebhook { url, name, kinds, account, batch, allow_private, allow_plain, ca_pem }) = body?;
    let reach = Some(if allow_private { Reach::Private } else { Reach::Public });
    let plain = if allow_plain { Plain::Allowed } else { Plain::OnThisMachine };
    let new = NewWebhook { url, name, kinds, account, batch, reach, plain, ca_pem };
    Ok((StatusCode::CREATED, Json(issued(&control.add_webhook(new).await?))))
}

/// Show a web hook and how its deliveries go.
#[utoipa::path(
    get, path = "/v1/webhooks/{name}", operation_id = "show_webhook", tag = "webhooks",
    params(("name" = String, Path, description = "The web hook's name")),
    responses((status = 200, description = "The web hook", body = WebhookView)),
)]
async fn show(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<WebhookView>, ApiError> {
    Ok(Json(view(control.webhook(&name).await?)))
}

/// Enable or disable a web hook.
#[utoipa::path(
    patch, path = "/v1/webhooks/{name}", operation_id = "change_webhook", tag = "webhooks",
    params(("name" = String, Path, description = "The web hook's name")),
    request_body = ChangeWebhook,
    responses((status = 200, description = "The web hook as it is now", body = WebhookView)),
)]
async fn change(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<ChangeWebhook>, JsonRejection>,
) -> Result<Json<WebhookView>, ApiError> {
    let Json(ChangeWebhook { state }) = body?;
    let Ok(state @ (WebhookState::Enabled | WebhookState::Disabled)) = state.parse() else {
        return Err(ApiError::invalid("state", "it is neither `enabled` nor `disabled`".to_owned()));
    };
    Ok(Json(view(control.set_webhook_state(&name, state).await?)))
}

/// Remove a web hook, with what it was to be told.
#[utoipa::path(
    delete, path = "/v1/webhooks/{name}", operation_id = "remove_webhook", tag = "webhooks",
    params(("name" = String, Path, description = "The web hook's name")),
    responses((status = 204, description = "It is done")),
)]
async fn remove(Calling(control): Calling, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    control.remove_webhook(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace the signing secret of a web hook. Both secrets are in use for some hours.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/secret:rotate", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("name" = String, Path, description = "The web hook's name")),
    request_body = RotateWebhookSecret,
    responses((status = 200, description = "The new secret", body = WebhookSecretView)),
)]
async fn rotate(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<RotateWebhookSecret>, JsonRejection>,
) -> Result<Json<WebhookSecretView>, ApiError> {
    let Json(RotateWebhookSecret { overlap_hours }) = body?;
    Ok(Json(issued(&control.rotate_webhook_secret(&name, overlap_hours).await?)))
}

/// Send a web hook an event of type `webhook.test`, once, and wait for the answer.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/events:test", operation_id = "test_webhook", tag = "webhooks",
    params(("name" = String, Path, description = "The web hook's name")),
    responses((status = 200, description = "What came of it", body = WebhookTestView)),
)]
async fn test(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(name): Path<String>,
) -> Result<Json<WebhookTestView>, ApiError> {
    let webhook = control.enter_webhook_test(&name).await?;
    let tested = api.relay.test_webhook(&webhook).await?;
    let (accepted, message) = (tested.is_accepted, tested.message);
    Ok(Json(WebhookTestView { name: webhook.name.to_string(), accepted, message }))
}

/// Deliver events again: those since a time, or those that were given up.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/events:replay", operation_id = "replay_webhook", tag = "webhooks",
    params(("name" = String, Path, description = "The web hook's name")),
    request_body = ReplayWebhook,
    responses((status = 200, description = "What is delivered again", body = ReplayView)),
    extensions(("x-problems" = json!(["conflict"]))),
)]
async fn replay(
    Calling(control): Calling,
    Path(name): Path<String>,
    body: Result<Json<ReplayWebhook>, JsonRejection>,
) -> Result<Json<ReplayView>, ApiError> {
    let Json(ReplayWebhook { since }) = body?;
    let dead_letters = control.replay_webhook(&name, since).await?;
    Ok(Json(ReplayView { name, dead_letters }))
}

/// List requests to a web hook that were given up.
#[utoipa::path(
    get, path = "/v1/webhooks/{name}/dead-letters", operation_id = "list_dead_letters", tag = "webhooks",
    params(("name" = String, Path, description = "The web hook's name"), PageQuery),
    responses((status = 200, description = "A page of requests, the oldest first", body = Page<DeadLetterView>)),
)]
async fn dead_letters(
    Calling(control): Calling,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DeadLetterView>>, ApiError> {
    let garbled =
        |_| ApiError::invalid("cursor", "it is not a cursor of this list: use `next` of the page before");
    let limit = pages::limit(&query)?;
    let after: Option<u64> = pages::after(&query)?.map(|key| key.parse()).transpose().map_err(garbled)?;
    let mut letters = control.webhook_dead_letters(&name, after.unwrap_or(0), limit + 1).await?;
    let is_last = letters.len() <= limit;
    letters.truncate(limit);
    let next = letters.last().filter(|_| !is_last).map(|last| pages::cursor(&last.number.to_string()));
    Ok(Json(Page { items: letters.into_iter().map(letter).collect(), next }))
}

fn letter(letter: DeadLetter) -> DeadLetterView {
    let DeadLetter { number, events, tries, at, problem } = letter;
    DeadLetterView { number, events, tries, at, problem }
}

fn issued(issued: &IssuedWebhook) -> WebhookSecretView {
    WebhookSecretView {
        name: issued.webhook.name.to_string(),
        secret: issued.secret.expose_secret().to_owned(),
        previous_secret_until: issued.previous_until,
    }
}

fn view(known: KnownWebhook) -> WebhookView {
    let KnownWebhook { webhook, account, standing, previous_until } = known;
    WebhookView {
        name: webhook.name.to_string(),
        url: webhook.url.to_string(),
        kinds: webhook.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
        account: account.map(|name| name.to_string()),
        batch: match webhook.form {
            WebhookForm::Single => None,
            WebhookForm::Batch(most) => Some(most),
        },
        allow_private: webhook.reach == Reach::Private,
        state: webhook.state.as_str().to_owned(),
        created_at: webhook.created_at,
        delivered_at: standing.delivered_at,
        failing: standing.failing_since.map(|since| WebhookFailing {
            since,
            tries: standing.tries,
            next_at: standing.next_at,
            problem: standing.problem.unwrap_or_default(),
        }),
        dead_letters: standing.dead_letters,
        previous_secret_until: previous_until,
    }
}
