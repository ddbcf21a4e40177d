//! `Microsoft.Communication`: services, email services, domains, senders, suppression lists.
//!
//! Each kind of resource is one file: what it looks like, what may be written, what follows. Answers have the
//! quirks that Azure's have: a case that changes between PUT and GET, 200 where something was made, operations
//! that are done before what they began.

mod catalogue;
mod domains;
mod email_services;
mod keys;
mod list;
mod names;
mod operations;
mod senders;
mod services;
mod smtp_usernames;
mod suppression;
mod verification;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::{COMMUNICATION_NAMESPACE, Page};
use azure_types::ids::SubscriptionId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

pub(super) use self::catalogue::{kinds, operations as possible_operations};
pub(super) use self::list::resources;

use self::operations::Fate;
use super::call::Call;
use super::{Answer, providers, subscriptions, unknown};
use crate::refusal::Refusal;
use crate::world::covers;

/// Finds who answers what lies below `/providers/Microsoft.Communication`.
pub(super) fn dispatch(call: &Call<'_>, subscription: &str) -> Answer {
    let only_asks = ["checknameavailability", "listverifiedexchangeonlinedomains"];
    if call.method == "GET" || call.segments.last().is_some_and(|last| only_asks.contains(&last.as_str())) {
        subscriptions::find(call, subscription)?;
    } else {
        subscriptions::find_writable(call, subscription)?;
    }
    providers::must_be_registered(call, subscription, COMMUNICATION_NAMESPACE)?;
    let at = call.segments.iter().rposition(|segment| segment == "microsoft.communication").unwrap_or(0);
    let rest: Vec<&str> = call.segments[at + 1..].iter().map(String::as_str).collect();
    catalogue::check(call, &rest)?;
    let base = parent(&call.path, call.segments.len() - at + 1);
    let method = call.method.as_str();
    match (method, &rest[..]) {
        ("GET", ["locations", _, "operationstatuses" | "operationresults", operation]) => {
            operations::status(call, operation, rest[2] == "operationresults")
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
        ("GET", ["emailservices", _, "domains", _, "suppressionlists"]) => suppression::lists(call),
        (_, ["emailservices", _, "domains", _, "suppressionlists", _]) => suppression::one_list(call),
        ("GET", ["emailservices", _, "domains", _, "suppressionlists", _, "suppressionlistaddresses"]) => {
            suppression::addresses(call)
        }
        (_, ["emailservices", _, "domains", _, "suppressionlists", _, "suppressionlistaddresses", _]) => {
            suppression::one_address(call)
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
fn accepted(call: &Call<'_>, (written, fate): (Written, Fate), resource: &str, body: Value) -> Response {
    let status = if written == Written::Made { StatusCode::CREATED } else { StatusCode::OK };
    let operation = operations::begin(call, resource, fate);
    let mut response = (status, Json(body)).into_response();
    operations::tell(call, &mut response, &operation, &[HeaderName::from_static("azure-asyncoperation")]);
    response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"twin\""));
    response
}

/// The answer to a DELETE that goes on for a while; nothing was there is an answer, too.
fn deleted(call: &Call<'_>, resource: &str, was_there: bool) -> Response {
    if !was_there {
        return StatusCode::NO_CONTENT.into_response();
    }
    let seconds = call.state.world().habits.provisioning_seconds;
    let operation = operations::begin_for(call, resource, seconds);
    let mut response = (StatusCode::ACCEPTED, Json(Value::Null)).into_response();
    operations::tell(call, &mut response, &operation, &[header::LOCATION]);
    response
}

/// A page with all of it.
pub(super) fn page<T: Serialize>(value: impl IntoIterator<Item = T>) -> Response {
    Json(Page { value: value.into_iter().collect(), next_link: None }).into_response()
}

/// A path without its last segments.
pub(super) fn parent(path: &str, segments: usize) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.truncate(parts.len().saturating_sub(segments));
    parts.join("/")
}

/// Subscription and resource group of the call. The group has to be there.
pub(super) fn place(call: &Call<'_>) -> Result<(SubscriptionId, String), Refusal> {
    let group_id = call.path.split('/').take(5).collect::<Vec<_>>().join("/");
    let world = call.state.world();
    let group = world.group(&group_id).filter(|group| group.gone_at.is_none());
    group.map(|group| (group.subscription, group.name.clone())).ok_or_else(|| {
        let text = format!("Resource group '{}' could not be found.", call.segment(3));
        Refusal::new(StatusCode::NOT_FOUND, "ResourceGroupNotFound", text)
    })
}

fn must(call: &Call<'_>, kind: &str, what: &str) -> Result<(), Refusal> {
    call.must(&format!("{COMMUNICATION_NAMESPACE}/{kind}/{what}"), &call.path)
}

/// Reads, writes and deletes are told apart by their method.
fn must_for_method(call: &Call<'_>, kind: &str) -> Result<(), Refusal> {
    let what = match call.method.as_str() {
        "GET" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    must(call, kind, what)
}

fn missing(call: &Call<'_>) -> Refusal {
    let text = format!("The Resource '{}' was not found.", call.path);
    Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", text)
}

fn invalid(code: &str, text: impl Into<String>) -> Refusal {
    Refusal::bad_request(code, text)
}

/// Letters, digits and hyphens.
fn is_plain(name: &str, max: usize) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !name.is_empty() && name.len() <= max && name.chars().all(is_good)
}

/// The whole of a tracked resource.
fn tracked(id: &str, name: &str, kind: &str, tags: &impl Serialize, properties: Value) -> Value {
    json!({ "id": id, "name": name, "type": kind, "location": "global", "tags": tags, "properties": properties })
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
mod tests;
