//! Removing accounts: what would be lost, and losing it only when the caller has said how much that is.

use api::problem::Code;
use api::removal::{LossesView, Remove, RemovedView, WaitingView};
use axum::Json;
use axum::extract::State;
use control::Control;
use control::reads::Losses;
use model::id::QueueId;
use relay::Told;
use tracing::warn;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(losses)).routes(routes!(remove))
}

/// Show what removing an account would discard.
#[utoipa::path(
    get, path = "/v1/accounts/{name}/removal", operation_id = "show_removal", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = 200, description = "What would be discarded", body = LossesView)),
)]
async fn losses(Calling(control): Calling, Path(name): Path<String>) -> Result<Json<LossesView>, ApiError> {
    Ok(Json(view(control.losses(&name).await?)))
}

/// Remove an account. What it would discard has to be confirmed by its count.
#[utoipa::path(
    delete, path = "/v1/accounts/{name}", operation_id = "remove_account", tag = "accounts",
    params(("name" = String, Path, description = "The account's name"), Remove),
    responses((status = 200, description = "The account was removed", body = RemovedView)),
    extensions(("x-problems" = json!(["in_use", "changed", "conflict", "upstream"]))),
)]
pub(super) async fn remove(
    State(api): State<Api>,
    Calling(control): Calling,
    Path(name): Path<String>,
    Query(query): Query<Remove>,
) -> Result<Json<RemovedView>, ApiError> {
    let losses = control.losses(&name).await?;
    let (count, view) = (losses.count(), view(losses.clone()));
    if query.discard.unwrap_or(0) != count {
        return Err(in_use(&name, &view));
    }
    if count == 0 {
        control.remove_account(&name).await?;
        return Ok(Json(RemovedView { removed: name, ..RemovedView::default() }));
    }
    let told = discard(&api, &control, &name, losses).await?;
    let ids = |ids: Vec<QueueId>| ids.iter().map(ToString::to_string).collect();
    Ok(Json(RemovedView { removed: name, told: ids(told.told), untold: ids(told.untold) }))
}

/// The account is disabled, the senders are told, and then all of it goes at once.
async fn discard(api: &Api, control: &Control, name: &str, losses: Losses) -> Result<Told, ApiError> {
    let removal = control.begin_removal(name, &losses).await?;
    let messages: Vec<QueueId> = removal.losses.messages.iter().map(|message| message.id).collect();
    let told = api.relay.tell_of_removal(&removal.account, &messages).await?;
    warn!(
        account = name,
        messages = messages.len(),
        senders = told.untold.len(),
        "an account is removed with its waiting mail"
    );
    control.finish_removal(removal, &told.untold).await?;
    Ok(told)
}

fn in_use(name: &str, view: &LossesView) -> ApiError {
    let text = format!(
        "account {name} cannot be removed without losing {} waiting messages, {} logins and {} domains. To discard them, \
         pass discard={}",
        view.messages.len(),
        view.logins.len(),
        view.domains.len(),
        view.count
    );
    ApiError::conflict(Code::InUse, text, view)
}

fn view(losses: Losses) -> LossesView {
    let waiting = losses.messages.iter().map(|message| WaitingView {
        id: message.id.to_string(),
        sender: message.reverse_path.mailbox().map(ToString::to_string),
    });
    LossesView {
        count: losses.count(),
        messages: waiting.collect(),
        logins: losses.credentials,
        senders: losses.senders,
        domains: losses.domains,
        dns_connections: losses.connections,
    }
}
