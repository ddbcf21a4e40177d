//! `/v1/senders`.

use api::page::Page;
use api::senders::{AddSender, ListSenders, SenderView};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use control::NewSender;
use model::sender::Sender;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// List sender addresses.
#[utoipa::path(
    get, path = "/v1/senders", operation_id = "list_senders", tag = "senders",
    params(ListSenders),
    responses((status = 200, description = "A page of senders, by account and address", body = Page<SenderView>)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn list(
    Calling(control): Calling,
    Query(query): Query<ListSenders>,
) -> Result<Json<Page<SenderView>>, ApiError> {
    let senders = control.senders(query.account.as_deref())?;
    let views = senders.iter().map(|one| view(one.account.name.as_str(), &one.item));
    let key = |view: &SenderView| format!("{}/{}", view.account, view.address);
    Ok(Json(cut(views, key, Order::Ascending, &query.page())?))
}

/// Add a sender address to an account.
#[utoipa::path(
    post, path = "/v1/senders", operation_id = "add_sender", tag = "senders",
    request_body = AddSender,
    responses((status = 201, description = "The sender was added", body = SenderView)),
    extensions(("x-problems" = json!(["exists", "missing"]))),
)]
async fn add(
    Calling(control): Calling,
    body: Result<Json<AddSender>, JsonRejection>,
) -> Result<(StatusCode, Json<SenderView>), ApiError> {
    let Json(body) = body?;
    let new =
        NewSender { account: body.account.clone(), mailbox: body.address, display_name: body.display_name };
    let sender = control.add_sender(new).await?;
    Ok((StatusCode::CREATED, Json(view(&body.account, &sender))))
}

/// Remove a sender address.
#[utoipa::path(
    delete, path = "/v1/senders/{account}/{address}", operation_id = "remove_sender", tag = "senders",
    params(("account" = String, Path, description = "The account's name"), ("address" = String, Path, description = "The address")),
    responses((status = 204, description = "It is done")),
    extensions(("x-problems" = json!(["in_use"]))),
)]
async fn remove(
    Calling(control): Calling,
    Path((account, address)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    control.remove_sender(&account, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(account: &str, sender: &Sender) -> SenderView {
    SenderView {
        account: account.to_owned(),
        address: sender.mailbox.to_string(),
        display_name: sender.display_name.clone(),
        created_at: sender.created_at,
    }
}
