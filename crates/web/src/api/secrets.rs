//! `/v1/secrets`: the master key.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::routing::post;
use axum::{Json, Router};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{Api, Operator};
use crate::error::ApiError;

/// All secrets are sealed under another key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RewrappedView {
    /// How many there are.
    pub secrets: usize,
    /// Whether somebody has to see to it that the server is given the new key at its next start.
    pub key_is_kept_elsewhere: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rewrap {
    /// 32 bytes in base64.
    master_key: Option<SecretString>,
}

pub(super) fn routes() -> Router<Api> {
    Router::new().route("/v1/secrets/rewrap", post(rewrap))
}

async fn rewrap(
    State(api): State<Api>,
    Operator(control): Operator,
    body: Result<Json<Rewrap>, JsonRejection>,
) -> Result<Json<RewrappedView>, ApiError> {
    let Json(body) = body?;
    let key = body.master_key.as_ref().map(ExposeSecret::expose_secret);
    let secrets = control.rewrap(key).await?;
    Ok(Json(RewrappedView { secrets, key_is_kept_elsewhere: !api.store.keeps_its_key() }))
}
