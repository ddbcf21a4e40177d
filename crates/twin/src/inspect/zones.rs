//! Zones with their records: a page to look at, and controls to write by hand what somebody would write elsewhere.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::pages::render;
use crate::backend::Backend;
use crate::dns_wire::{ascii_name, has_wire_form};
use crate::keys::random_guid;
use crate::state::dns::provider::ZoneHost;
use crate::state::dns::{Record, Zone};

pub(super) fn routes() -> Router<Arc<Backend>> {
    Router::new()
        .route("/zones", get(page))
        .route("/api/zones", get(list))
        .route("/api/zones/{zone}", get(show).put(create).delete(delete))
        .route("/api/zones/{zone}/records", put(write).delete(erase))
}

#[derive(Template)]
#[template(path = "zones.html")]
struct ZonesPage {
    zones: Vec<ZoneView>,
}

/// A zone as it is shown.
#[derive(Serialize)]
struct ZoneView {
    name: String,
    id: String,
    provider: &'static str,
    name_servers: Vec<&'static str>,
    records: Vec<Record>,
}

/// A record as it is written by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Relative to the zone, or full; `@` is the zone itself.
    name: String,
    kind: String,
    value: String,
    #[serde(default = "an_hour")]
    ttl: u32,
    #[serde(default)]
    is_proxied: bool,
}

/// Which records are to go: those of a name, or fewer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erased {
    name: String,
    kind: Option<String>,
    value: Option<String>,
}

fn an_hour() -> u32 {
    3_600
}

async fn page(Shared(backend): Shared<Arc<Backend>>) -> Response {
    let zones = backend.state().zones.iter().map(ZoneView::from).collect();
    render(&ZonesPage { zones })
}

async fn list(Shared(backend): Shared<Arc<Backend>>) -> Json<Vec<ZoneView>> {
    Json(backend.state().zones.iter().map(ZoneView::from).collect())
}

async fn show(Shared(backend): Shared<Arc<Backend>>, Path(name): Path<String>) -> Response {
    let state = backend.state();
    let found = state.zones.iter().find(|zone| zone.name.eq_ignore_ascii_case(&name) || zone.id == name);
    found.map_or_else(|| no_zone(&name), |zone| Json(ZoneView::from(zone)).into_response())
}

/// Makes a zone that nobody's interface changes; one that is there stays as it is.
async fn create(Shared(backend): Shared<Arc<Backend>>, Path(name): Path<String>) -> Response {
    let Some(name) = ascii_name(&name) else { return wrong(&format!("'{name}' is not a name")) };
    let id = random_guid().simple().to_string();
    backend.change_state(|state| match state.zone_mut(&name) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => {
            state.zones.push(Zone { name, id, ..Zone::default() });
            StatusCode::CREATED.into_response()
        }
    })
}

async fn delete(Shared(backend): Shared<Arc<Backend>>, Path(name): Path<String>) -> Response {
    backend.change_state(|state| {
        let Some(id) = state.zone_mut(&name).map(|zone| zone.id.clone()) else { return no_zone(&name) };
        state.zones.retain(|zone| zone.id != id);
        StatusCode::NO_CONTENT.into_response()
    })
}

/// Writes a record beside those that are there, whatever its provider would say; in place of one with the same
/// name, kind and value.
async fn write(
    Shared(backend): Shared<Arc<Backend>>,
    Path(zone): Path<String>,
    Json(written): Json<Written>,
) -> Response {
    let now = backend.now();
    backend.change_state(|state| {
        let Some(zone) = state.zone_mut(&zone) else { return no_zone(&zone) };
        let Some(name) = ascii_name(&zone.full_name(&written.name)) else {
            return wrong(&format!("'{}' is not a name", written.name));
        };
        let record = Record {
            id: random_guid().simple().to_string(),
            kind: written.kind.to_ascii_uppercase(),
            name,
            value: written.value,
            ttl: written.ttl,
            is_proxied: written.is_proxied,
            made_at: Some(now),
            since: Some(now),
            ..Record::default()
        };
        if !has_wire_form(&record) {
            return wrong(&format!("'{}' is not a value of type {}", record.value, record.kind));
        }
        let is_same = |other: &Record| other.is(&record.name, &record.kind) && other.value == record.value;
        zone.records.retain(|other| !is_same(other));
        zone.records.push(record.clone());
        Json(record).into_response()
    })
}

