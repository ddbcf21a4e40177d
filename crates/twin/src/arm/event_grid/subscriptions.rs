//! Event subscriptions, of a system topic or of the communication service itself.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::event_grid::{
    Destination, EVENT_GRID_NAMESPACE, EventSubscriptionProperties, FullUrl, NewEventSubscription,
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::super::communication::{parent, plain_page};
use super::super::{Answer, unknown};
use super::system_topics::Parent;
use super::{Call, asked, missing, must, operations, shape, system_topics};
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::event_grid::{EventSubscription, Handshake};
use crate::state::{OperationKind, State, SystemData};

/// Subscriptions to what happens in a service, or in all that lies below a group or a subscription.
pub(super) fn list_below(call: &Call<'_>, base: &str) -> Answer {
    must(call, "eventSubscriptions", base)?;
    let now = call.backend.now();
    let state = call.backend.state();
    let all = state.events.subscriptions.iter();
    let all = all.filter(|one| !one.is_of_topic() && shape::is_about(base, one));
    Ok(plain_page(all.map(|one| shape::subscription(one, now))))
}

/// Subscriptions of a system topic.
pub(super) fn list_of_topic(call: &Call<'_>) -> Answer {
    must(call, "systemTopics/eventSubscriptions", &parent(&call.path, 1))?;
    let topic = system_topics::above(call, 1)?;
    let now = call.backend.now();
    let state = call.backend.state();
    let all = state.events.subscriptions.iter().filter(|one| one.scope.eq_ignore_ascii_case(&topic.id));
    Ok(plain_page(all.map(|one| shape::subscription(one, now))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must(call, kind(call), &call.path)?;
    match call.method.as_str() {
        "GET" => {
            let state = call.backend.state();
            let found = state.events.subscription_at(&call.path).ok_or_else(|| missing(&call.path))?;
            Ok(Json(shape::subscription(found, call.backend.now())).into_response())
        }
        "PUT" => put(call),
        "PATCH" => patch(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

fn kind(call: &Call<'_>) -> &'static str {
    let is_of_topic = call.segments.iter().any(|segment| segment == "systemtopics");
    if is_of_topic { "systemTopics/eventSubscriptions" } else { "eventSubscriptions" }
}

/// What the caller may be told beyond what is shown.
pub(super) fn act(call: &Call<'_>, action: &str) -> Answer {
    let id = parent(&call.path, 1);
    let name = call.segment(call.segments.len() - 1);
    call.must(&format!("{EVENT_GRID_NAMESPACE}/{}/{name}/action", kind(call)), &id)?;
    let found = call.backend.state().events.subscription_at(&id).cloned().ok_or_else(|| missing(&id))?;
    let hook = match found.destination() {
        Some(Destination::WebHook(hook)) => Some(hook),
        _ => None,
    };
    match action {
        "getfullurl" => {
            let endpoint_url = hook.and_then(|hook| hook.endpoint_url.clone());
            let endpoint_url = endpoint_url.ok_or_else(|| super::invalid("The destination has no URL."))?;
            Ok(Json(FullUrl { endpoint_url }).into_response())
        }
        "getdeliveryattributes" => {
            let written = hook.and_then(|hook| hook.delivery_attribute_mappings.as_deref());
            Ok(Json(json!({ "value": shape::attributes(written.unwrap_or_default()) })).into_response())
        }
        _ => Err(unknown(call)),
    }
}

fn put(call: &Call<'_>) -> Answer {
    let name = call.segment(call.segments.len() - 1).to_owned();
    asked::check_name(&name, 64)?;
    let body: NewEventSubscription = call.json()?;
    let parent = belongs_to(call)?;
    let (now, by) = (call.backend.now(), call.client());
    write(call, |state| {
        let there = state.events.subscription_at(&call.path).cloned();
        let is_change = there.is_some();
        let system_data = there.as_ref().map(|one| one.system_data.clone().changed(&by, now));
        let subscription = EventSubscription {
            id: there.as_ref().map_or_else(random_guid, |one| one.id),
            name: there.as_ref().map_or(name, |one| one.name.clone()),
            scope: parent.id,
            source: parent.source,
            properties: body.properties,
            system_data: system_data.unwrap_or_else(|| SystemData::made(&by, now)),
            handshake: Handshake::Agreed,
            operation: Uuid::nil(),
            ready_at: now,
            base_url: call.base_url.clone(),
            gone_at: None,
        };
        Ok(Change { subscription, is_change, asks: true })
    })
}

/// Changes the members that are named.
fn patch(call: &Call<'_>) -> Answer {
    let body: EventSubscriptionProperties = call.json()?;
    let (now, by) = (call.backend.now(), call.client());
    write(call, |state| {
        let there = state.events.subscription_at(&call.path).cloned().ok_or_else(|| missing(&call.path))?;
        let moves = body.destination.is_some() || body.delivery_with_resource_identity.is_some();
        let asks = moves || there.handshake != Handshake::Agreed;
        let subscription = EventSubscription {
            properties: asked::merged(there.properties, body),
            system_data: there.system_data.changed(&by, now),
            base_url: call.base_url.clone(),
            ..there
        };
        Ok(Change { subscription, is_change: true, asks })
    })
}

/// A subscription to be written.
struct Change {
    subscription: EventSubscription,
    /// Whether it was there before.
    is_change: bool,
    /// Whether its end point is asked whether it agrees.
    asks: bool,
}

/// Writes a subscription and answers 201, as Event Grid does to every PUT and PATCH; who is to get the events is asked
/// afterwards.
fn write(call: &Call<'_>, change: impl FnOnce(&State) -> Result<Change, ErrorReply>) -> Answer {
    let now = call.backend.now();
    let (shown, operation) = call.backend.change_state(|state| {
        let Change { mut subscription, is_change, asks } = change(state)?;
        asked::check(state, &subscription.properties)?;
        let asks = asks && matches!(subscription.destination(), Some(Destination::WebHook(_)));
        let done_at = if asks { Timestamp::MAX } else { operations::done_at(call, state) };
        if asks {
            subscription.handshake =
                Handshake::Asking { code: random_guid(), is_change, attempts: 0, next_at: now };
        } else if !is_change {
            subscription.ready_at = done_at;
        }
        let id = subscription.resource_id();
        let operation = operations::begin(call, state, id.clone(), OperationKind::Write, done_at);
        subscription.operation = operation;
        let shown = shape::subscription(&subscription, now);
        state.events.subscriptions.retain(|one| !one.resource_id().eq_ignore_ascii_case(&id));
        state.events.subscriptions.push(subscription);
        Ok::<_, ErrorReply>((shown, operation))
    })?;
    call.backend.events.wake();
    let response = (StatusCode::CREATED, Json(shown)).into_response();
    Ok(operations::tell(call, response, operation, OperationKind::Write))
}

/// The topic or the service that the call's subscription belongs to.
fn belongs_to(call: &Call<'_>) -> Result<Parent, ErrorReply> {
    if kind(call) == "systemTopics/eventSubscriptions" {
        return system_topics::above(call, 2);
    }
    let id = parent(&call.path, 4);
    let state = call.backend.state();
    let service = state.service_at(&id).ok_or_else(|| missing(&id))?;
    Ok(Parent { id, source: service.resource_id() })
}

fn delete(call: &Call<'_>) -> Answer {
    let operation = call.backend.change_state(|state| {
        let done_at = operations::done_at(call, state);
        let found = state.events.subscription_at_mut(&call.path)?;
        found.gone_at.get_or_insert(done_at);
        let id = found.resource_id();
        Some(operations::begin(call, state, id, OperationKind::Delete, done_at))
    });
    let Some(operation) = operation else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    call.backend.events.wake();
    Ok(operations::tell(call, StatusCode::ACCEPTED.into_response(), operation, OperationKind::Delete))
}
