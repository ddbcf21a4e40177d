//! The Email data plane of Communication Services.

mod authorize;
mod document;
mod message_id;
mod reply;
mod send;
mod status;
#[cfg(test)]
mod tests;
mod unwanted;
mod validate;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::{get, post};
use azure_types::email::API_VERSIONS;
use serde::Deserialize;

pub(crate) use self::authorize::read_token;
pub(crate) use self::validate::{SenderProblem, check_sender};

use crate::backend::Backend;
use crate::error_reply::ErrorReply;
use crate::fault_effects::answer_or_fail_with;
use crate::faults::Operation;

/// The routes of `<service>.communication.azure.com`.
pub(crate) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .route("/emails:send", post(send::send))
        .route("/emails/operations/{id}", get(status::status))
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
}

/// The version that a request asks for, if it is one that is played here.
fn version(query: &Query<Version>) -> Result<&str, ErrorReply> {
    let asked = query.0.api_version.as_deref().unwrap_or_default();
    let known = API_VERSIONS.into_iter().find(|known| *known == asked);
    known.ok_or_else(|| {
        let text = format!(
            "The api-version '{asked}' is not supported. Supported are: {}.",
            API_VERSIONS.join(", ")
        );
        ErrorReply::bad_request("UnsupportedApiVersion", text)
    })
}

/// Gives the real answer, unless a failure is due or the service is retired, with the headers of this endpoint.
async fn answer(
    backend: &Backend,
    operation: Operation,
    real: impl Future<Output = Result<Response, ErrorReply>> + Send,
) -> Response {
    let refuse = |status, code: String, message: String| {
        reply::refuse(backend, ErrorReply::new(status, &code, message))
    };
    let real = async {
        let answered = match reply::retired(backend) {
            Some(refusal) => Err(refusal),
            None => real.await,
        };
        answered.unwrap_or_else(|refusal| reply::refuse(backend, refusal))
    };
    let response = answer_or_fail_with(backend, operation, refuse, real).await;
    reply::dress(backend, response)
}