async fn erase(
    Shared(backend): Shared<Arc<Backend>>,
    Path(zone): Path<String>,
    Query(erased): Query<Erased>,
) -> Response {
    backend.change_state(|state| {
        let Some(zone) = state.zone_mut(&zone) else { return no_zone(&zone) };
        let name = zone.full_name(&erased.name);
        let before = zone.records.len();
        zone.records.retain(|record| {
            let is_meant = record.name.eq_ignore_ascii_case(&name)
                && erased.kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(&record.kind))
                && erased.value.as_ref().is_none_or(|value| *value == record.value);
            !is_meant
        });
        Json(json!({ "removed": before - zone.records.len() })).into_response()
    })
}

impl From<&Zone> for ZoneView {
    fn from(zone: &Zone) -> Self {
        let mut records = zone.records.clone();
        records.sort_by(|one, other| (&one.name, &one.kind).cmp(&(&other.name, &other.kind)));
        Self {
            name: zone.name.clone(),
            id: zone.id.clone(),
            provider: match zone.home {
                Some(ZoneHost::Cloudflare) => "Cloudflare",
                Some(ZoneHost::Azure { .. }) => "Azure DNS",
                None => "by hand",
            },
            name_servers: zone.name_servers().to_vec(),
            records,
        }
    }
}

fn no_zone(name: &str) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": format!("there is no zone {name}") }))).into_response()
}

fn wrong(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::rehearsal::{Answer, Rehearsal};

    async fn ask(rehearsal: &Rehearsal, method: &str, path: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        rehearsal.ask(method, path, &headers, body.to_string().into()).await
    }

    #[tokio::test]
    async fn records_are_written_and_erased_by_hand() {
        let rehearsal = Rehearsal::begin();
        let (zone, records) = ("/api/zones/tailspin.example", "/api/zones/tailspin.example/records");
        assert_eq!(ask(&rehearsal, "GET", zone, json!(null)).await.status, 404);
        assert_eq!(ask(&rehearsal, "PUT", zone, json!(null)).await.status, 201);
        assert_eq!(ask(&rehearsal, "PUT", zone, json!(null)).await.status, 204);
        let text = |value: &str| json!({ "name": "@", "kind": "txt", "value": value });
        for value in ["one", "two", "two"] {
            let written = ask(&rehearsal, "PUT", records, text(value)).await;
            assert_eq!((written.status, &written.body["name"]), (200, &json!("tailspin.example")));
        }
        let shown = ask(&rehearsal, "GET", zone, json!(null)).await;
        assert_eq!(shown.body["records"].as_array().unwrap().len(), 2);
        assert_eq!(
            (&shown.body["provider"], &shown.body["name_servers"][0]),
            (&json!("by hand"), &json!("ns1.twin.example"))
        );
        let erase = format!("{records}?name=@&kind=TXT&value=one");
        assert_eq!(ask(&rehearsal, "DELETE", &erase, json!(null)).await.body, json!({ "removed": 1 }));
        assert_eq!(ask(&rehearsal, "DELETE", zone, json!(null)).await.status, 204);
        assert_eq!(ask(&rehearsal, "PUT", records, text("x")).await.status, 404);
    }

    #[tokio::test]
    async fn what_is_no_record_is_refused() {
        let rehearsal = Rehearsal::begin();
        let records = "/api/zones/fabrikam.example/records";
        for body in [
            json!({ "name": "@", "kind": "A", "value": "mail.example" }),
            json!({ "name": "a b", "kind": "TXT", "value": "x" }),
            json!({ "name": "@", "kind": "HINFO", "value": "x" }),
            json!({ "name": "@", "kind": "TXT", "text": "x" }),
        ] {
            let status = ask(&rehearsal, "PUT", records, body.clone()).await.status;
            assert!((400..500).contains(&status), "{body}");
        }
        assert_eq!(ask(&rehearsal, "GET", "/zones", json!(null)).await.status, 200);
        let all = ask(&rehearsal, "GET", "/api/zones", json!(null)).await;
        let providers: Vec<&Value> =
            all.body.as_array().unwrap().iter().map(|zone| &zone["provider"]).collect();
        assert_eq!(providers, ["Cloudflare", "Cloudflare", "Azure DNS", "by hand", "by hand"]);
    }
}
