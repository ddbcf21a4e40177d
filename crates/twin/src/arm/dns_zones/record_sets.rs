//! Record sets: all values of a name and type, written and read as one.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::communication::{parent, plain_page};
use super::super::{Answer, unknown};
use super::values::{self, KINDS};
use super::{Call, check_conditions, found, must, zone};
use crate::dns_wire::ascii_name;
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::State;
use crate::state::dns::provider::etag;
use crate::state::dns::{Record, Zone};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    properties: Map<String, Value>,
}

/// Those of one type, or all of a zone: `recordsets`, or `all`.
pub(super) fn list(call: &Call<'_>, word: &str) -> Answer {
    let kind = KINDS.into_iter().find(|kind| kind.eq_ignore_ascii_case(word));
    if kind.is_none() && !["recordsets", "all"].contains(&word) {
        return Err(unknown(call));
    }
    must(call, Some(kind.unwrap_or(word)))?;
    let zone = zone(call, &parent(&call.path, 1))?;
    let suffix = call.query.get("$recordsetnamesuffix").map(|suffix| suffix.to_lowercase());
    let wanted = sets(&zone).into_iter().filter(|((name, own), _)| {
        let name = zone.relative_name(name);
        kind.is_none_or(|kind| kind == own) && suffix.as_ref().is_none_or(|suffix| name.ends_with(suffix))
    });
    Ok(plain_page(wanted.map(|(_, records)| shown(&zone, &records))))
}

pub(super) fn one(call: &Call<'_>, word: &str) -> Answer {
    let kind = KINDS.into_iter().find(|kind| kind.eq_ignore_ascii_case(word)).ok_or_else(|| unknown(call))?;
    must(call, Some(kind))?;
    if call.method == "GET" {
        let zone = zone(call, &parent(&call.path, 2))?;
        let (name, relative) = name(call, &zone)?;
        let there = sets(&zone).remove(&(name, kind.to_owned()));
        let there = there.ok_or_else(|| missing(&zone, relative, kind))?;
        return Ok(Json(shown(&zone, &there)).into_response());
    }
    // The record set is read and overwritten in one step: nobody writes in between.
    call.backend.change_state(|state| {
        let zone = found(state, &parent(&call.path, 2))?.clone();
        change(call, state, &zone, kind)
    })
}

/// The full name that a call is about, and as it was written.
fn name<'c>(call: &'c Call<'_>, zone: &Zone) -> Result<(String, &'c str), ErrorReply> {
    let relative = call.segment(call.segments.len() - 1);
    // Always relative: who writes the full name gets the zone's name twice.
    let full = if relative == "@" { zone.name.clone() } else { format!("{relative}.{}", zone.name) };
    let name = ascii_name(&full).map(|name| name.to_ascii_lowercase());
    Ok((name.ok_or_else(|| bad(&format!("The record set name '{relative}' is not valid.")))?, relative))
}

fn change(call: &Call<'_>, state: &mut State, zone: &Zone, kind: &str) -> Answer {
    let (name, relative) = name(call, zone)?;
    let there = sets(zone).remove(&(name.clone(), kind.to_owned()));
    check_conditions(call, there.as_deref().map(etag).as_deref())?;
    match (call.method.as_str(), there) {
        ("PATCH", None) => Err(missing(zone, relative, kind)),
        ("PUT" | "PATCH", there) => {
            let there = there.unwrap_or_default();
            let records = written(call, zone, (&name, kind), &there)?;
            let answer = Json(shown(zone, &records));
            write(state, zone, (&name, kind), records);
            let status = if there.is_empty() { StatusCode::CREATED } else { StatusCode::OK };
            Ok((status, answer).into_response())
        }
        ("DELETE", None) => Ok(StatusCode::NO_CONTENT.into_response()),
        ("DELETE", Some(_)) if name == zone.name && ["NS", "SOA"].contains(&kind) => {
            Err(bad("The NS and SOA record sets of a zone cannot be deleted."))
        }
        ("DELETE", Some(_)) => {
            write(state, zone, (&name, kind), Vec::new());
            Ok(StatusCode::OK.into_response())
        }
        _ => Err(unknown(call)),
    }
}

/// How many a zone has.
pub(super) fn count(zone: &Zone) -> usize {
    sets(zone).len()
}

