//! The Queue service, as much of it as a reader of events needs: messages are received and deleted, with a token of
//! Entra. A queue is there if a subscription names it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State as Shared};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get};
use azure_types::event_grid::Destination;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::backend::Backend;
use crate::storage_queues::{KeptMessage, QueuePlace, ReceiveQuery};

const AUDIENCES: [&str; 2] = ["https://storage.azure.com", "https://storage.azure.com/"];

#[derive(Deserialize)]
struct PopReceipt {
    popreceipt: String,
}

/// The routes of `<account>.queue.core.windows.net`, below `/queues/<account>`.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .route("/queues/{account}/{queue}/messages", get(receive))
        .route("/queues/{account}/{queue}/messages/{id}", delete(remove))
}

async fn receive(
    Shared(backend): Shared<Arc<Backend>>,
    Path((account, queue)): Path<(String, String)>,
    Query(asked): Query<ReceiveQuery>,
    headers: HeaderMap,
) -> Response {
    let place = QueuePlace { account: account.to_lowercase(), queue: queue.to_lowercase() };
    if let Err((status, code)) = admit(&backend, &place, &headers) {
        return refuse(status, code);
    }
    if !(1..=32).contains(&asked.numofmessages.unwrap_or(1)) {
        return refuse(StatusCode::BAD_REQUEST, "OutOfRangeQueryParameterValue");
    }
    let received = backend.events.queues.receive(&place, &asked, backend.now());
    let messages: String = received.iter().map(shown).collect();
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><QueueMessagesList>{messages}</QueueMessagesList>"
    );
    ([(CONTENT_TYPE, "application/xml")], body).into_response()
}

async fn remove(
    Shared(backend): Shared<Arc<Backend>>,
    Path((account, queue, id)): Path<(String, String, Uuid)>,
    Query(receipt): Query<PopReceipt>,
    headers: HeaderMap,
) -> Response {
    let place = QueuePlace { account: account.to_lowercase(), queue: queue.to_lowercase() };
    let receipt = STANDARD.decode(&receipt.popreceipt).ok().and_then(|bytes| Uuid::from_slice(&bytes).ok());
    let removed = admit(&backend, &place, &headers)
        .and_then(|()| receipt.ok_or((StatusCode::BAD_REQUEST, "InvalidQueryParameterValue")))
        .and_then(|receipt| backend.events.queues.delete(&place, id, receipt));
    match removed {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err((status, code)) => refuse(status, code),
    }
}

/// Whether a caller brings a token for storage, and the queue is there.
fn admit(
    backend: &Backend,
    place: &QueuePlace,
    headers: &HeaderMap,
) -> Result<(), (StatusCode, &'static str)> {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let claims = backend.token_key.read(token, backend.now());
    if !claims.is_some_and(|claims| AUDIENCES.contains(&claims.aud.as_str())) {
        return Err((StatusCode::FORBIDDEN, "AuthenticationFailed"));
    }
    let state = backend.state();
    let is_there = state.events.subscriptions.iter().any(|one| match one.destination() {
        Some(Destination::StorageQueue(queue)) => QueuePlace::of(queue) == *place,
        _ => false,
    });
    if is_there { Ok(()) } else { Err((StatusCode::NOT_FOUND, "QueueNotFound")) }
}

fn shown(one: &KeptMessage) -> String {
    let date = |at: Timestamp| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    format!(
        "<QueueMessage><MessageId>{}</MessageId><InsertionTime>{}</InsertionTime><ExpirationTime>{}</ExpirationTime>\
         <PopReceipt>{}</PopReceipt><TimeNextVisible>{}</TimeNextVisible><DequeueCount>{}</DequeueCount>\
         <MessageText>{}</MessageText></QueueMessage>",
        one.id,
        date(one.inserted_at),
        date(one.expires_at),
        STANDARD.encode(one.receipt.as_bytes()),
        date(one.visible_at),
        one.dequeue_count,
        one.text
    )
}

fn refuse(status: StatusCode, code: &'static str) -> Response {
    let body =
        format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
    (status, [("content-type", "application/xml"), ("x-ms-error-code", code)], body).into_response()
}
