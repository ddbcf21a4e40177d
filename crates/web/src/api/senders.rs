//! `/v1/senders`.

use api::senders::{AddSender, ListSenders, SenderView};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use control::NewSender;
use model::sender::Sender;

use super::{Api, Operator};
use crate::error::ApiError;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/senders", get(list).post(add))
        .route("/v1/senders/{account}/{address}", delete(remove))
}

async fn list(
    State(api): State<Api>,
    Query(query): Query<ListSenders>,
) -> Result<Json<Vec<SenderView>>, ApiError> {
    let directory = api.store.directory();
    let accounts: Vec<_> = match &query.account {
        None => directory.accounts().collect(),
        Some(name) => {
            vec![directory.account_named(name).ok_or_else(|| ApiError::missing(format!("account {name}")))?]
        }
    };
    let mut views: Vec<SenderView> = accounts
        .into_iter()
        .flat_map(|account| directory.senders(account.id).map(|sender| view(account.name.as_str(), sender)))
        .collect();
    views.sort_by(|one, other| (&one.account, &one.address).cmp(&(&other.account, &other.address)));
    Ok(Json(views))
}

async fn add(
    Operator(control): Operator,
    body: Result<Json<AddSender>, JsonRejection>,
) -> Result<(StatusCode, Json<SenderView>), ApiError> {
    let Json(body) = body?;
    let new =
        NewSender { account: body.account.clone(), mailbox: body.address, display_name: body.display_name };
    let sender = control.add_sender(new).await?;
    Ok((StatusCode::CREATED, Json(view(&body.account, &sender))))
}

async fn remove(
    Operator(control): Operator,
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
