//! The management API, version 1. One file for each resource: its routes, and how its views are made.
//!
//! Views are made by hand from `model`: what is shown is decided here, and secrets have no way in.

mod accounts;
mod audit;
mod bans;
mod caller;
mod credentials;
mod dns_providers;
mod document;
mod domains;
mod events;
mod export;
mod health;
mod lines;
mod messages;
mod metrics;
mod pages;
mod problems;
mod provision;
mod queue;
mod quota_report;
mod refusals;
mod removal;
mod rotation;
mod search;
mod secrets;
mod senders;
mod status;
mod story;
mod suppressions;
mod verification;
mod waiting;
mod webhooks;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use clock::Clock;
use control::Control;
use jiff::Timestamp;
use relay::RelayHandle;
use tracing::error;
use url::Url;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

pub use document::openapi;
pub use health::Lifecycle;
pub use status::Listening;

pub(crate) use caller::Peer;

use caller::{Calling, ForCallers};

use crate::error::ApiError;

/// What the API works on.
#[derive(Clone)]
pub struct Api {
    control: ForCallers,
    relay: RelayHandle,
    clock: Clock,
    started_at: Timestamp,
    listening: Arc<Listening>,
    /// Where clients outside reach the web hooks.
    events_url: Option<Url>,
}

impl Api {
    /// The API of a server.
    #[must_use]
    pub fn new(control: Control, relay: RelayHandle, clock: Clock) -> Self {
        let started_at = clock.now();
        Self {
            control: ForCallers::new(control),
            relay,
            clock,
            started_at,
            listening: Arc::default(),
            events_url: None,
        }
    }

    /// The same, of a server that listens there.
    #[must_use]
    pub fn listening(mut self, listening: Listening) -> Self {
        self.listening = Arc::new(listening);
        self
    }

    /// The same, of a server that Event Grid reaches at this URL.
    #[must_use]
    pub fn taking_events_at(mut self, url: Option<Url>) -> Self {
        self.events_url = url;
        self
    }

    pub(crate) fn relay(&self) -> &RelayHandle {
        &self.relay
    }

    /// Reads the keys of the web hooks, in the server's own name.
    pub(crate) fn event_control(&self) -> Control {
        self.control.of_server("events")
    }

    /// Metrics and health alone, for callers that may see nothing else.
    pub fn metrics(self) -> Router {
        metrics::routes().merge(health::routes()).split_for_parts().0.with_state(self)
    }

    /// The routes of the management API.
    pub fn routes(self) -> Router {
        let (routes, _) = all_routes().split_for_parts();
        routes
            .fallback(ApiError::unknown_path)
            .method_not_allowed_fallback(ApiError::method_not_allowed)
            .layer(from_fn(see_through))
            .with_state(self)
    }
}

/// All routes, each with what the OpenAPI document says about it.
fn all_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(document::Frame::openapi())
        .merge(document::routes())
        .merge(accounts::routes())
        .merge(removal::routes())
        .merge(verification::routes())
        .merge(rotation::routes())
        .merge(provision::routes())
        .merge(domains::routes())
        .merge(events::routes())
        .merge(export::routes())
        .merge(dns_providers::routes())
        .merge(webhooks::routes())
        .merge(audit::routes())
        .merge(bans::routes())
        .merge(metrics::routes())
        .merge(health::routes())
        .merge(secrets::routes())
        .merge(senders::routes())
        .merge(credentials::routes())
        .merge(messages::routes())
        .merge(search::routes())
        .merge(queue::routes())
        .merge(quota_report::routes())
        .merge(refusals::routes())
        .merge(status::routes())
        .merge(suppressions::routes())
}

/// Goes on with a request whose client has hung up: what is half done would be stored and not be seen.
pub(crate) async fn see_through(request: Request, next: Next) -> Response {
    let done = tokio::spawn(next.run(request)).await;
    done.unwrap_or_else(|error| {
        error!(%error, "a request ended badly");
        ApiError::panicked().into_response()
    })
}
