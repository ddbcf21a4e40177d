//! Email services.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::operations::{self, Begin};
use super::shape::{Document, Tracked};
use super::{
    Written, accepted, deleted, etag, invalid, is_below, is_plain, located, missing, must, must_be_open,
    must_for_method, page, place, provisioning_state,
};
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::{EmailService, OperationKind, Stamp, State, normalised};

const KIND: &str = "EmailServices";

#[derive(Deserialize)]
struct Body {
    location: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    properties: Asked,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    data_location: Option<String>,
}

pub(super) fn list(call: &Call<'_>, base: &str) -> Answer {
    must(call, KIND, "read")?;
    let state = call.backend.state();
    let all = state.email_services.iter().filter(|one| is_below(base, &one.resource_id()));
    Ok(page(all.map(|one| shown(call, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    match call.method.as_str() {
        "GET" => {
            let service = at(call, &call.path)?;
            Ok(etag(&service.stamp, shown(call, &service).into_response()))
        }
        "PUT" | "PATCH" => put(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

/// The email service at an ARM id.
pub(super) fn at(call: &Call<'_>, id: &str) -> Result<EmailService, ErrorReply> {
    call.backend.state().email_service_at(id).cloned().ok_or_else(|| missing(id))
}

fn put(call: &Call<'_>) -> Answer {
    let name = call.segment(7).to_owned();
    if !is_plain(&name, 63) {
        return Err(invalid("InvalidResourceName", format!("The name '{name}' is not valid.")));
    }
    let place = place(call)?;
    let body: Body = call.json()?;
    let is_whole = call.method == "PUT";
    let location = if is_whole { Some(located(body.location.as_deref())?) } else { None };
    let (now, by, random) = (call.backend.now(), call.client(), random_guid().as_u128());
    let (written, operation, stamp, answer) = call.backend.change_state(|state| {
        let there = state.email_service_at(&call.path).cloned();
        let (written, mut service) = match there {
            Some(mut there) => {
                let wanted = body.properties.data_location.as_deref().map(normalised);
                if wanted.is_some_and(|wanted| wanted != normalised(&there.data_location)) {
                    return Err(invalid("BadRequest", "dataLocation cannot be changed."));
                }
                there.stamp.change(&by, now, random);
                (Written::Changed, there)
            }
            None if !is_whole => return Err(missing(&call.path)),
            None => {
                must_be_open(call, state)?;
                let data_location = body.properties.data_location;
                let data_location =
                    data_location.ok_or_else(|| invalid("BadRequest", "dataLocation is required."))?;
                let made = EmailService {
                    name,
                    subscription: place.0,
                    resource_group: place.1,
                    data_location,
                    location: String::new(),
                    stamp: Stamp::made(&by, now, random),
                    tags: BTreeMap::new(),
                    ready_at: now,
                    has_failed: false,
                };
                (Written::Made, made)
            }
        };
        // A PUT says all of it, tags included.
        if is_whole || body.tags.is_some() {
            service.tags = body.tags.unwrap_or_default();
        }
        service.location = location.unwrap_or(service.location);
        let fate = operations::fate(call, state);
        fate.apply_to(written == Written::Made, &mut service.ready_at, &mut service.has_failed);
        keep(state, service.clone());
        let begin = Begin { resource: service.resource_id(), fate, kind: OperationKind::Write };
        let operation = operations::begin(call, state, begin);
        Ok((written, operation, service.stamp.clone(), shown(call, &service)))
    })?;
    Ok(accepted(call, written, &operation, etag(&stamp, answer.into_response())))
}

fn keep(state: &mut State, service: EmailService) {
    let id = service.resource_id();
    match state.email_services.iter_mut().find(|one| one.resource_id() == id) {
        Some(there) => *there = service,
        None => state.email_services.push(service),
    }
}

/// One that has domains stays.
fn delete(call: &Call<'_>) -> Answer {
    let begun = call.backend.change_state(|state| {
        let Some(there) = state.email_service_at(&call.path) else { return Ok(None) };
        let id = there.resource_id();
        if state.domains.iter().any(|one| one.email_service_id().eq_ignore_ascii_case(&id)) {
            let text = format!("Cannot delete resource '{id}' before nested resources are deleted.");
            return Err(ErrorReply::new(StatusCode::CONFLICT, "CannotDeleteResource", text));
        }
        state.email_services.retain(|one| one.resource_id() != id);
        Ok(Some(operations::begin_deletion(call, state, id)))
    })?;
    Ok(deleted(call, begun.as_ref()))
}

/// What is an email service's own.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Properties<'a> {
    Accepted { data_location: &'a str, provisioning_state: &'static str },
    Whole { provisioning_state: &'static str, data_location: &'a str },
}

fn shown(call: &Call<'_>, service: &EmailService) -> Document {
    let now = call.backend.now();
    let data_location = service.data_location.as_str();
    let provisioning_state = provisioning_state(service.ready_at, service.has_failed, now);
    Document::of(&Tracked {
        id: service.resource_id(),
        name: &service.name,
        kind: "microsoft.communication/emailservices",
        location: &service.location,
        tags: &service.tags,
        identity: None,
        system_data: &service.stamp.system_data,
        properties: if service.ready_at > now {
            Properties::Accepted { data_location, provisioning_state }
        } else {
            Properties::Whole { provisioning_state, data_location }
        },
    })
}
