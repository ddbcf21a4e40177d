//! The documents that clients read before they ask for a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use azure_types::entra::OpenIdConfiguration;
use serde::Deserialize;
use serde_json::json;

use super::error::{EntraError, malformed_tenant, unknown_tenant};
use crate::state::State;

/// `/{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) async fn configuration(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_plausible(&tenant) {
        return malformed_tenant(&tenant).respond(&state, &headers);
    }
    let Some(id) = state.world().tenant(&tenant).map(|tenant| tenant.id) else {
        // Unlike the token endpoint's, this error is called invalid_tenant.
        return EntraError { error: "invalid_tenant", ..unknown_tenant(&tenant) }.respond(&state, &headers);
    };
    let origin = origin(&headers);
    Json(OpenIdConfiguration {
        token_endpoint: format!("{origin}/{tenant}/oauth2/v2.0/token"),
        authorization_endpoint: format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        issuer: format!("{origin}/{id}/v2.0"),
        jwks_uri: format!("{origin}/{tenant}/discovery/v2.0/keys"),
        token_endpoint_auth_methods_supported: words(&[
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
        ]),
        response_types_supported: words(&["code", "id_token", "token id_token"]),
        id_token_signing_alg_values_supported: words(&["RS256"]),
        subject_types_supported: words(&["pairwise"]),
    })
    .into_response()
}

/// `/{tenant}/discovery/v2.0/keys`.
pub(super) async fn keys(Shared(state): Shared<Arc<State>>) -> Response {
    Json(json!({ "keys": [state.token_key.published()] })).into_response()
}

#[derive(Deserialize)]
pub(super) struct InstanceQuery {
    authorization_endpoint: Option<String>,
}

/// `/common/discovery/instance`: whether a host is one of Entra's. Here every host is.
pub(super) async fn instance(
    Shared(state): Shared<Arc<State>>,
    Query(query): Query<InstanceQuery>,
    headers: HeaderMap,
) -> Response {
    let asked = query.authorization_endpoint.unwrap_or_default();
    let rest = asked.strip_prefix("https://").unwrap_or(&asked);
    let mut segments = rest.split('/');
    let (host, tenant) = (segments.next().unwrap_or_default(), segments.next().unwrap_or("common"));
    if host.is_empty() {
        let error = EntraError {
            status: 400,
            error: "invalid_instance",
            code: 50_049,
            text: "Unknown or invalid instance.".to_owned(),
        };
        return error.respond(&state, &headers);
    }
    Json(json!({
        "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    }))
    .into_response()
}

/// The origin that the client called, so that what it is told leads back here.
pub(crate) fn origin(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("https://{host}")
}

/// A GUID or a domain name.
pub(super) fn is_plausible(tenant: &str) -> bool {
    tenant.contains(['.', '-']) && tenant.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
