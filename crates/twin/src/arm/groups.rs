//! Resource groups. Their deletion takes a while, and takes along what is in them.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::Page;
use azure_types::ids::SubscriptionId;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::call::Call;
use super::communication::located;
use super::{Answer, subscriptions, unknown};
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::{LongRunningOperation, OperationKind, ResourceGroup};

#[derive(Deserialize)]
struct Body {
    location: Option<String>,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

const READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";
const WRITE: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";
const DELETE: &str = "Microsoft.Resources/subscriptions/resourceGroups/delete";

/// Finds who answers a call to all groups, or to one.
pub(super) fn dispatch(call: &Call<'_>, subscription: &str, name: Option<&str>) -> Answer {
    let id = subscriptions::must_exist(call, subscription)?;
    match (call.method.as_str(), name) {
        ("GET", None) => {
            subscriptions::find(call, subscription, READ)?;
            Ok(list(call, id.subscription_id))
        }
        ("GET", Some(name)) => show(call, id.subscription_id, name),
        ("HEAD", Some(name)) => exists(call, id.subscription_id, name),
        ("PUT" | "PATCH", Some(name)) => {
            subscriptions::must_be_writable(call, subscription)?;
            put(call, id.subscription_id, name)
        }
        ("DELETE", Some(name)) => {
            subscriptions::must_be_writable(call, subscription)?;
            delete(call, id.subscription_id, name)
        }
        _ => Err(unknown(call)),
    }
}

/// Where a client asks whether something is done: 202 until then.
pub(super) fn operation_result(call: &Call<'_>, subscription: &str, id: &str) -> Answer {
    subscriptions::must_exist(call, subscription)?;
    let id = Uuid::try_parse(id).ok();
    let found = call.backend.state().operations.iter().find(|one| Some(one.id) == id).cloned();
    match found {
        None => Err(ErrorReply::new(StatusCode::NOT_FOUND, "NotFound", "There is no such operation.")),
        Some(operation) if operation.done_at > call.backend.now() => {
            Ok(accepted(call, subscription, operation.id))
        }
        Some(_) => Ok(StatusCode::OK.into_response()),
    }
}

fn list(call: &Call<'_>, subscription: SubscriptionId) -> Response {
    let groups: Vec<ResourceGroup> = call
        .backend
        .state()
        .groups
        .iter()
        .filter(|group| group.subscription == subscription)
        .cloned()
        .collect();
    let value: Vec<Shown<'_>> =
        groups.iter().filter(|group| call.sees(&group.resource_id())).map(shown).collect();
    Json(Page { value, next_link: None }).into_response()
}

fn show(call: &Call<'_>, subscription: SubscriptionId, name: &str) -> Answer {
    Ok(Json(shown(&find(call, subscription, name)?)).into_response())
}

fn exists(call: &Call<'_>, subscription: SubscriptionId, name: &str) -> Answer {
    Ok(match find(call, subscription, name) {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    })
}

fn find(call: &Call<'_>, subscription: SubscriptionId, name: &str) -> Result<ResourceGroup, ErrorReply> {
    let id = id(subscription, name);
    call.must(READ, &id)?;
    call.backend.state().group(&id).cloned().ok_or_else(|| missing(name))
}

fn put(call: &Call<'_>, subscription: SubscriptionId, name: &str) -> Answer {
    let id = id(subscription, name);
    call.must(WRITE, &id)?;
    let body: Body = call.json()?;
    call.backend.change_state(|state| {
        let there = state.group(&id).cloned();
        let (status, group) = match there {
            Some(there) if body.location.as_ref().is_some_and(|l| !is_same_place(l, &there.location)) => {
                let text = format!(
                    "Invalid resource group location. The Resource group already exists in location '{}'.",
                    there.location
                );
                return Err(ErrorReply::new(StatusCode::CONFLICT, "InvalidResourceGroupLocation", text));
            }
            Some(there) => {
                // A PUT says all of it.
                let is_whole = call.method == "PUT";
                let kept = || if is_whole { BTreeMap::new() } else { there.tags.clone() };
                let tags = body.tags.unwrap_or_else(kept);
                (StatusCode::OK, ResourceGroup { tags, ..there })
            }
            None if call.method == "PATCH" => return Err(missing(name)),
            None => (StatusCode::CREATED, made(subscription, name, body)?),
        };
        let answer = Json(shown(&group)).into_response();
        state.groups.retain(|other| !other.resource_id().eq_ignore_ascii_case(&id));
        state.groups.push(group);
        Ok((status, answer).into_response())
    })
}

fn made(subscription: SubscriptionId, name: &str, body: Body) -> Result<ResourceGroup, ErrorReply> {
    Ok(ResourceGroup {
        subscription,
        name: checked(name)?.to_owned(),
        location: located(body.location.as_deref())?.to_ascii_lowercase().replace(' ', ""),
        tags: body.tags.unwrap_or_default(),
        gone_at: None,
    })
}

fn delete(call: &Call<'_>, subscription: SubscriptionId, name: &str) -> Answer {
    let id = id(subscription, name);
    call.must(DELETE, &id)?;
    let operation = random_guid();
    let now = call.backend.now();
    call.backend.change_state(|state| {
        if state.group(&id).is_none() {
            return Err(missing(name));
        }
        let wait = SignedDuration::from_secs(state.behaviour.group_deletion_seconds);
        let done_at = clock::after(now, wait);
        let resource = id.clone();
        let failure = None;
        state.operations.push(LongRunningOperation {
            id: operation,
            resource,
            begun_at: now,
            done_at,
            failure,
            kind: OperationKind::Delete,
        });
        if let Some(group) =
            state.groups.iter_mut().find(|group| group.resource_id().eq_ignore_ascii_case(&id))
        {
            group.gone_at.get_or_insert(done_at);
        }
        Ok(())
    })?;
    Ok(accepted(call, &subscription.to_string(), operation))
}

/// 202, with the place to ask.
fn accepted(call: &Call<'_>, subscription: &str, operation: Uuid) -> Response {
    let version = call.query.get("api-version").map(String::as_str).unwrap_or_default();
    let location = format!(
        "{}/subscriptions/{subscription}/operationresults/{operation}?api-version={version}",
        call.base_url
    );
    let mut response = StatusCode::ACCEPTED.into_response();
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::LOCATION, HeaderValue::from_str(&location).unwrap_or(HeaderValue::from_static("/"))),
        (header::RETRY_AFTER, HeaderValue::from_static("1")),
    ];
    response.headers_mut().extend(headers);
    response
}

