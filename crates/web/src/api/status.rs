//! `/v1/status`: whether the server is there, what it holds and what is wrong.

use api::status::{ListenerView, StatusView};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use super::{Api, problems};
use crate::error::ApiError;

/// What the server serves.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    /// Where it listens for mail.
    pub listeners: Vec<ListenerView>,
    /// Whether it made its certificates itself.
    pub self_signed: bool,
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
