//! `/v1/senders`.

use api::page::Page;
use api::senders::{AddSender, ListSenders, SenderView};
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use control::NewSender;
use model::sender::Sender;

use super::pages::{Order, cut};
use super::{Api, Calling};
use crate::error::ApiError;
use crate::extract::{Path, Query};

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/senders", get(list).post(add))
        .route("/v1/senders/{account}/{address}", delete(remove))
}

async fn list(
    Calling(control): Calling,
    Query(query): Query<ListSenders>,
) -> Result<Json<Page<SenderView>>, ApiError> {
    let senders = control.senders(query.account.as_deref())?;
    let views = senders.iter().map(|one| view(one.account.name.as_str(), &one.item));
    let key = |view: &SenderView| format!("{}/{}", view.account, view.address);
    Ok(Json(cut(views, key, Order::Ascending, &query.page())?))
}

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
