//! Email services.

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
use super::{
    Written, accepted, deleted, invalid, is_below, is_plain, missing, must, must_for_method, operations,
    page, place, provisioning_state, tracked,
};
use crate::refusal::Refusal;
use crate::world::EmailService;

const KIND: &str = "EmailServices";

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    data_location: Option<String>,
}

pub(super) fn list(call: &Call<'_>, base: &str) -> Answer {
    must(call, KIND, "read")?;
    let (world, now) = (call.state.world(), call.state.now());
    let all = world.email_services.iter().filter(|one| is_below(base, &one.resource_id()));
    Ok(page(all.map(|one| shown(one, now))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    match call.method.as_str() {
        "GET" => Ok(Json(shown(&at(call, &call.path)?, call.state.now())).into_response()),
        "PUT" | "PATCH" => put(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

/// The email service at an ARM id.
pub(super) fn at(call: &Call<'_>, id: &str) -> Result<EmailService, Refusal> {
    let world = call.state.world();
    let found = world.email_services.iter().find(|one| one.resource_id().eq_ignore_ascii_case(id));
    found.cloned().ok_or_else(|| missing(call))
}

fn put(call: &Call<'_>) -> Answer {
    let (subscription, resource_group) = place(call)?;
    let name = call.segment(7).to_owned();
    if !is_plain(&name, 63) {
        return Err(invalid("InvalidResourceName", format!("The name '{name}' is not valid.")));
    }
    let body: Body = call.json()?;
    let now = call.state.now();
    let (written, mut service) = match at(call, &call.path) {
        Ok(there) => {
            let wanted = body.properties.data_location.as_ref();
            if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&there.data_location)) {
                return Err(invalid("BadRequest", "dataLocation cannot be changed."));
            }
            (Written::Changed, there)
        }
        Err(missing) if call.method == "PATCH" => return Err(missing),
        Err(_) => {
            let data_location = body.properties.data_location;
            let data_location =
                data_location.ok_or_else(|| invalid("BadRequest", "dataLocation is required."))?;
            let made = EmailService {
                name,
                subscription,
                resource_group,
                data_location,
                tags: BTreeMap::new(),
                ready_at: now,
                has_failed: false,
            };
            (Written::Made, made)
        }
    };
    if let Some(tags) = body.tags {
        service.tags = tags;
    }
    let fate = operations::fate(call);
    fate.befall(written == Written::Made, &mut service.ready_at, &mut service.has_failed);
    let (answer, id) = (shown(&service, now), service.resource_id());
    call.state.change_world(|world| {
        world.email_services.retain(|one| !one.resource_id().eq_ignore_ascii_case(&id));
        world.email_services.push(service);
    });
    Ok(accepted(call, (written, fate), &id, answer))
}

/// One that has domains stays.
fn delete(call: &Call<'_>) -> Answer {
    let Ok(service) = at(call, &call.path) else { return Ok(deleted(call, &call.path, false)) };
    let id = service.resource_id();
    if call.state.world().domains.iter().any(|one| one.email_service_id().eq_ignore_ascii_case(&id)) {
        let text = format!("Cannot delete resource '{id}' before nested resources are deleted.");
        return Err(Refusal::new(StatusCode::CONFLICT, "CannotDeleteResource", text));
    }
    call.state.change_world(|world| {
        world.email_services.retain(|one| !one.resource_id().eq_ignore_ascii_case(&id));
    });
    Ok(deleted(call, &id, true))
}

fn shown(service: &EmailService, now: Timestamp) -> Value {
    let state = provisioning_state(service.ready_at, service.has_failed, now);
    let properties = json!({ "provisioningState": state, "dataLocation": service.data_location });
    tracked(
        &service.resource_id(),
        &service.name,
        "microsoft.communication/emailservices",
        &service.tags,
        properties,
    )
}
