//! `Microsoft.EventGrid`: system topics, and event subscriptions of topics and of communication services.
//!
//! [`asked`] reads and checks what is written, [`shape`] has the answers as Azure writes them. The handshake with an
//! end point begins here and goes on in [`crate::events`].

mod asked;
mod operations;
mod shape;
mod subscriptions;
mod system_topics;

use axum::http::StatusCode;
use azure_types::event_grid::EVENT_GRID_NAMESPACE;

use super::call::Call;
use super::communication::parent;
use super::{Answer, registration, subscriptions as arm_subscriptions, unknown};
use crate::error_reply::ErrorReply;

/// Versions that clients carry, the newest first. They have the same shapes as far as they are played.
const VERSIONS: [&str; 15] = [
    "2025-04-01-preview",
    "2025-02-15",
    "2024-12-15-preview",
    "2024-06-01-preview",
    "2023-12-15-preview",
    "2023-06-01-preview",
    "2022-06-15",
    "2021-12-01",
    "2021-10-15-preview",
    "2021-06-01-preview",
    "2020-10-15-preview",
    "2020-06-01",
    "2020-04-01-preview",
    "2020-01-01-preview",
    "2019-06-01",
];

/// Types of resources, with their versions.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    ["eventSubscriptions", "systemTopics", "systemTopics/eventSubscriptions"]
        .into_iter()
        .map(|kind| (kind, VERSIONS.to_vec()))
}

/// Finds who answers what lies below `/providers/Microsoft.EventGrid`, wherever that is.
pub(super) fn dispatch(call: &Call<'_>, subscription: &str) -> Answer {
    if call.method == "GET" {
        arm_subscriptions::must_exist(call, subscription)?;
    } else {
        arm_subscriptions::must_be_writable(call, subscription)?;
    }
    registration::must_be_registered(call, subscription, EVENT_GRID_NAMESPACE)?;
    let at = call.segments.iter().rposition(|segment| segment == "microsoft.eventgrid").unwrap_or(0);
    let rest: Vec<&str> = call.segments[at + 1..].iter().map(String::as_str).collect();
    check_version(call, &rest)?;
    let base = parent(&call.path, call.segments.len() - at + 1);
    match (call.method.as_str(), &rest[..]) {
        ("GET", ["locations", _, "operationsstatus", _]) => operations::status(call),
        ("GET", ["locations", _, "operationresults", _]) => operations::result(call),
        ("GET", ["systemtopics"]) => system_topics::list(call, &base),
        (_, ["systemtopics", _]) => system_topics::one(call),
        ("GET", ["systemtopics", _, "eventsubscriptions"]) => subscriptions::list_of_topic(call),
        (_, ["systemtopics", _, "eventsubscriptions", _] | ["eventsubscriptions", _]) => {
            subscriptions::one(call)
        }
        (
            "POST",
            ["systemtopics", _, "eventsubscriptions", _, action] | ["eventsubscriptions", _, action],
        ) => subscriptions::act(call, action),
        (
            "GET",
            ["eventsubscriptions"]
            | ["locations" | "topictypes", _, "eventsubscriptions"]
            | ["locations", _, "topictypes", _, "eventsubscriptions"],
        ) => subscriptions::list_below(call, &base),
        _ => Err(unknown(call)),
    }
}

fn check_version(call: &Call<'_>, rest: &[&str]) -> Result<(), ErrorReply> {
    let asked = call.query.get("api-version").map(String::as_str).unwrap_or_default();
    if VERSIONS.contains(&asked) {
        return Ok(());
    }
    let text = format!(
        "The resource type '{}' could not be found in the namespace '{EVENT_GRID_NAMESPACE}' for api version '{asked}'. \
         The supported api-versions are '{}'.",
        rest.first().copied().unwrap_or_default(),
        VERSIONS.join(",")
    );
    Err(ErrorReply::new(StatusCode::NOT_FOUND, "InvalidResourceType", text))
}

/// Refuses what was not assigned to the caller: `kind` is the resource's type, `scope` where it has to be allowed.
fn must(call: &Call<'_>, kind: &str, scope: &str) -> Result<(), ErrorReply> {
    let what = match call.method.as_str() {
        "GET" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    call.must(&format!("{EVENT_GRID_NAMESPACE}/{kind}/{what}"), scope)
}

/// What Event Grid itself says of a request that it does not take.
fn invalid(text: impl Into<String>) -> ErrorReply {
    ErrorReply::bad_request("InvalidRequest", text).by_service()
}

/// What Resource Manager says of something that is not there.
fn missing(id: &str) -> ErrorReply {
    let at = id.to_ascii_lowercase().rfind("/providers/").map_or(0, |at| at + "/providers/".len());
    let text = format!(
        "The Resource '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        &id[at..]
    );
    ErrorReply::new(StatusCode::NOT_FOUND, "ResourceNotFound", text)
}

#[cfg(test)]
mod tests;
