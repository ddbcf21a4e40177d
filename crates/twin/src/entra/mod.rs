//! Entra ID: discovery, keys, tokens.

mod assertion;
mod discovery;
mod document;
mod error;
mod headers;
mod identity;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::discovery::base_url;
pub(crate) use self::token::is_own;

use crate::backend::Backend;

/// The routes of `login.microsoftonline.com`.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .route("/metadata/identity/oauth2/token", get(identity::token))
        .route("/common/discovery/instance", get(discovery::instance))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/token", post(token::token))
}
