//! Communication services.

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
    Written, accepted, deleted, invalid, is_below, missing, must, must_for_method, names, operations, page,
    parent, place, provisioning_state, tracked,
};
use crate::keys::random_key;
use crate::refusal::Refusal;
use crate::world::{Service, World, named};

const KIND: &str = "CommunicationServices";

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    identity: Option<Value>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    data_location: Option<String>,
    linked_domains: Option<Vec<String>>,
    disable_local_auth: Option<bool>,
    public_network_access: Option<String>,
}

pub(super) fn list(call: &Call<'_>, base: &str) -> Answer {
    if call.method != "GET" {
        return Err(unknown(call));
    }
    must(call, KIND, "read")?;
    let world = call.state.world();
    let all = world.services.iter().filter(|one| is_below(base, &one.resource_id()));
    Ok(page(all.map(|one| shown(call, one, call.state.now()))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    match call.method.as_str() {
        "GET" => Ok(Json(shown(call, &find(call)?, call.state.now())).into_response()),
        "PUT" => put(call),
        "PATCH" => patch(call),
        "DELETE" => {
            let id = call.path.clone();
            let was_there = find(call).is_ok();
            call.state.change_world(|world| {
                world.services.retain(|one| !one.resource_id().eq_ignore_ascii_case(&id));
            });
            Ok(deleted(call, &id, was_there))
        }
        _ => Err(unknown(call)),
    }
}

/// Links a notification hub, of which nothing but the id is kept.
pub(super) fn link_hub(call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Asked {
        resource_id: String,
        #[serde(rename = "connectionString")]
        _connection_string: String,
    }
    must(call, KIND, "linkNotificationHub/action")?;
    let mut service = at(call, &parent(&call.path, 1))?;
    let Asked { resource_id, .. } = call.json()?;
    service.notification_hub = Some(resource_id.clone());
    keep(call, service);
    Ok(Json(json!({ "resourceId": resource_id })).into_response())
}

pub(super) fn find(call: &Call<'_>) -> Result<Service, Refusal> {
    at(call, &call.path)
}

/// The service at an ARM id.
pub(super) fn at(call: &Call<'_>, id: &str) -> Result<Service, Refusal> {
    let world = call.state.world();
    let found = world.services.iter().find(|one| one.resource_id().eq_ignore_ascii_case(id));
    found.cloned().ok_or_else(|| missing(call))
}

fn put(call: &Call<'_>) -> Answer {
    let (subscription, resource_group) = place(call)?;
    let name = call.segment(7).to_owned();
    if !names::is_valid(&name) {
        return Err(invalid("InvalidResourceName", format!("The name '{name}' is not valid.")));
    }
    let body: Body = call.json()?;
    let now = call.state.now();
    let there = find(call).ok();
    let data_location = match (&body.properties.data_location, &there) {
        (None, None) => return Err(invalid("BadRequest", "dataLocation is required.")),
        (Some(wanted), Some(there)) if !wanted.eq_ignore_ascii_case(&there.data_location) => {
            return Err(invalid("BadRequest", "dataLocation cannot be changed."));
        }
        (Some(wanted), None) => wanted.clone(),
        (_, Some(there)) => there.data_location.clone(),
    };
    if there.is_none()
        && let Some(code) = names::is_taken(call, &name)
    {
        let text = format!("The name '{name}' is already taken.");
        return Err(Refusal::new(StatusCode::CONFLICT, &code, text));
    }
    let written = if there.is_some() { Written::Changed } else { Written::Made };
    let base = there.unwrap_or_else(|| Service {
        name,
        subscription,
        resource_group,
        keys: [random_key(), random_key()],
        data_location,
        public_network_access: true,
        disable_local_auth: false,
        tags: BTreeMap::new(),
        ready_at: now,
        has_failed: false,
        linked_domains: Vec::new(),
        notification_hub: None,
        identity: None,
        smtp_usernames: Vec::new(),
    });
    let mut service = changed(call, base, body)?;
    let fate = operations::fate(call);
    fate.befall(written == Written::Made, &mut service.ready_at, &mut service.has_failed);
    let body = shown(call, &service, now);
    keep(call, service.clone());
    Ok(accepted(call, (written, fate), &service.resource_id(), body))
}

/// At once, unlike all others.
fn patch(call: &Call<'_>) -> Answer {
    let service = changed(call, find(call)?, call.json()?)?;
    let answer = Json(shown(call, &service, call.state.now()));
    keep(call, service);
    Ok(answer.into_response())
}

fn changed(call: &Call<'_>, mut service: Service, body: Body) -> Result<Service, Refusal> {
    if let Some(tags) = body.tags {
        service.tags = tags;
    }
    if let Some(identity) = body.identity {
        service.identity = Some(identity).filter(|identity| identity["type"] != "None");
    }
    let properties = body.properties;
    if let Some(disabled) = properties.disable_local_auth {
        service.disable_local_auth = disabled;
    }
    if let Some(access) = properties.public_network_access {
        service.public_network_access = access.eq_ignore_ascii_case("Enabled");
    }
    if let Some(links) = properties.linked_domains {
        let world = call.state.world();
        let most = world.habits.linked_domains;
        if links.len() > most {
            let text = format!("A communication service may have {most} linked domains at most.");
            return Err(invalid("InvalidLinkedDomains", text));
        }
        for link in &links {
            check_link(&world, &service, link, call.state.now())?;
        }
        // All of them are replaced.
        service.linked_domains = links;
    }
    Ok(service)
}

fn check_link(world: &World, service: &Service, link: &str, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |why: &str| {
        let text = format!("Requested domain '{link}' cannot be linked: {why}.");
        Err(invalid("InvalidLinkedDomains", text))
    };
    let Some(domain) = world.domain_at(link) else { return refuse("it does not exist") };
    if domain.ready_at > now {
        return refuse("it is still being provisioned");
    }
    if domain.has_failed {
        return refuse("its provisioning has failed");
    }
    if !domain.verification.is_enough() {
        return refuse("it is not verified");
    }
    if !domain.data_location.eq_ignore_ascii_case(&service.data_location) {
        return refuse("its data location is another");
    }
    Ok(())
}

fn keep(call: &Call<'_>, service: Service) {
    let id = service.resource_id();
    call.state.change_world(|world| {
        let found = world.services.iter_mut().find(|one| one.resource_id().eq_ignore_ascii_case(&id));
        match found {
            Some(there) => *there = service,
            None => world.services.push(service),
        }
    });
}

fn shown(call: &Call<'_>, service: &Service, now: Timestamp) -> Value {
    let is_ready = service.ready_at <= now;
    let access = if service.public_network_access { "Enabled" } else { "Disabled" };
    let mut properties = json!({
        "provisioningState": provisioning_state(service.ready_at, service.has_failed, now),
        "dataLocation": service.data_location,
        "linkedDomains": service.linked_domains,
        "disableLocalAuth": service.disable_local_auth,
        "publicNetworkAccess": access,
    });
    if is_ready {
        properties["hostName"] = host_name(call, service).into();
        properties["immutableResourceId"] = service.name.clone().into();
    }
    if let Some(hub) = &service.notification_hub {
        properties["notificationHubId"] = hub.as_str().into();
    }
    let kind = "Microsoft.Communication/CommunicationServices";
    let mut whole = tracked(&service.resource_id(), &service.name, kind, &service.tags, properties);
    if let Some(identity) = &service.identity {
        whole["identity"] = identity_of(call, service, identity);
    }
    whole
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

/// Where the data plane is, for this client: beside Resource Manager, unless that goes by its real name.
pub(super) fn host_name(call: &Call<'_>, service: &Service) -> String {
    let host = call.origin.trim_start_matches("https://");
    if host.starts_with("management.") {
        return format!("{}.communication.azure.com", service.name.to_ascii_lowercase());
    }
    host.to_owned()
}
