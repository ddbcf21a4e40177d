//! Records of a zone.

use serde_json::{Value, json};

use super::Answer;
use super::call::{self, Call};
use super::failure::CloudflareError;
use super::input::{Input, PROXIABLE};
use super::zones::BEGINNING;
use super::{content, edit, filter};
use crate::state::dns::{Record, Zone};

const PER_PAGE: usize = 100;
const MAX_PER_PAGE: usize = 5_000_000;

/// Those that are wanted.
pub(super) fn list(call: &Call<'_>, zone: &str) -> Answer {
    let zone = call.zone(zone)?;
    let mut wanted: Vec<Record> =
        zone.records.into_iter().filter(|record| filter::wants(call, record)).collect();
    filter::sort(call, &mut wanted);
    let shown: Vec<Value> = wanted.iter().map(shown).collect();
    call.page(&shown, PER_PAGE, MAX_PER_PAGE)
}

pub(super) fn show(call: &Call<'_>, zone: &str, id: &str) -> Answer {
    let zone = call.zone(zone)?;
    let found = zone.records.iter().find(|record| record.id == id);
    found.map(|record| call::result(shown(record))).ok_or_else(CloudflareError::no_record)
}

pub(super) fn create(call: &Call<'_>, zone: &str) -> Answer {
    let input: Input = call.json()?;
    let now = call.backend.now();
    let made = in_zone(call, zone, |zone| edit::create(zone, input, now))?;
    Ok(call::result(shown(&made)))
}

/// PUT replaces, PATCH changes what it names.
pub(super) fn change(call: &Call<'_>, zone: &str, id: &str) -> Answer {
    let input: Input = call.json()?;
    let now = call.backend.now();
    let is_replaced = call.method == "PUT";
    let changed = in_zone(call, zone, |zone| edit::change(zone, id, input, is_replaced, now))?;
    Ok(call::result(shown(&changed)))
}

pub(super) fn delete(call: &Call<'_>, zone: &str, id: &str) -> Answer {
    let gone = in_zone(call, zone, |zone| edit::delete(zone, id))?;
    Ok(call::result(json!({ "id": gone.id })))
}

/// Changes a zone, or leaves all of it as it was.
pub(super) fn in_zone<T>(
    call: &Call<'_>,
    id: &str,
    change: impl FnOnce(&mut Zone) -> Result<T, CloudflareError>,
) -> Result<T, CloudflareError> {
    call.zone(id)?;
    call.backend.change_state(|state| {
        // Another call may have deleted it meanwhile.
        let there = state.zone_mut(id).ok_or_else(CloudflareError::no_zone)?;
        let mut changed = there.clone();
        let result = change(&mut changed)?;
        *there = changed;
        Ok(result)
    })
}

/// A record as it is answered.
pub(super) fn shown(record: &Record) -> Value {
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| BEGINNING.to_owned(), |at| at.to_string());
    let mut shown = json!({
        "id": record.id,
        "name": record.name,
        "type": record.kind,
        "content": content::shown(record),
        "proxiable": PROXIABLE.contains(&record.kind.as_str()),
        "proxied": record.is_proxied,
        "ttl": record.ttl,
        "settings": {},
        "meta": {},
        "comment": record.comment,
        "tags": [],
        "created_on": time(record.made_at),
        "modified_on": time(record.since),
    });
    if record.kind == "CNAME" {
        shown["settings"] = json!({ "flatten_cname": false });
    }
    if let Some(priority) = content::priority(record) {
        shown["priority"] = priority.into();
    }
    shown
}
