//! `Microsoft.Communication`: services, email services, domains, senders, suppression lists.
//!
//! Each kind of resource is one file: what it looks like, what may be written, what follows. Answers have the
//! quirks that Azure's have: a case that changes between PUT and GET, 200 where something was made, operations
//! that are done before what they began.

mod actions;
mod catalogue;
mod domain_shape;
mod domains;
mod email_services;
mod keys;
mod list;
mod names;
mod operations;
mod senders;
mod service_shape;
mod services;
mod shape;
mod smtp_usernames;
mod suppressed_addresses;
mod suppression;
mod verification;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::COMMUNICATION_NAMESPACE;
use azure_types::ids::SubscriptionId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

pub(super) use self::actions::list as possible_operations;
pub(super) use self::catalogue::kinds;
pub(super) use self::list::resources;

use self::shape::Document;
use super::call::Call;
use super::{Answer, registration, subscriptions, unknown};
use crate::error_reply::ErrorReply;
use crate::state::{LongRunningOperation, Stamp, State, covers};

/// Finds who answers what lies below `/providers/Microsoft.Communication`.
pub(super) fn dispatch(call: &Call<'_>, subscription: &str) -> Answer {
    let only_asks = ["checknameavailability", "listverifiedexchangeonlinedomains"];
    if call.method == "GET" || call.segments.last().is_some_and(|last| only_asks.contains(&last.as_str())) {
        subscriptions::must_exist(call, subscription)?;
    } else {
        subscriptions::must_be_writable(call, subscription)?;
    }
    registration::must_be_registered(call, subscription, COMMUNICATION_NAMESPACE)?;
    let at = call.segments.iter().rposition(|segment| segment == "microsoft.communication").unwrap_or(0);
    let rest: Vec<&str> = call.segments[at + 1..].iter().map(String::as_str).collect();
    catalogue::check(call, &rest)?;
    let base = parent(&call.path, call.segments.len() - at + 1);
    let method = call.method.as_str();
    match (method, &rest[..]) {
        ("GET", ["locations", _, "operationstatuses", _]) => {
            operations::status(call, call.segment(call.segments.len() - 1))
        }
        ("POST", ["checknameavailability"]) => names::check(call),
        ("POST", ["listverifiedexchangeonlinedomains"]) => catalogue::exchange_online_domains(call),
        (_, ["communicationservices"]) => services::list(call, &base),
        (_, ["communicationservices", _]) => services::one(call),
        ("POST", ["communicationservices", _, "listkeys"]) => keys::list(call),
        ("POST", ["communicationservices", _, "regeneratekey"]) => keys::regenerate(call),
        ("POST", ["communicationservices", _, "linknotificationhub"]) => services::link_hub(call),
        ("GET", ["communicationservices", _, "smtpusernames"]) => smtp_usernames::list(call),
        (_, ["communicationservices", _, "smtpusernames", _]) => smtp_usernames::one(call),
        ("GET", ["emailservices"]) => email_services::list(call, &base),
        (_, ["emailservices", _]) => email_services::one(call),
        ("GET", ["emailservices", _, "domains"]) => domains::list(call),
        (_, ["emailservices", _, "domains", _]) => domains::one(call),
        ("POST", ["emailservices", _, "domains", _, "initiateverification"]) => verification::begin(call),
        ("POST", ["emailservices", _, "domains", _, "cancelverification"]) => verification::cancel(call),
        ("GET", ["emailservices", _, "domains", _, "senderusernames"]) => senders::list(call),
        (_, ["emailservices", _, "domains", _, "senderusernames", _]) => senders::one(call),
        ("GET", ["emailservices", _, "domains", _, "suppressionlists"]) => suppression::list(call),
        (_, ["emailservices", _, "domains", _, "suppressionlists", _]) => suppression::one(call),
        ("GET", ["emailservices", _, "domains", _, "suppressionlists", _, "suppressionlistaddresses"]) => {
            suppressed_addresses::list(call)
        }
        (_, ["emailservices", _, "domains", _, "suppressionlists", _, "suppressionlistaddresses", _]) => {
            suppressed_addresses::one(call)
        }
        _ => Err(unknown(call)),
    }
}

/// The state of something tracked.
fn provisioning_state(ready_at: Timestamp, has_failed: bool, now: Timestamp) -> &'static str {
    match (ready_at <= now, has_failed) {
        (false, _) => "Accepted",
        (true, true) => "Failed",
        (true, false) => "Succeeded",
    }
}

/// What an answer to a PUT of something tracked says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Made,
    Changed,
}

/// The answer to a PUT that goes on for a while: where to ask about it.
fn accepted(
    call: &Call<'_>,
    written: Written,
    operation: &LongRunningOperation,
    mut response: Response,
) -> Response {
    *response.status_mut() = if written == Written::Made { StatusCode::CREATED } else { StatusCode::OK };
    operations::tell(call, &mut response, operation, &[operations::ASYNC_OPERATION]);
    response
}

