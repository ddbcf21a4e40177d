//! Zones: a caller with the token of one may read it.

use serde_json::{Value, json};

use super::Answer;
use super::call::{self, Call};
use super::filter::matches;
use crate::state::dns::Zone;

const PER_PAGE: usize = 20;
const MAX_PER_PAGE: usize = 50;
/// When everything was made that was always there.
pub(super) const BEGINNING: &str = "2020-01-01T00:00:00Z";

/// The token's zones, by name.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let state = call.backend.state();
    let mut zones: Vec<&Zone> = state.zones.iter().filter(|zone| call.token.covers(zone)).collect();
    zones.retain(|zone| call.parameter("name").is_none_or(|name| is_named(zone, name)));
    zones.retain(|_| call.parameter("status").is_none_or(|status| status == "active"));
    zones.sort_by(|one, other| one.name.cmp(&other.name));
    if call.parameter("direction") == Some("desc") {
        zones.reverse();
    }
    let shown: Vec<Value> = zones.into_iter().map(shown).collect();
    call.page(&shown, PER_PAGE, MAX_PER_PAGE)
}

pub(super) fn show(call: &Call<'_>, id: &str) -> Answer {
    Ok(call::result(shown(&call.zone(id)?)))
}

/// `fabrikam.example`, or with an operator before it: `contains:fabrikam`.
fn is_named(zone: &Zone, wanted: &str) -> bool {
    let (operator, wanted) = wanted.split_once(':').unwrap_or(("equal", wanted));
    let operator = match operator {
        "starts_with" => "startswith",
        "ends_with" => "endswith",
        "contains" => "contains",
        _ => "exact",
    };
    matches(operator, &zone.name, wanted.trim_end_matches('.'))
}

fn shown(zone: &Zone) -> Value {
    json!({
        "id": zone.id,
        "name": zone.name,
        "status": "active",
        "paused": false,
        "type": "full",
        "development_mode": 0,
        "name_servers": zone.name_servers(),
        "original_name_servers": null,
        "original_registrar": null,
        "original_dnshost": null,
        "created_on": BEGINNING,
        "modified_on": BEGINNING,
        "activated_on": BEGINNING,
        "account": { "id": "a".repeat(32), "name": "Twin" },
        "owner": { "id": null, "type": "user", "email": null },
        "plan": { "id": "f".repeat(32), "name": "Free Website", "price": 0, "is_subscribed": false },
        "meta": { "step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": false },
        "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read"],
    })
}
