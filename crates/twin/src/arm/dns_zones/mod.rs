//! `Microsoft.Network/dnsZones`: zones, and their record sets.
//!
//! A record set holds all values of a name and type, and has an etag that changes with every change, so that
//! nobody writes over what somebody else has just written.

mod record_sets;
mod values;
mod zones;

use axum::http::{HeaderName, StatusCode, header};

use super::call::Call;
use super::communication::parent;
use super::{Answer, registration, subscriptions, unknown};
use crate::error_reply::ErrorReply;
use crate::state::State;
use crate::state::dns::Zone;
use crate::state::dns::provider::NETWORK_NAMESPACE;

/// Finds who answers what lies below `/providers/Microsoft.Network`.
pub(super) fn dispatch(call: &Call<'_>, subscription: &str) -> Answer {
    if call.method == "GET" {
        subscriptions::must_exist(call, subscription)?;
    } else {
        subscriptions::must_be_writable(call, subscription)?;
    }
    registration::must_be_registered(call, subscription, NETWORK_NAMESPACE)?;
    let at = call.segments.iter().rposition(|segment| segment == "microsoft.network").unwrap_or(0);
    let rest: Vec<&str> = call.segments[at + 1..].iter().map(String::as_str).collect();
    let base = parent(&call.path, call.segments.len() - at + 1);
    let answer = match (call.method.as_str(), &rest[..]) {
        ("GET", ["dnszones"]) => zones::list(call, &base),
        (_, ["dnszones", _]) => zones::one(call),
        ("GET", ["dnszones", _, kind]) => record_sets::list(call, kind),
        (_, ["dnszones", _, kind, _]) => record_sets::one(call, kind),
        _ => Err(unknown(call)),
    };
    // What Azure DNS itself says has no envelope; Resource Manager in front of it has one.
    answer.map_err(|refusal| if BY_GATEWAY.contains(&refusal.code()) { refusal } else { refusal.bare() })
}

/// Codes of what Resource Manager refuses before a provider is asked.
const BY_GATEWAY: [&str; 6] = [
    "AuthorizationFailed",
    "InvalidRequestContent",
    "LocationNotAvailableForResourceType",
    "LocationRequired",
    "ResourceGroupNotFound",
    "ResourceNotFound",
];

/// Refuses what was not assigned to the caller; `kind` is what lies in the zone, if it is not the zone itself.
fn must(call: &Call<'_>, kind: Option<&str>) -> Result<(), ErrorReply> {
    let what = match call.method.as_str() {
        "GET" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    let kind = kind.map(|kind| format!("{kind}/")).unwrap_or_default();
    let at = call.segments.iter().rposition(|segment| segment == "microsoft.network").unwrap_or(0);
    // A list is of what its parent has.
    let scope = match call.segments.len() - at - 1 {
        1 => parent(&call.path, 3),
        below => parent(&call.path, below % 2),
    };
    call.must(&format!("{NETWORK_NAMESPACE}/dnsZones/{kind}{what}"), &scope)
}

/// The zone at an ARM id.
fn zone(call: &Call<'_>, id: &str) -> Result<Zone, ErrorReply> {
    found(&call.backend.state(), id).cloned()
}

fn found<'w>(state: &'w State, id: &str) -> Result<&'w Zone, ErrorReply> {
    state.azure_zone(id).ok_or_else(|| {
        let text = format!("The Resource '{id}' was not found.");
        ErrorReply::new(StatusCode::NOT_FOUND, "ResourceNotFound", text)
    })
}

/// `If-Match` and `If-None-Match`, compared with what is there.
fn check_conditions(call: &Call<'_>, there: Option<&str>) -> Result<(), ErrorReply> {
    if call.method == "GET" {
        return Ok(());
    }
    let said = |name: HeaderName| {
        let value = call.headers.get(name).and_then(|value| value.to_str().ok());
        value.map(|value| value.trim_matches('"').to_owned())
    };
    let is_it = |etag: &str| there.is_some_and(|there| etag == "*" || etag == there);
    let is_refused = said(header::IF_MATCH).is_some_and(|etag| !is_it(&etag))
        || said(header::IF_NONE_MATCH).is_some_and(|etag| is_it(&etag));
    if is_refused {
        let text = format!(
            "The condition in the If-Match or If-None-Match header was not satisfied. The current etag is '{}'.",
            there.unwrap_or("none")
        );
        return Err(ErrorReply::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", text));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
