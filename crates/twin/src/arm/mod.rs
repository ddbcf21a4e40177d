//! Azure Resource Manager: subscriptions, resource providers, resource groups, roles, DNS zones, and what there is
//! of `Microsoft.Communication`.
//!
//! Paths have no case, so that requests are told apart by their segments in lower case. Every call is judged
//! by the same rules as a send: who the token says, and what was assigned to them. The steps: [`call`] reads
//! who asks for what, [`throttle`] counts it, [`dispatch`] finds who answers.

mod authorization;
mod call;
mod communication;
mod dns_zones;
mod event_grid;
mod groups;
mod headers;
mod metadata;
mod permissions;
mod providers;
mod registration;
mod role_assignments;
mod role_definitions;
mod subscriptions;
mod throttle;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use self::call::Call;
use self::headers::Asked;
use crate::backend::Backend;
use crate::error_reply::ErrorReply;
use crate::fault_effects::answer_or_fail;
use crate::faults::Operation;

/// The routes of `management.azure.com`.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .route("/metadata/endpoints", get(metadata::endpoints))
        .route("/subscriptions", any(answer))
        .route("/subscriptions/{*path}", any(answer))
        .route("/providers/{*path}", any(answer))
        .route("/tenants", any(answer))
}

async fn answer(Shared(backend): Shared<Arc<Backend>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts.headers, parts.uri.path());
    let is_read = parts.method == Method::GET || parts.method == Method::HEAD;
    let kind = if is_read { Operation::ArmRead } else { Operation::ArmWrite };
    let mut claims = None;
    let real = async {
        let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
            let text = "The request is larger than the maximum of 4 MiB.";
            let refusal = ErrorReply::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge", text);
            return refusal.into_response();
        };
        settle(&backend).await;
        let call = match Call::read(&backend, &parts, body) {
            Ok(call) => call,
            Err(refusal) => return refusal.into_response(),
        };
        claims = Some(call.claims.clone());
        match throttle::count(&call) {
            Err(refusal) => refusal.into_response(),
            Ok(remaining) => {
                let mut response = dispatch(&call).unwrap_or_else(IntoResponse::into_response);
                remaining.tell(response.headers_mut());
                response
            }
        }
    };
    let mut response =
        answer_or_fail(&backend, Operation::Arm, Box::pin(answer_or_fail(&backend, kind, real))).await;
    asked.dress(&mut response, claims.as_ref(), backend.now());
    response
}

/// As large as Resource Manager takes.
const MAX_BODY: usize = 4 << 20;

/// Does what the clock says is due.
async fn settle(backend: &Backend) {
    let now = backend.now();
    if backend.state().is_due(now) {
        backend.change_state(|state| state.settle(now));
        crate::dns::verify_what_is_due(backend, now).await;
    }
}

type Answer = Result<Response, ErrorReply>;

fn dispatch(call: &Call<'_>) -> Answer {
    if let Some((scope, rest)) = call.extension("microsoft.authorization") {
        return authorization::dispatch(call, &scope, &rest);
    }
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), &segments[..]) {
        ("GET", ["subscriptions"]) => Ok(subscriptions::list(call)),
        ("GET", ["tenants"]) => Ok(subscriptions::tenants(call)),
        ("GET", ["providers", "microsoft.communication", "operations"]) => {
            communication::possible_operations(call)
        }
        ("GET", ["subscriptions", id]) => subscriptions::show(call, id),
        ("GET", ["subscriptions", id, "locations"]) => subscriptions::locations(call, id),
        ("GET", ["subscriptions", id, "operationresults", operation]) => {
            groups::operation_result(call, id, operation)
        }
        ("GET", ["subscriptions", id, "providers"]) => providers::list(call, id),
        ("GET", ["subscriptions", id, "providers", _]) => providers::show(call, id, call.segment(3)),
        ("POST", ["subscriptions", id, "providers", _, "register"]) => {
            providers::register(call, id, call.segment(3))
        }
        ("POST", ["subscriptions", id, "providers", _, "unregister"]) => {
            providers::unregister(call, id, call.segment(3))
        }
        (_, ["subscriptions", id, "resourcegroups", ..]) if segments.len() <= 4 => {
            groups::dispatch(call, id, segments.get(3).map(|_| call.segment(3)))
        }
        (
            "GET",
            ["subscriptions", _, "resources"] | ["subscriptions", _, "resourcegroups", _, "resources"],
        ) => communication::resources(call),
        // A subscription to a service's events hangs below the service.
        (_, ["subscriptions", id, ..]) if call.extension("microsoft.eventgrid").is_some() => {
            event_grid::dispatch(call, id)
        }
        (_, ["subscriptions", id, ..]) if call.extension("microsoft.communication").is_some() => {
            communication::dispatch(call, id)
        }
        (_, ["subscriptions", id, ..]) if call.extension("microsoft.network").is_some() => {
            dns_zones::dispatch(call, id)
        }
        _ => Err(unknown(call)),
    }
}

/// What is not played here.
fn unknown(call: &Call<'_>) -> ErrorReply {
    let text = format!("The twin does not play {} {}.", call.method, call.path);
    ErrorReply::new(StatusCode::NOT_FOUND, "ResourceNotFound", text)
}

#[cfg(test)]
mod reach;
#[cfg(test)]
pub(crate) mod tests;
