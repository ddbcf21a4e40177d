//! Communication services.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::operations::{self, Begin};
use super::service_shape::shown;
use super::{
    Written, accepted, deleted, etag, invalid, is_below, located, missing, must, must_be_open,
    must_for_method, names, page, parent, place,
};
use crate::error_reply::ErrorReply;
use crate::keys::{random_guid, random_key};
use crate::state::{OperationKind, Service, SetMembers, Stamp, State, normalised};

const KIND: &str = "CommunicationServices";

#[derive(Deserialize)]
struct Body {
    location: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    identity: Option<Value>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    data_location: Option<String>,
    linked_domains: Option<Vec<String>>,
    disable_local_auth: Option<bool>,
    public_network_access: Option<String>,
}

pub(super) fn list(call: &Call<'_>, base: &str) -> Answer {
    if call.method != "GET" {
        return Err(unknown(call));
    }
    must(call, KIND, "read")?;
    let state = call.backend.state();
    let all = state.services.iter().filter(|one| is_below(base, &one.resource_id()));
    Ok(page(all.map(|one| shown(call, &state, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    match call.method.as_str() {
        "GET" => {
            let state = call.backend.state();
            let service = found(call, &state)?;
            Ok(etag(&service.stamp, shown(call, &state, service).into_response()))
        }
        "PUT" => put(call),
        "PATCH" => patch(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

/// Links a notification hub, of which nothing but the id is kept.
pub(super) fn link_hub(call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Asked {
        resource_id: String,
        #[serde(rename = "connectionString")]
        _connection_string: String,
    }
    must(call, KIND, "linkNotificationHub/action")?;
    let id = parent(&call.path, 1);
    at(call, &id)?;
    let Asked { resource_id, .. } = call.json()?;
    call.backend.change_state(|state| {
        if let Some(service) = state.service_at_mut(&id) {
            service.notification_hub = Some(resource_id.clone());
        }
    });
    Ok(Json(json!({ "resourceId": resource_id })).into_response())
}

fn found<'w>(call: &Call<'_>, state: &'w State) -> Result<&'w Service, ErrorReply> {
    state.service_at(&call.path).ok_or_else(|| missing(&call.path))
}

/// The service at an ARM id.
pub(super) fn at(call: &Call<'_>, id: &str) -> Result<Service, ErrorReply> {
    call.backend.state().service_at(id).cloned().ok_or_else(|| missing(id))
}

/// Makes a service, or says all of one anew: what the body leaves out is gone, links and tags included.
fn put(call: &Call<'_>) -> Answer {
    let (subscription, resource_group) = place(call)?;
    let name = call.segment(7).to_owned();
    if !names::is_valid(&name) {
        return Err(invalid("InvalidResourceName", format!("The name '{name}' is not valid.")));
    }
    let body: Body = call.json()?;
    let location = located(body.location.as_deref())?;
    let (now, by) = (call.backend.now(), call.client());
    let (written, operation, stamp, answer) = call.backend.change_state(|state| {
        let there = state.service_at(&call.path).cloned();
        let data_location = data_location(&body.properties, there.as_ref())?;
        if there.is_none() {
            must_be_open(call, state)?;
            if let Some(code) = names::is_taken(call, state, &name) {
                let text = format!("The name '{name}' is already taken.");
                return Err(ErrorReply::new(StatusCode::CONFLICT, &code, text).by_service());
            }
        }
        let written = if there.is_some() { Written::Changed } else { Written::Made };
        let random = random_guid().as_u128();
        let mut service = there.unwrap_or_else(|| Service {
            name,
            subscription,
            resource_group,
            keys: [random_key(), random_key()],
            data_location,
            location: String::new(),
            stamp: Stamp::made(&by, now, random),
            set: SetMembers::default(),
            public_network_access: true,
            disable_local_auth: false,
            tags: BTreeMap::new(),
            ready_at: now,
            has_failed: false,
            linked_domains: Vec::new(),
            notification_hub: None,
            identity: None,
            smtp_usernames: Vec::new(),
        });
        if written == Written::Changed {
            service.stamp.change(&by, now, random);
        }
        emptied(&mut service, location);
        let service = changed(state, service, body, now)?;
        let (service, begun) = begun(call, state, service, written);
        let answer = shown(call, state, &service);
        Ok((written, begun, service.stamp, answer))
    })?;
    Ok(accepted(call, written, &operation, etag(&stamp, answer.into_response())))
}

/// What is there before a body is read that says all of it.
fn emptied(service: &mut Service, location: String) {
    service.location = location;
    service.tags.clear();
    service.identity = None;
    service.linked_domains.clear();
    service.disable_local_auth = false;
    service.public_network_access = true;
    service.set = SetMembers::default();
}

/// Begins to write a service, and keeps it.
fn begun(
    call: &Call<'_>,
    state: &mut State,
    mut service: Service,
    written: Written,
) -> (Service, crate::state::LongRunningOperation) {
    let fate = operations::fate(call, state);
    fate.apply_to(written == Written::Made, &mut service.ready_at, &mut service.has_failed);
    keep(state, service.clone());
    let begin = Begin { resource: service.resource_id(), fate, kind: OperationKind::Write };
    (service, operations::begin(call, state, begin))
}

/// The geography is chosen once.
fn data_location(properties: &Properties, there: Option<&Service>) -> Result<String, ErrorReply> {
    match (&properties.data_location, there) {
        (None, None) => Err(invalid("BadRequest", "dataLocation is required.")),
        (Some(wanted), Some(there)) if normalised(wanted) != normalised(&there.data_location) => {
            Err(invalid("BadRequest", "dataLocation cannot be changed."))
        }
        (Some(wanted), None) => Ok(wanted.clone()),
        (_, Some(there)) => Ok(there.data_location.clone()),
    }
}

/// At once, unlike all others.
fn patch(call: &Call<'_>) -> Answer {
    let body: Body = call.json()?;
    let now = call.backend.now();
    let (stamp, answer) = call.backend.change_state(|state| {
        let there = found(call, state)?.clone();
        let mut service = changed(state, there, body, now)?;
        service.stamp.change(&call.client(), now, random_guid().as_u128());
        let answer = shown(call, state, &service);
        let stamp = service.stamp.clone();
        keep(state, service);
        Ok::<_, ErrorReply>((stamp, answer))
    })?;
    Ok(etag(&stamp, answer.into_response()))
}

fn changed(state: &State, mut service: Service, body: Body, now: Timestamp) -> Result<Service, ErrorReply> {
    if let Some(tags) = body.tags {
        service.tags = tags;
    }
    if let Some(identity) = body.identity {
        service.identity = Some(identity).filter(|identity| identity["type"] != "None");
    }
    let properties = body.properties;
    if let Some(disabled) = properties.disable_local_auth {
        service.disable_local_auth = disabled;
        service.set.disable_local_auth = true;
    }
    if let Some(access) = properties.public_network_access {
        service.public_network_access = access.eq_ignore_ascii_case("Enabled");
        service.set.public_network_access = Some(access);
    }
    if let Some(links) = properties.linked_domains {
        let most = state.behaviour.linked_domains;
        if links.len() > most {
            let text = format!("A communication service may have {most} linked domains at most.");
            return Err(invalid("InvalidLinkedDomains", text));
        }
        for link in &links {
            check_link(state, &service, link, now)?;
        }
        // All of them are replaced.
        service.linked_domains = links;
        service.set.linked_domains = true;
    }
    Ok(service)
}

fn check_link(state: &State, service: &Service, link: &str, now: Timestamp) -> Result<(), ErrorReply> {
    let refuse = |why: &str| {
        let text = format!("Requested domain '{link}' cannot be linked: {why}.");
        Err(invalid("InvalidLinkedDomains", text))
    };
    let Some(domain) = state.domain_at(link) else { return refuse("it does not exist") };
    if domain.ready_at > now {
        return refuse("it is still being provisioned");
    }
    if domain.has_failed {
        return refuse("its provisioning has failed");
    }
    if !domain.verification.is_enough() {
        return refuse("it is not verified");
    }
    if normalised(&domain.data_location) != normalised(&service.data_location) {
        return refuse("its data location is another");
    }
    Ok(())
}

fn keep(state: &mut State, service: Service) {
    match state.service_at_mut(&service.resource_id()) {
        Some(there) => *there = service,
        None => state.services.push(service),
    }
}

fn delete(call: &Call<'_>) -> Answer {
    let begun = call.backend.change_state(|state| {
        let id = state.service_at(&call.path)?.resource_id();
        state.services.retain(|one| one.resource_id() != id);
        state.events.forget(&id);
        Some(operations::begin_deletion(call, state, id))
    });
    Ok(deleted(call, begun.as_ref()))
}
