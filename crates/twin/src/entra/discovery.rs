//! The documents that clients read before they ask for a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::document::Document;
use super::error::{EntraError, malformed_tenant, unknown_tenant};
use crate::backend::Backend;

/// Places that belong to no tenant, and the id that tokens got there name as their issuer. `az logout` and
/// `az account clear` read their documents.
const SHARED: [(&str, &str); 3] = [
    ("common", "{tenantid}"),
    ("organizations", "{tenantid}"),
    // The tenant of personal accounts, the same for everybody.
    ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"),
];

/// `/{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) async fn configuration(
    Shared(backend): Shared<Arc<Backend>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut response = match document(&backend, &tenant, &base_url(&headers)) {
        Ok(document) => Json(document).into_response(),
        Err(error) => error.respond(&backend, &headers),
    };
    super::headers::of_document(&mut response);
    response
}

fn document(backend: &Backend, tenant: &str, base_url: &str) -> Result<Document, EntraError> {
    if let Some((_, issuer)) = shared(tenant) {
        return Ok(Document::new(base_url, tenant, issuer, None));
    }
    if !is_plausible(tenant) {
        return Err(malformed_tenant(tenant));
    }
    let id = backend.state().tenant(tenant).map(|tenant| tenant.id.to_string());
    // Unlike the token endpoint's, this error is called invalid_tenant.
    let id = id.ok_or_else(|| EntraError { error: "invalid_tenant", ..unknown_tenant(tenant) })?;
    Ok(Document::new(base_url, tenant, &id, Some("WW")))
}

/// The place of that name that belongs to no tenant.
pub(super) fn shared(tenant: &str) -> Option<&'static (&'static str, &'static str)> {
    SHARED.iter().find(|(name, _)| name.eq_ignore_ascii_case(tenant))
}

/// `/{tenant}/discovery/v2.0/keys`.
pub(super) async fn keys(Shared(backend): Shared<Arc<Backend>>) -> Response {
    Json(json!({ "keys": [backend.token_key.published()] })).into_response()
}

#[derive(Deserialize)]
pub(super) struct InstanceQuery {
    authorization_endpoint: Option<String>,
}

/// `/common/discovery/instance`: whether a host is one of Entra's. Here every host is.
pub(super) async fn instance(
    Shared(backend): Shared<Arc<Backend>>,
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
        return error.respond(&backend, &headers);
    }
    Json(json!({
        "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    }))
    .into_response()
}

/// The base URL that the client called, so that what it is told leads back here.
pub(crate) fn base_url(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("https://{host}")
}

/// A GUID or a domain name.
pub(super) fn is_plausible(tenant: &str) -> bool {
    tenant.contains(['.', '-']) && tenant.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}
