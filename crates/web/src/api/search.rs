//! `GET /v1/messages`: finding messages.

use api::page::Page;
use api::search::{FoundMessageView, FoundRecipientView, SearchMessages};
use axum::Json;
use axum::extract::State;
use control::Control;
use control::reads::{FoundMessage, FoundRecipient};
use model::search::{Search, bare_message_id};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::messages::origin;
use super::waiting::Waits;
use super::{Api, Calling, pages};
use crate::error::ApiError;
use crate::extract::Query;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Find messages by what is known of them.
#[utoipa::path(
    get, path = "/v1/messages", operation_id = "list_messages", tag = "messages",
    params(SearchMessages),
    responses((status = 200, description = "A page of messages, the newest first", body = Page<FoundMessageView>)),
    extensions(("x-problems" = json!(["missing"]))),
)]
async fn list(
    State(api): State<Api>,
    Calling(control): Calling,
    Query(query): Query<SearchMessages>,
) -> Result<Json<Page<FoundMessageView>>, ApiError> {
    let found = control.search(query.account.as_deref(), search(&query)?).await?;
    let next = found.next.map(|before| pages::cursor(&before.to_string()));
    let waits = Waits::of_found(&api, &found.messages).await?;
    let view = |message: FoundMessage| {
        let waits = waits.of_message_found(&control, &message);
        FoundMessageView { waits, ..view(&control, message) }
    };
    let items = found.messages.into_iter().map(view).collect();
    Ok(Json(Page { items, next }))
}

fn search(query: &SearchMessages) -> Result<Search, ApiError> {
    let page = query.page();
    let garbled =
        |_| ApiError::invalid("cursor", "it is not a cursor of this list: use `next` of the page before");
    let pattern = |field, text: &Option<String>| {
        let parsed = text.as_deref().map(str::parse).transpose();
        parsed.map_err(|error| ApiError::invalid(field, error))
    };
    let operation = query.operation_id.as_deref().map(str::parse).transpose();
    let message_id = query.message_id.as_deref().map(bare_message_id).map(str::to_owned);
    Ok(Search {
        accounts: None,
        recipient: pattern("recipient", &query.recipient)?,
        sender: pattern("sender", &query.sender)?,
        message_id: not_empty("message_id", message_id)?,
        operation: operation.map_err(|error| ApiError::invalid("operation_id", error))?,
        login: not_empty("login", query.login.clone())?,
        state: query
            .state
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| ApiError::invalid("state", error))?,
        subject: not_empty("subject", query.subject.clone())?,
        reason: query
            .reason
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| ApiError::invalid("reason", error))?,
        since: query.since,
        until: query.until,
        before: pages::after(&page)?.map(|id| id.parse()).transpose().map_err(garbled)?,
        limit: pages::limit(&page)?,
    })
}

fn not_empty(field: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    match text {
        Some(text) if text.trim().is_empty() => Err(ApiError::invalid(field, "it is empty")),
        text => Ok(text),
    }
}

fn view(control: &Control, message: FoundMessage) -> FoundMessageView {
    let (origin, login) = origin(message.origin);
    let recipient =
        |FoundRecipient { address, state }| FoundRecipientView { address, state: state.to_string() };
    FoundMessageView {
        id: message.id.to_string(),
        account: control.name_of(message.account),
        origin: origin.to_owned(),
        login,
        from: message.header.from,
        reverse_path: Some(message.reverse_path).filter(|path| !path.is_empty()),
        message_id: message.header.message_id,
        subject: message.header.subject,
        size_bytes: message.size_bytes,
        accepted_at: message.accepted_at,
        recipients: message.recipients.into_iter().map(recipient).collect(),
        waits: None,
    }
}