/// The answer to a DELETE that goes on for a while; nothing was there is an answer, too.
fn deleted(call: &Call<'_>, begun: Option<&LongRunningOperation>) -> Response {
    let Some(operation) = begun else { return StatusCode::NO_CONTENT.into_response() };
    let form = call.backend.state().behaviour.deletion;
    let mut response = nothing(StatusCode::ACCEPTED);
    operations::tell(call, &mut response, operation, operations::places(operation.kind, form));
    response
}

/// A body of four characters: `null`.
fn nothing(status: StatusCode) -> Response {
    (status, Document::of(&Value::Null)).into_response()
}

/// Says which version of a resource is shown.
fn etag(stamp: &Stamp, mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&stamp.etag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// A page with all of it.
fn page(all: impl IntoIterator<Item = Document>) -> Response {
    Document::list(all).into_response()
}

/// A page of what has no order of its own.
pub(super) fn plain_page<T: Serialize>(all: impl IntoIterator<Item = T>) -> Response {
    page(all.into_iter().map(|one| Document::of(&one)))
}

/// A path without its last segments.
pub(super) fn parent(path: &str, segments: usize) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.truncate(parts.len().saturating_sub(segments));
    parts.join("/")
}

/// Subscription and resource group of the call. The group has to be there.
pub(super) fn place(call: &Call<'_>) -> Result<(SubscriptionId, String), ErrorReply> {
    let group_id = call.path.split('/').take(5).collect::<Vec<_>>().join("/");
    let state = call.backend.state();
    let group = state.group(&group_id).filter(|group| group.gone_at.is_none());
    group.map(|group| (group.subscription, group.name.clone())).ok_or_else(|| {
        let text = format!("Resource group '{}' could not be found.", call.segment(3));
        ErrorReply::new(StatusCode::NOT_FOUND, "ResourceGroupNotFound", text)
    })
}

fn must(call: &Call<'_>, kind: &str, what: &str) -> Result<(), ErrorReply> {
    call.must(&format!("{COMMUNICATION_NAMESPACE}/{kind}/{what}"), &scope(call))
}

/// What a call is about: the resource itself, the one that is acted on, or what a list is a list of.
fn scope(call: &Call<'_>) -> String {
    let at = call.segments.iter().rposition(|segment| segment == "microsoft.communication").unwrap_or(0);
    let below = call.segments.len() - at - 1;
    match below {
        1 => parent(&call.path, 3),
        _ => parent(&call.path, below % 2),
    }
}

/// Reads, writes and deletes are told apart by their method.
fn must_for_method(call: &Call<'_>, kind: &str) -> Result<(), ErrorReply> {
    let what = match call.method.as_str() {
        "GET" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    must(call, kind, what)
}

/// Resource Manager's own answer about a resource with a location that is not there.
fn missing(id: &str) -> ErrorReply {
    let at = id.to_ascii_lowercase().rfind("/providers/").map_or(0, |at| at + "/providers/".len());
    let text = format!("The resource '{}' could not be found.", &id[at..]);
    ErrorReply::new(StatusCode::NOT_FOUND, "ResourceNotFound", text)
}

/// The provider's answer about a resource without one.
fn unread(call: &Call<'_>) -> ErrorReply {
    if call.behaviour().plain_not_found {
        return missing(&call.path);
    }
    let text = format!("Failed to read resource '{}' with error: Not Found", call.path);
    ErrorReply::new(StatusCode::NOT_FOUND, "ResourceReadFailed", text).by_service()
}

fn invalid(code: &str, text: impl Into<String>) -> ErrorReply {
    ErrorReply::bad_request(code, text).by_service()
}

/// The location of a resource, which a PUT has to name.
pub(super) fn located(location: Option<&str>) -> Result<String, ErrorReply> {
    let given = location.filter(|location| !location.trim().is_empty());
    given.map(str::to_owned).ok_or_else(|| {
        ErrorReply::bad_request("LocationRequired", "The location property is required for this definition.")
    })
}

/// Refuses what is new once Azure takes nothing new any more.
fn must_be_open(call: &Call<'_>, state: &State) -> Result<(), ErrorReply> {
    let closed = state.behaviour.creation_closed.as_ref().filter(|closed| closed.from <= call.backend.now());
    match closed {
        None => Ok(()),
        Some(closed) => {
            let status = StatusCode::from_u16(closed.status).unwrap_or(StatusCode::BAD_REQUEST);
            Err(ErrorReply::new(status, &closed.code, closed.message.clone()).by_service())
        }
    }
}

/// Letters, digits and hyphens.
fn is_plain(name: &str, max: usize) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !name.is_empty() && name.len() <= max && name.chars().all(is_good)
}

/// Whether a resource lies below a base, as lists of a subscription or a group want it.
pub(super) fn is_below(base: &str, id: &str) -> bool {
    covers(base, id)
}

#[cfg(test)]
mod failures;
#[cfg(test)]
mod published;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tests;
