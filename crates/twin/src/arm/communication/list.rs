//! Resources of all kinds, as Resource Manager lists them: what the caller may read.

use azure_types::arm::COMMUNICATION_NAMESPACE;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::{parent, plain_page};
use crate::filter::equals;
use crate::state::covers;
use crate::state::dns::provider::NETWORK_NAMESPACE;

/// All of a subscription or a group, as far as the filter wants them.
pub(in super::super) fn resources(call: &Call<'_>) -> Answer {
    let scope = parent(&call.path, 1);
    if !call.sees(&scope) {
        call.must("Microsoft.Resources/subscriptions/resources/read", &scope)?;
    }
    let filter = call.query.get("$filter").map(String::as_str).unwrap_or_default();
    let (group, kind) = (equals(filter, "resourceGroup"), equals(filter, "resourceType"));
    let state = call.backend.state();
    let own = |kind: &str| format!("{COMMUNICATION_NAMESPACE}/{kind}");
    let mut all: Vec<(String, String, String)> = Vec::new();
    all.extend(
        state.services.iter().map(|one| (one.resource_id(), one.name.clone(), own("CommunicationServices"))),
    );
    all.extend(
        state.email_services.iter().map(|one| (one.resource_id(), one.name.clone(), own("EmailServices"))),
    );
    all.extend(state.domains.iter().map(|one| {
        let name = format!("{}/{}", one.email_service, one.resource_name());
        (one.resource_id(), name, own("EmailServices/Domains"))
    }));
    all.extend(state.zones.iter().filter_map(|one| {
        one.resource_id().map(|id| (id, one.name.clone(), format!("{NETWORK_NAMESPACE}/dnszones")))
    }));
    let now = call.backend.now();
    let value: Vec<Value> = all
        .into_iter()
        .filter(|(id, _, _)| covers(&scope, id))
        .filter(|(id, _, _)| {
            group.as_ref().is_none_or(|group| covers(&format!("{scope}/resourceGroups/{group}"), id))
        })
        .filter(|(_, _, own)| kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(own)))
        .filter(|(id, _, kind)| state.may(call.claims.oid, &format!("{kind}/read"), id, now))
        .map(|(id, name, kind)| json!({ "id": id, "name": name, "type": kind, "location": "global" }))
        .collect();
    Ok(plain_page(value))
}