/// A set as it is to be: instead of what is there, or with PATCH instead of the part of it that is named.
fn written(
    call: &Call<'_>,
    zone: &Zone,
    (name, kind): (&str, &str),
    there: &[Record],
) -> Result<Vec<Record>, ErrorReply> {
    let said = call.json::<Body>()?.properties;
    let before = there.first().filter(|_| call.method == "PATCH");
    let said_values = values::read(kind, &said)?;
    let values = match said_values {
        Some(values) => values,
        None if before.is_some() => there.iter().map(|record| record.value.clone()).collect(),
        None => Vec::new(),
    };
    if values.is_empty() {
        // Azure keeps a set without values. Nothing here has a use for one, and nobody should.
        return Err(bad(&format!("The record set has no values of type {kind}.")));
    }
    let ttl = said.get("TTL").and_then(Value::as_u64).and_then(|ttl| u32::try_from(ttl).ok());
    let ttl = ttl.or(before.map(|record| record.ttl)).filter(|ttl| *ttl > 0);
    let ttl = ttl.ok_or_else(|| bad("The TTL of the record set is missing or not valid."))?;
    let metadata = match said.get("metadata") {
        Some(Value::Object(words)) => words
            .iter()
            .map(|(word, value)| (word.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        _ => before.map(|record| record.metadata.clone()).unwrap_or_default(),
    };
    check_neighbours(zone, name, kind)?;
    let now = call.backend.now();
    let record = |value: String| {
        // What stays as it was is no news for DNS, but it is for a client that holds the old etag.
        let same = there.iter().find(|record| record.value == value && record.ttl == ttl);
        Record {
            id: random_guid().simple().to_string(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            made_at: same.map_or(Some(now), |same| same.made_at),
            since: same.map_or(Some(now), |same| same.since),
            value,
            ttl,
            metadata: metadata.clone(),
            ..Record::default()
        }
    };
    Ok(values.into_iter().map(record).collect())
}

/// An alias stands alone.
fn check_neighbours(zone: &Zone, name: &str, kind: &str) -> Result<(), ErrorReply> {
    if kind == "CNAME" && name == zone.name {
        return Err(bad("A CNAME record set cannot be made at the zone's own name."));
    }
    if kind == "SOA" && name != zone.name {
        return Err(bad("A SOA record set is at the zone's own name."));
    }
    let mut beside = zone.records.iter().filter(|record| record.name.eq_ignore_ascii_case(name));
    if beside.any(|other| (other.kind == "CNAME") != (kind == "CNAME")) {
        let text = "The record could not be created because a CNAME record with the same name already exists in \
                    this zone, or other records stand where the CNAME is to be.";
        return Err(ErrorReply::new(StatusCode::CONFLICT, "Conflict", text));
    }
    Ok(())
}

fn write(state: &mut State, zone: &Zone, (name, kind): (&str, &str), records: Vec<Record>) {
    let Some(id) = zone.resource_id() else { return };
    if let Some(zone) = state.azure_zone_mut(&id) {
        zone.records.retain(|record| !record.is(name, kind));
        zone.records.extend(records);
    }
}

/// The records of a zone by name and type, those included that it has of its own accord.
fn sets(zone: &Zone) -> BTreeMap<(String, String), Vec<Record>> {
    let own = [zone.soa(MINIMUM)].into_iter().chain(zone.ns());
    let is_own = |record: &&Record| record.is(&zone.name, "SOA") || record.is(&zone.name, "NS");
    let others = zone.records.iter().filter(|record| !is_own(record)).cloned();
    let mut sets: BTreeMap<(String, String), Vec<Record>> = BTreeMap::new();
    for record in own.chain(others) {
        sets.entry((record.name.to_ascii_lowercase(), record.kind.clone())).or_default().push(record);
    }
    sets
}

/// What Azure says in its SOA records.
const MINIMUM: u32 = 300;

fn shown(zone: &Zone, records: &[Record]) -> Value {
    let Some(first) = records.first() else { return Value::Null };
    let name = zone.relative_name(&first.name).to_ascii_lowercase();
    let mut properties = json!({
        "TTL": first.ttl,
        "fqdn": format!("{}.", first.name),
        "provisioningState": "Succeeded",
        "targetResource": {},
    });
    let (member, value) = values::shown(records);
    properties[member] = value;
    if !first.metadata.is_empty() {
        properties["metadata"] = json!(first.metadata);
    }
    json!({
        "id": format!("{}/{}/{name}", zone.resource_id().unwrap_or_default(), first.kind),
        "name": name,
        "type": format!("Microsoft.Network/dnszones/{}", first.kind),
        "etag": etag(records),
        "properties": properties,
    })
}

fn missing(zone: &Zone, name: &str, kind: &str) -> ErrorReply {
    let text =
        format!("The resource record '{name}' of type '{kind}' does not exist in the zone '{}'.", zone.name);
    ErrorReply::new(StatusCode::NOT_FOUND, "NotFound", text)
}

fn bad(text: &str) -> ErrorReply {
    ErrorReply::bad_request("BadRequest", text)
}
