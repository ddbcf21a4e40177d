//! `/v1/status`: whether the server is there, what it holds and what is wrong.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::problems::ProblemView;
use super::{Api, problems};
use crate::error::ApiError;

/// What the server holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusView {
    /// The server's version.
    pub version: String,
    /// Its time.
    pub now: Timestamp,
    /// Its own name.
    pub host_name: String,
    /// Accounts.
    pub accounts: usize,
    /// Credentials.
    pub credentials: usize,
    /// Requests to Azure by state.
    pub sends: BTreeMap<String, u64>,
    /// What keeps mail from being accepted or sent now, the worst first.
    pub problems: Vec<ProblemView>,
    /// Where it listens for mail.
    #[serde(default)]
    pub listeners: Vec<ListenerView>,
    /// Whether it made its certificates itself, so that clients have to be told to trust them.
    #[serde(default)]
    pub self_signed: bool,
}

/// What the server serves.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    /// Where it listens for mail.
    pub listeners: Vec<ListenerView>,
    /// Whether it made its certificates itself.
    pub self_signed: bool,
}

/// A listener for mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerView {
    /// The address and port that it has.
    pub address: SocketAddr,
    /// `starttls`, `tls` or `plain`.
    pub mode: String,
    /// Whether clients log in: `required` or `none`.
    pub login: String,
}

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/status", get(status))
}

async fn status(State(api): State<Api>) -> Result<Json<StatusView>, ApiError> {
    let directory = api.store.directory();
    let counts = api.store.queue().counts().await?;
    let problems = problems::now(&api).await?;
    Ok(Json(StatusView {
        problems: problems.into_iter().map(problems::view).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: api.clock.now(),
        host_name: api.settings.host_name.clone(),
        accounts: directory.accounts().count(),
        credentials: directory.credentials().count(),
        sends: counts.into_iter().map(|(state, count)| (state.to_string(), count)).collect(),
        listeners: api.listening.listeners.clone(),
        self_signed: api.listening.self_signed,
    }))
}
