//! `/v1/status`: whether the server is there, what it holds and what is wrong.

use std::sync::Arc;

use api::status::{ListenerView, QueueView, StatusView};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use relay::problems::ObservedAccount;
use tls::{CertificateLifetime, ServerIdentity};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Api, Calling, Lifecycle, problems};
use crate::error::ApiError;

/// What the server serves.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    /// Where it listens for mail.
    pub listeners: Vec<ListenerView>,
    /// Whether it made its certificates itself.
    pub self_signed: bool,
    /// The certificates that clients see; none in tests without TLS.
    pub identity: Option<Arc<ServerIdentity>>,
    /// Whether it still does.
    pub lifecycle: Lifecycle,
}

impl Listening {
    /// When each certificate expires, by the kind of its key.
    pub(super) fn certificates(&self) -> Vec<(&'static str, Timestamp)> {
        let lifetimes = self.identity.as_ref().map(|identity| identity.lifetimes()).unwrap_or_default();
        let end = |one: &CertificateLifetime| Some((one.key, Timestamp::from_second(one.expires_at).ok()?));
        lifetimes.iter().filter_map(end).collect()
    }
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(status))
}

/// Show server status.
#[utoipa::path(
    get, path = "/v1/status", operation_id = "show_status", tag = "status",
    responses((status = 200, description = "The status", body = StatusView)),
)]
async fn status(State(api): State<Api>, Calling(control): Calling) -> Result<Json<StatusView>, ApiError> {
    control.caller().may_read_server()?;
    let totals = control.totals().await?;
    let observed = problems::observed(&api).await?;
    let problems = relay::problems::problems(&observed, api.clock.now());
    let waiting = observed.accounts.into_iter().filter(|account| account.waiting > 0);
    let queue = |account: ObservedAccount| QueueView {
        account: account.name,
        waiting: account.waiting,
        empty_at: account.empty_at,
    };
    Ok(Json(StatusView {
        queues: waiting.map(queue).collect(),
        problems: problems.into_iter().map(problems::view).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: api.clock.now(),
        host_name: api.relay.settings().host_name.clone(),
        accounts: totals.accounts,
        credentials: totals.credentials,
        sends: totals.sends.into_iter().map(|(state, count)| (state.to_string(), count)).collect(),
        listeners: api.listening.listeners.clone(),
        self_signed: api.listening.self_signed,
    }))
}