/// A group, its members in Azure's order; tags only if there are any.
#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    location: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
    properties: Properties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    provisioning_state: &'static str,
}

fn shown(group: &ResourceGroup) -> Shown<'_> {
    let provisioning_state = if group.gone_at.is_some() { "Deleting" } else { "Succeeded" };
    Shown {
        id: group.resource_id(),
        name: &group.name,
        kind: "Microsoft.Resources/resourceGroups",
        location: &group.location,
        tags: &group.tags,
        properties: Properties { provisioning_state },
    }
}

fn id(subscription: SubscriptionId, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

fn is_same_place(one: &str, other: &str) -> bool {
    one.replace(' ', "").eq_ignore_ascii_case(other)
}

/// 1-90 letters, digits, `_ - . ( )`, and no dot at the end.
fn checked(name: &str) -> Result<&str, ErrorReply> {
    let is_good = |c: char| c.is_alphanumeric() || "_-.()".contains(c);
    if name.is_empty() || name.chars().count() > 90 || !name.chars().all(is_good) || name.ends_with('.') {
        let text = format!("The provided resource group name '{name}' is not valid.");
        return Err(ErrorReply::bad_request("InvalidResourceGroup", text));
    }
    Ok(name)
}

fn missing(name: &str) -> ErrorReply {
    let text = format!("Resource group '{name}' could not be found.");
    ErrorReply::new(StatusCode::NOT_FOUND, "ResourceGroupNotFound", text)
}
