//! Cloudflare's interface, version 4, as far as zones and their records go.
//!
//! The steps: [`call`] reads whose token asks for what, the backend counts it, [`dispatch`] finds who answers. What
//! may stand in a zone is decided by [`input`] and [`edit`].

mod batch;
mod call;
mod content;
mod edit;
mod failure;
mod filter;
mod input;
mod records;
mod zones;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::json;

use self::call::Call;
use self::failure::CloudflareError;
use crate::backend::Backend;
use crate::fault_effects::answer_or_fail_with;
use crate::faults::Operation;

/// The routes of `api.cloudflare.com`.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new().route("/client/v4/{*path}", any(answer))
}

type Answer = Result<Response, CloudflareError>;

const MAX_BODY: usize = 4 << 20;

async fn answer(Shared(backend): Shared<Arc<Backend>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let refuse = |status: StatusCode, code: String, message: String| {
        CloudflareError::new(status, code.parse().unwrap_or(10_000), message).into_response()
    };
    answer_or_fail_with(&backend, Operation::Cloudflare, refuse, async {
        let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
            return CloudflareError::bad(6_007, "The request is too large.").into_response();
        };
        let call = match Call::read(&backend, &parts, body) {
            Ok(call) => call,
            Err(failure) => return failure.into_response(),
        };
        count(&call).and_then(|()| dispatch(&call)).unwrap_or_else(IntoResponse::into_response)
    })
    .await
}

/// Counts a call, or refuses it.
fn count(call: &Call<'_>) -> Result<(), CloudflareError> {
    let backend = call.backend;
    let limit = usize::try_from(backend.state().behaviour.cloudflare_requests).unwrap_or(usize::MAX);
    let counted = backend.cloudflare_requests.count(&call.token.id, limit, backend.now());
    counted.map_err(|too_many| CloudflareError::too_many(too_many.wait))
}

fn dispatch(call: &Call<'_>) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), &segments[..]) {
        ("GET", ["user", "tokens", "verify"]) => {
            Ok(call::result(json!({ "id": call.token.id, "status": "active" })))
        }
        ("GET", ["zones"]) => zones::list(call),
        ("GET", ["zones", zone]) => zones::show(call, zone),
        ("GET", ["zones", zone, "dns_records"]) => records::list(call, zone),
        ("POST", ["zones", zone, "dns_records"]) => records::create(call, zone),
        ("POST", ["zones", zone, "dns_records", "batch"]) => batch::run(call, zone),
        ("GET", ["zones", zone, "dns_records", id]) => records::show(call, zone, id),
        ("PUT" | "PATCH", ["zones", zone, "dns_records", id]) => records::change(call, zone, id),
        ("DELETE", ["zones", zone, "dns_records", id]) => records::delete(call, zone, id),
        _ => Err(CloudflareError::no_route(&segments)),
    }
}

#[cfg(test)]
mod tests;
