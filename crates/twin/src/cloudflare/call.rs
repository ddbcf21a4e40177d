//! One call: whose token, which zone, which page.

use axum::Json;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::failure::CloudflareError;
use crate::backend::Backend;
use crate::state::dns::Zone;
use crate::state::dns::provider::{CloudflareToken, ZoneHost};

/// A call whose token is good.
pub(super) struct Call<'a> {
    pub(super) backend: &'a Backend,
    pub(super) token: CloudflareToken,
    pub(super) method: Method,
    /// Of the path, without `/client/v4`.
    pub(super) segments: Vec<String>,
    query: Vec<(String, String)>,
    body: Bytes,
}

impl<'a> Call<'a> {
    pub(super) fn read(backend: &'a Backend, request: &Parts, body: Bytes) -> Result<Self, CloudflareError> {
        let path = crate::form::unescape_path(request.uri.path());
        let segments: Vec<String> = path.trim_matches('/').split('/').skip(2).map(str::to_owned).collect();
        let token = token(backend, &request.headers).map_err(|failure| {
            let is_verify = segments.last().is_some_and(|last| last == "verify");
            // The place where tokens are tried has a word of its own.
            if is_verify && failure.code == 10_000 {
                return CloudflareError::new(StatusCode::UNAUTHORIZED, 1_000, "Invalid API Token");
            }
            failure
        })?;
        let query = crate::form::fields(request.uri.query().unwrap_or_default().as_bytes());
        Ok(Self { backend, token, method: request.method.clone(), segments, query, body })
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the query says that at all, whatever it says.
    pub(super) fn says(&self, name: &str) -> bool {
        self.query.iter().any(|(own, _)| own == name)
    }

    /// The body, which must be JSON of that shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, CloudflareError> {
        let parsed = serde_json::from_slice(&self.body);
        parsed
            .map_err(|error| CloudflareError::bad(6_007, format!("Malformed JSON in request body: {error}")))
    }

    /// A zone by its id, for a caller that may read or write it.
    pub(super) fn zone(&self, id: &str) -> Result<Zone, CloudflareError> {
        if id.len() != 32 || !id.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(CloudflareError::no_route(&["zones", id]));
        }
        let state = self.backend.state();
        let zone = state.zones.iter().find(|zone| zone.home == Some(ZoneHost::Cloudflare) && zone.id == id);
        let Some(zone) = zone else {
            return Err(CloudflareError::no_zone());
        };
        if !self.token.covers(zone) || (self.token.is_read_only && self.method != Method::GET) {
            return Err(CloudflareError::forbidden());
        }
        Ok(zone.clone())
    }

    /// The asked page of a list; beyond its end there are empty ones.
    pub(super) fn page(
        &self,
        all: &[Value],
        default: usize,
        max: usize,
    ) -> Result<Response, CloudflareError> {
        // Clients in Python may say 1.0.
        let number = |name: &str, otherwise: usize| match self.parameter(name) {
            None => Ok(otherwise),
            Some(text) => {
                text.trim_end_matches(".0").parse().ok().filter(|number| *number > 0).ok_or_else(|| {
                    CloudflareError::bad(1_004, format!("The parameter {name} is not a positive number"))
                })
            }
        };
        let (page, per_page) = (number("page", 1)?, number("per_page", default)?.min(max));
        let skipped = (page - 1).saturating_mul(per_page);
        let shown: Vec<&Value> = all.iter().skip(skipped).take(per_page).collect();
        let info = json!({
            "page": page,
            "per_page": per_page,
            "count": shown.len(),
            "total_count": all.len(),
            "total_pages": all.len().div_ceil(per_page),
        });
        let body = json!({
            "success": true, "errors": [], "messages": [], "result": shown, "result_info": info
        });
        Ok(Json(body).into_response())
    }
}

/// What was asked for.
pub(super) fn result(value: Value) -> Response {
    Json(json!({ "success": true, "errors": [], "messages": [], "result": value })).into_response()
}

fn token(backend: &Backend, headers: &HeaderMap) -> Result<CloudflareToken, CloudflareError> {
    let Some(shown) = headers.get(header::AUTHORIZATION) else {
        let text = "Missing X-Auth-Key, X-Auth-Email or Authorization headers";
        return Err(CloudflareError::bad(9_106, text));
    };
    let shown = shown.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
    let shown = shown.ok_or_else(|| CloudflareError::bad(6_003, "Invalid request headers"))?;
    let state = backend.state();
    let is_it = |own: &&CloudflareToken| bool::from(own.value.as_bytes().ct_eq(shown.as_bytes()));
    let found = state.cloudflare_tokens.iter().find(is_it).cloned();
    found.ok_or_else(|| CloudflareError::new(StatusCode::UNAUTHORIZED, 10_000, "Authentication error"))
}
