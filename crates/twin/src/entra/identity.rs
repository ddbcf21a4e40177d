//! Managed identities, as the metadata service of a virtual machine gives them tokens. Here it is behind TLS, and
//! a caller that reaches it is on the machine.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use azure_types::ids::ClientId;
use serde_json::json;

use super::discovery::base_url;
use super::token::{Wanted, sign};
use crate::backend::Backend;

/// `GET /metadata/identity/oauth2/token`.
pub(super) async fn token(
    Shared(backend): Shared<Arc<Backend>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let is_asked_rightly = headers.get("metadata").is_some_and(|value| value == "true")
        || headers.contains_key("x-identity-header");
    if !is_asked_rightly {
        return refusal("invalid_request", "Required metadata header not specified");
    }
    let Some(resource) = query.get("resource") else {
        return refusal("invalid_request", "Required query variable 'resource' is missing");
    };
    let client: Option<ClientId> = query.get("client_id").and_then(|id| id.parse().ok());
    let base_url = base_url(&headers);
    let state = backend.state();
    let found = state.tenants.iter().find_map(|tenant| {
        let app =
            tenant.apps.iter().find(|app| app.is_managed && client.is_none_or(|id| app.client == id))?;
        Some((tenant.id, app, app.principal?))
    });
    let Some((tenant, app, principal)) = found else {
        return refusal("invalid_request", "Identity not found");
    };
    let lifetime = state.behaviour.token_seconds;
    let audience = resource.as_str();
    let token =
        sign(&backend, &base_url, Wanted { app, tenant, principal, audience, authentication: "2", lifetime });
    let expires_on = backend.now().as_second() + lifetime;
    Json(json!({
        "access_token": token.access_token,
        "client_id": app.client,
        "expires_in": lifetime.to_string(),
        "expires_on": expires_on.to_string(),
        "not_before": backend.now().as_second().to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
    .into_response()
}

fn refusal(error: &str, text: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": text }))).into_response()
}
