//! Zones of Azure DNS.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::ids::SubscriptionId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::communication::{is_below, located, place, plain_page};
use super::super::{Answer, unknown};
use super::{Call, check_conditions, found, must, record_sets, zone};
use crate::dns_wire::ascii_name;
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::dns::Zone;
use crate::state::dns::provider::ZoneHost;

#[derive(Deserialize)]
struct Body {
    location: Option<String>,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

pub(super) fn list(call: &Call<'_>, base: &str) -> Answer {
    must(call, None)?;
    let state = call.backend.state();
    let is_wanted = |zone: &&Zone| zone.resource_id().is_some_and(|id| is_below(base, &id));
    Ok(plain_page(state.zones.iter().filter(is_wanted).map(shown)))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must(call, None)?;
    match call.method.as_str() {
        "GET" => Ok(Json(shown(&zone(call, &call.path)?)).into_response()),
        "PUT" | "PATCH" => put(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

fn put(call: &Call<'_>) -> Answer {
    let body: Body = call.json()?;
    let place = if call.method == "PUT" { Some(place(call)?) } else { None };
    call.backend.change_state(|state| {
        let there = state.azure_zone(&call.path).cloned();
        check_conditions(call, there.as_ref().map(Zone::etag).as_deref())?;
        let (status, mut written) = match (there, place) {
            (Some(there), _) => (StatusCode::OK, there),
            (None, Some(place)) => (StatusCode::CREATED, made(call, place, &body)?),
            (None, None) => return Err(found(state, &call.path).err().unwrap_or_else(|| unknown(call))),
        };
        if let Some(tags) = body.tags {
            written.tags = tags;
        }
        let answer = Json(shown(&written));
        match state.azure_zone_mut(&call.path) {
            Some(there) => *there = written,
            None => state.zones.push(written),
        }
        Ok((status, answer).into_response())
    })
}

fn made(
    call: &Call<'_>,
    (subscription, resource_group): (SubscriptionId, String),
    body: &Body,
) -> Result<Zone, ErrorReply> {
    if !located(body.location.as_deref())?.eq_ignore_ascii_case("global") {
        let text = "The location of a DNS zone is 'global'.";
        return Err(ErrorReply::bad_request("LocationNotAvailableForResourceType", text));
    }
    let name = call.segment(7);
    let Some(name) = ascii_name(name).filter(|name| name.contains('.')) else {
        let text = format!("The zone name '{name}' is not valid.");
        return Err(ErrorReply::bad_request("BadRequest", text));
    };
    let (name, home) = (name.to_ascii_lowercase(), Some(ZoneHost::Azure { subscription, resource_group }));
    Ok(Zone { name, id: random_guid().simple().to_string(), home, ..Zone::default() })
}

fn delete(call: &Call<'_>) -> Answer {
    call.backend.change_state(|state| {
        let Some(there) = state.azure_zone(&call.path) else {
            return Ok(StatusCode::NO_CONTENT.into_response());
        };
        check_conditions(call, Some(&there.etag()))?;
        let id = there.resource_id();
        state.zones.retain(|zone| zone.resource_id() != id);
        Ok(StatusCode::OK.into_response())
    })
}

fn shown(zone: &Zone) -> Value {
    let servers = zone.name_servers().iter().map(|server| format!("{server}."));
    json!({
        "id": zone.resource_id(),
        "name": zone.name,
        "type": "Microsoft.Network/dnszones",
        "etag": zone.etag(),
        "location": "global",
        "tags": zone.tags,
        "properties": {
            "maxNumberOfRecordSets": 10_000,
            "maxNumberOfRecordsPerRecordSet": null,
            "nameServers": servers.collect::<Vec<_>>(),
            "numberOfRecordSets": record_sets::count(zone),
            "zoneType": "Public",
        },
    })
}
