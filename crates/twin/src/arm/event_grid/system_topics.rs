//! System topics: one for each communication service.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::event_grid::{COMMUNICATION_TOPIC_TYPE, NewSystemTopic, SystemTopicChange};

use super::super::communication::{is_below, parent, place, plain_page};
use super::super::{Answer, unknown};
use super::{Call, asked, invalid, missing, must, operations, shape};
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::event_grid::SystemTopic;
use crate::state::{OperationKind, State, SystemData};

const KIND: &str = "systemTopics";

pub(super) fn list(call: &Call<'_>, base: &str) -> Answer {
    must(call, KIND, base)?;
    let now = call.backend.now();
    let state = call.backend.state();
    let all = state.events.system_topics.iter().filter(|one| is_below(base, &one.resource_id()));
    Ok(plain_page(all.map(|one| shape::system_topic(one, now))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must(call, KIND, &call.path)?;
    match call.method.as_str() {
        "GET" => {
            let state = call.backend.state();
            let found = state.events.topic_at(&call.path).ok_or_else(|| missing(&call.path))?;
            Ok(Json(shape::system_topic(found, call.backend.now())).into_response())
        }
        "PUT" => put(call),
        "PATCH" => patch(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

fn put(call: &Call<'_>) -> Answer {
    let (subscription, resource_group) = place(call)?;
    let body: NewSystemTopic = call.json()?;
    let name = call.segment(call.segments.len() - 1).to_owned();
    asked::check_name(&name, 50)?;
    let (now, by) = (call.backend.now(), call.client());
    let (status, shown, operation) = call.backend.change_state(|state| {
        let there = state.events.topic_at(&call.path).cloned();
        check(state, &body, there.as_ref(), &call.path)?;
        let ready_at = there.as_ref().map_or_else(|| operations::done_at(call, state), |one| one.ready_at);
        let status = if there.is_none() { StatusCode::CREATED } else { StatusCode::OK };
        let system_data = there.as_ref().map(|one| one.system_data.clone().changed(&by, now));
        let topic = SystemTopic {
            name: there.as_ref().map_or(name, |one| one.name.clone()),
            subscription,
            resource_group,
            location: body.location.to_ascii_lowercase(),
            tags: body.tags.unwrap_or_default(),
            identity: body.identity,
            source: body.properties.source,
            topic_type: body.properties.topic_type,
            metrics: there.as_ref().map_or_else(random_guid, |one| one.metrics),
            system_data: system_data.unwrap_or_else(|| SystemData::made(&by, now)),
            ready_at,
        };
        let shown = shape::system_topic(&topic, now);
        let id = topic.resource_id();
        state.events.system_topics.retain(|one| !one.resource_id().eq_ignore_ascii_case(&id));
        state.events.system_topics.push(topic);
        let operation = operations::begin(call, state, id, OperationKind::Write, ready_at);
        Ok::<_, ErrorReply>((status, shown, operation))
    })?;
    let response = (status, Json(shown)).into_response();
    Ok(operations::tell(call, response, operation, OperationKind::Write))
}

fn check(
    state: &State,
    body: &NewSystemTopic,
    there: Option<&SystemTopic>,
    id: &str,
) -> Result<(), ErrorReply> {
    let source = &body.properties.source;
    if !body.properties.topic_type.eq_ignore_ascii_case(COMMUNICATION_TOPIC_TYPE) {
        let text = format!("The twin has no topics of type '{}'.", body.properties.topic_type);
        return Err(invalid(text));
    }
    if !body.location.eq_ignore_ascii_case("global") {
        let text = format!(
            "The specified location '{}' of the system topic is invalid: that of its source is 'global'.",
            body.location
        );
        return Err(invalid(text));
    }
    // Azure/azure-quickstart-templates#13688, 2024-01.
    if there.is_some_and(|there| !there.source.eq_ignore_ascii_case(source)) {
        return Err(invalid("System topic source cannot be modified."));
    }
    if state.service_at(source).is_none() {
        return Err(invalid(format!("The source {source} of the system topic was not found.")));
    }
    // TaoYang-Cloud/azure.policy.monitor#12, 2022-12.
    let others = state.events.system_topics.iter().filter(|one| !one.resource_id().eq_ignore_ascii_case(id));
    if others.into_iter().any(|one| one.source.eq_ignore_ascii_case(source)) {
        let text = format!(
            "There is an existing tracked system topic for the given source {source}. Only one system topic is allowed \
             per source."
        );
        return Err(invalid(text));
    }
    Ok(())
}

fn patch(call: &Call<'_>) -> Answer {
    let body: SystemTopicChange = call.json()?;
    let (now, by) = (call.backend.now(), call.client());
    let shown = call.backend.change_state(|state| {
        let topic = state.events.topic_at_mut(&call.path).ok_or_else(|| missing(&call.path))?;
        if let Some(tags) = body.tags {
            topic.tags = tags;
        }
        topic.identity = body.identity.or(topic.identity.take());
        topic.system_data = std::mem::take(&mut topic.system_data).changed(&by, now);
        Ok::<_, ErrorReply>(shape::system_topic(topic, now))
    })?;
    Ok(Json(shown).into_response())
}

/// A topic takes its subscriptions along.
fn delete(call: &Call<'_>) -> Answer {
    let operation = call.backend.change_state(|state| {
        let id = state.events.topic_at(&call.path)?.resource_id();
        let done_at = operations::done_at(call, state);
        state.events.forget(&id);
        Some(operations::begin(call, state, id, OperationKind::Delete, done_at))
    });
    let Some(operation) = operation else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    call.backend.events.wake();
    Ok(operations::tell(call, StatusCode::ACCEPTED.into_response(), operation, OperationKind::Delete))
}

/// The topic that the call's subscriptions belong to: its id and its source.
pub(super) struct Parent {
    pub(super) id: String,
    pub(super) source: String,
}

/// The topic above a call to its subscriptions, `segments` up.
pub(super) fn above(call: &Call<'_>, segments: usize) -> Result<Parent, ErrorReply> {
    let id = parent(&call.path, segments);
    let state = call.backend.state();
    let found = state.events.topic_at(&id).ok_or_else(|| missing(&id))?;
    Ok(Parent { id: found.resource_id(), source: found.source.clone() })
}
