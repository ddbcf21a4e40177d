//! Web hooks that others call: Event Grid, with what became of each recipient.
//!
//! An account's URL is `/events/ID?key=KEY`; the key may also come in the header field [`KEY_FIELD`]. Event Grid
//! repeats what is not answered with 200: so 200 means that every report is on disk, synced.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::options;
use azure_types::email_events::read;
use control::Control;
use model::account::Account;
use relay::EventResult;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::api::{Api, see_through};

/// The header field that may have the key in place of the URL.
const KEY_FIELD: &str = "x-postern-key";
/// Bytes of a request. Event Grid's batches have 1 MB at most, one event included that is larger than asked for.
const MAX_BYTES: usize = 2 << 20;
/// For a body to arrive: Event Grid itself waits 30 seconds for the answer.
const BODY: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct KeyQuery {
    #[serde(default)]
    key: String,
}

/// A request that has shown the account's key, or the answer to one that has not.
type Admitted = Result<Arc<Account>, StatusCode>;

/// The routes that Event Grid calls, for callers that have a key.
pub fn hooks(api: Api) -> Router {
    Router::new()
        .route("/events/{account}", options(allow).post(take))
        .layer(from_fn(see_through))
        .with_state(api)
}

/// Answers the handshake of CloudEvents (HTTP Webhook 1.0.1, section 4).
async fn allow(
    State(api): State<Api>,
    Path(account): Path<String>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
) -> Response {
    let account = match admit(&api, &account, &query, &headers).await {
        Ok(account) => account,
        Err(status) => return status.into_response(),
    };
    let Some(origin) = headers.get("webhook-request-origin") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    info!(account = %account.name, "the web hook for events was validated");
    let any_rate = HeaderValue::from_static("*");
    let allowed = [("webhook-allowed-origin", origin.clone()), ("webhook-allowed-rate", any_rate)];
    (allowed, [("allow", "POST, OPTIONS")]).into_response()
}

/// Takes events, or answers the handshake of the Event Grid schema.
async fn take(
    State(api): State<Api>,
    Path(account): Path<String>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let account = match admit(&api, &account, &query, &headers).await {
        Ok(account) => account,
        Err(status) => return status.into_response(),
    };
    let body = match timeout(BODY, to_bytes(body, MAX_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let events = match read(&body) {
        Ok(events) => events,
        Err(error) => {
            api.relay().events().malformed(&account, &error);
            return (StatusCode::BAD_REQUEST, error.reason).into_response();
        }
    };
    match api.relay().take_events(&account, events).await {
        Ok(None) => StatusCode::OK.into_response(),
        Ok(Some(code)) => {
            info!(account = %account.name, "the web hook for events was validated");
            axum::Json(json!({ "validationResponse": code })).into_response()
        }
        Err(fault) => {
            warn!(account = %account.name, error = %fault, "events cannot be recorded; Event Grid repeats them");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Whether a request shows the account's key. What is wrong with it is not said: who has no key hears no more.
async fn admit(api: &Api, account: &str, query: &KeyQuery, headers: &HeaderMap) -> Admitted {
    let field = headers.get(KEY_FIELD).and_then(|value| value.to_str().ok());
    let key = field.unwrap_or(&query.key);
    let id = account.parse().map_err(|_| StatusCode::UNAUTHORIZED)?;
    let control: Control = api.event_control();
    match control.account_of_event_key(id, key).await {
        Ok(Some(account)) => Ok(account),
        Ok(None) => {
            api.relay().events().count(EventResult::Rejected);
            Err(StatusCode::UNAUTHORIZED)
        }
        Err(fault) => {
            warn!(error = %fault, "the key for events cannot be read");
            Err(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
