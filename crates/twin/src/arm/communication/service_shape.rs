//! What a communication service looks like. Azure shows four properties of one, and others once somebody has set them.

use serde::Serialize;
use serde_json::Value;

use super::super::call::Call;
use super::provisioning_state;
use super::shape::{Document, Tracked};
use crate::state::{Service, State, named, normalised};

/// What is a service's own, in Azure's order; the members behind `dataLocation` were never seen with others.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(super) enum Properties<'a> {
    /// While it is being made.
    Accepted { data_location: &'a str, provisioning_state: &'static str },
    Whole {
        provisioning_state: &'static str,
        host_name: String,
        immutable_resource_id: String,
        data_location: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        linked_domains: Option<&'a [String]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        disable_local_auth: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        public_network_access: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        notification_hub_id: Option<&'a str>,
    },
}

/// A service as it is shown to this client.
pub(super) fn shown(call: &Call<'_>, state: &State, service: &Service) -> Document {
    Document::of(&Tracked {
        id: service.resource_id(),
        name: &service.name,
        kind: "microsoft.communication/communicationservices",
        location: &service.location,
        tags: &service.tags,
        identity: service.identity.as_ref().map(|identity| identity_of(call, service, identity)),
        system_data: &service.stamp.system_data,
        properties: properties(call, state, service),
    })
}

fn properties<'a>(call: &Call<'_>, state: &State, service: &'a Service) -> Properties<'a> {
    let now = call.backend.now();
    let data_location = service.data_location.as_str();
    let provisioning_state = provisioning_state(service.ready_at, service.has_failed, now);
    if service.ready_at > now {
        return Properties::Accepted { data_location, provisioning_state };
    }
    let (set, all) = (&service.set, state.behaviour.whole_services);
    let access = if service.public_network_access { "Enabled" } else { "Disabled" };
    let shows_links = all || set.linked_domains || !service.linked_domains.is_empty();
    let shows_access = all || set.public_network_access.is_some() || !service.public_network_access;
    // The word is kept for those that mean neither.
    let word = set.public_network_access.as_deref().filter(|word| *word == "SecuredByPerimeter");
    Properties::Whole {
        provisioning_state,
        host_name: host_name(call, state, service),
        immutable_resource_id: immutable_id(service),
        data_location,
        linked_domains: shows_links.then_some(&service.linked_domains[..]),
        disable_local_auth: (all || set.disable_local_auth || service.disable_local_auth)
            .then_some(service.disable_local_auth),
        public_network_access: shows_access.then_some(word.unwrap_or(access)),
        notification_hub_id: service.notification_hub.as_deref(),
    }
}

/// A GUID that is another one for a service that was deleted and made again.
fn immutable_id(service: &Service) -> String {
    let made = service.stamp.system_data.created_at;
    named(service.subscription.guid(), &format!("{} {made}", service.resource_id().to_lowercase()))
        .to_string()
}

/// An identity of the service's own has a principal; it follows from where the service is.
fn identity_of(call: &Call<'_>, service: &Service, identity: &Value) -> Value {
    let mut shown = identity.clone();
    if identity["type"].as_str().is_some_and(|kind| kind.contains("SystemAssigned")) {
        let principal = named(service.subscription.guid(), &service.resource_id().to_lowercase());
        shown["principalId"] = principal.to_string().into();
        shown["tenantId"] = call.claims.tid.to_string().into();
    }
    shown
}

/// Where the data plane is, for this client: beside Resource Manager, unless that goes by its real name. Real names
/// have a label for the geography since 2024.
pub(super) fn host_name(call: &Call<'_>, state: &State, service: &Service) -> String {
    let host = call.base_url.trim_start_matches("https://");
    if !host.starts_with("management.") {
        return host.to_owned();
    }
    let name = service.name.to_ascii_lowercase();
    if state.behaviour.host_label {
        let label = normalised(&service.data_location);
        return format!("{name}.{label}.communication.azure.com");
    }
    format!("{name}.communication.azure.com")
}
