//! Resources of all kinds, as Resource Manager lists them: what the caller may read.

use azure_types::arm::COMMUNICATION_NAMESPACE;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::{page, parent};
use crate::filter::equals;
use crate::world::covers;

/// All of a subscription or a group, as far as the filter wants them.
pub(in super::super) fn resources(call: &Call<'_>) -> Answer {
    let scope = parent(&call.path, 1);
    let filter = call.query.get("$filter").map(String::as_str).unwrap_or_default();
    let (group, kind) = (equals(filter, "resourceGroup"), equals(filter, "resourceType"));
    let world = call.state.world();
    let mut all: Vec<(String, String, &str)> = Vec::new();
    all.extend(
        world.services.iter().map(|one| (one.resource_id(), one.name.clone(), "CommunicationServices")),
    );
    all.extend(world.email_services.iter().map(|one| (one.resource_id(), one.name.clone(), "EmailServices")));
    all.extend(world.domains.iter().map(|one| {
        let name = format!("{}/{}", one.email_service, one.resource_name());
        (one.resource_id(), name, "EmailServices/Domains")
    }));
    let now = call.state.now();
    let value: Vec<Value> = all
        .into_iter()
        .filter(|(id, _, _)| covers(&scope, id))
        .filter(|(id, _, _)| {
            group.as_ref().is_none_or(|group| covers(&format!("{scope}/resourceGroups/{group}"), id))
        })
        .map(|(id, name, kind)| (id, name, format!("{COMMUNICATION_NAMESPACE}/{kind}")))
        .filter(|(_, _, own)| kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(own)))
        .filter(|(id, _, kind)| world.may(call.claims.oid, &format!("{kind}/read"), id, now))
        .map(|(id, name, kind)| json!({ "id": id, "name": name, "type": kind, "location": "global" }))
        .collect();
    Ok(page(value))
}
