//! Who calls: a signature with a service's key, or a token of Entra.

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use azure_types::access_key::{Signed, content_hash};
use jiff::SignedDuration;

use crate::backend::Backend;
use crate::error_reply::ErrorReply;
use crate::keys::Claims;
use crate::state::Service;

/// The services that a caller may use.
pub(super) struct Caller {
    /// Most callers may use one. With a token it may be several; the sender's domain decides.
    pub(super) services: Vec<Service>,
}

/// How far a signature's date may be off.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Audiences that mean Communication Services, as the clients write them.
const AUDIENCES: [&str; 2] = ["https://communication.azure.com", "https://communication.azure.com/"];

/// Finds out who calls.
pub(super) fn authorize(backend: &Backend, parts: &Parts, body: &[u8]) -> Result<Caller, ErrorReply> {
    let authorization = text(&parts.headers, header::AUTHORIZATION.as_str());
    if let Some(token) = authorization.strip_prefix("Bearer ") {
        return by_token(backend, token);
    }
    if authorization.starts_with("HMAC-SHA256 ") {
        return by_signature(backend, parts, body, authorization);
    }
    Err(denied("The request has no Authorization header that is understood."))
}

/// Only services that can be reached from outside Azure are reached by this endpoint.
fn reachable(services: Vec<Service>) -> Result<Caller, ErrorReply> {
    let services: Vec<Service> =
        services.into_iter().filter(|service| service.public_network_access).collect();
    if services.is_empty() {
        let text = "Public network access is disabled for the communication service.";
        return Err(ErrorReply::new(StatusCode::FORBIDDEN, "PublicNetworkAccessDisabled", text));
    }
    Ok(Caller { services })
}

fn by_token(backend: &Backend, token: &str) -> Result<Caller, ErrorReply> {
    let claims =
        read_token(backend, token).ok_or_else(|| denied("The token is not valid or has expired."))?;
    let state = backend.state();
    let services: Vec<Service> = state
        .services
        .iter()
        .filter(|service| state.may_send(claims.oid, &service.resource_id(), backend.now()))
        .cloned()
        .collect();
    if services.is_empty() {
        let text = format!(
            "The client '{}' with object id '{}' may not send through any communication service.",
            claims.appid, claims.oid
        );
        return Err(ErrorReply::new(StatusCode::FORBIDDEN, "Forbidden", text));
    }
    reachable(services)
}

/// Reads a token that is meant for Communication Services.
pub(crate) fn read_token(backend: &Backend, token: &str) -> Option<Claims> {
    let claims = backend.token_key.read(token, backend.now())?;
    AUDIENCES.contains(&claims.aud.as_str()).then_some(claims)
}

fn by_signature(
    backend: &Backend,
    parts: &Parts,
    body: &[u8],
    authorization: &str,
) -> Result<Caller, ErrorReply> {
    let date = text(&parts.headers, "x-ms-date");
    let signed_at =
        jiff::fmt::rfc2822::parse(date).map_err(|_| denied("The x-ms-date header is not a date."))?;
    if signed_at.timestamp().duration_since(backend.now()).abs() > MARGIN {
        return Err(denied(
            "The given request could not be resolved.\nThe time difference between the originating client and \
             the server is greater than the allowed margin of 5 minutes.",
        ));
    }
    let hash = content_hash(body);
    if text(&parts.headers, "x-ms-content-sha256") != hash {
        return Err(denied("The x-ms-content-sha256 header does not fit the body."));
    }
    // By HTTP/2 the host is in the URI, by HTTP/1.1 in the header.
    let host =
        parts.uri.authority().map_or_else(|| text(&parts.headers, "host"), |authority| authority.as_str());
    let path_and_query = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let signed = Signed { method: parts.method.as_str(), path_and_query, date, host, content_hash: &hash };
    let state = backend.state();
    let service = state
        .services
        .iter()
        .find(|service| service.usable_keys().any(|key| key.verifies(authorization, &signed)));
    match service {
        Some(service) => reachable(vec![service.clone()]),
        None => Err(denied("Denied by the resource provider.")),
    }
}

fn denied(message: &str) -> ErrorReply {
    ErrorReply::new(StatusCode::UNAUTHORIZED, "Denied", message)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
