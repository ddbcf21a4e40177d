//! The replies of the Email API, with the headers that all of them have.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use azure_types::email::API_VERSIONS;

use super::document::ErrorDocument;
use crate::backend::Backend;
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;

/// An error document, written by the twin's behaviour.
pub(super) fn refuse(backend: &Backend, refusal: ErrorReply) -> Response {
    let behaviour = backend.state().behaviour.email.clone();
    let detail = refusal.detail();
    refusal.around(Json(ErrorDocument::new(&detail, &behaviour)).into_response())
}

/// What everything is answered with once the service is retired.
pub(super) fn retired(backend: &Backend) -> Option<ErrorReply> {
    let now = backend.now();
    let state = backend.state();
    let retirement = state.behaviour.retirement.as_ref().filter(|retirement| retirement.from <= now)?;
    let status = StatusCode::from_u16(retirement.status).unwrap_or(StatusCode::GONE);
    Some(ErrorReply::new(status, &retirement.code, retirement.message.clone()))
}

/// Puts the headers on a reply. The client's own id is not among them, and `x-ms-request-id` only by a setting.
pub(super) fn dress(backend: &Backend, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut insert = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    insert("api-supported-versions", API_VERSIONS.join(", "));
    insert("mise-correlation-id", random_guid().to_string());
    insert("x-azure-ref", edge_reference(backend));
    insert("x-cache", "CONFIG_NOCACHE".to_owned());
    insert(header::STRICT_TRANSPORT_SECURITY.as_str(), "max-age=31536000;includeSubDomains".to_owned());
    if backend.state().behaviour.email.sends_request_id {
        insert("x-ms-request-id", random_guid().to_string());
    }
    response
}

/// The reference that the servers in front of Azure put on everything: a time, and letters.
fn edge_reference(backend: &Backend) -> String {
    let time = backend.now().strftime("%Y%m%dT%H%M%SZ");
    format!("{time}-{}", random_guid().simple())
}
