//! `Microsoft.Communication`, as far as it can be read.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use azure_types::arm::{COMMUNICATION_NAMESPACE, Page};
use azure_types::communication::{
    CommunicationService, Domain, EmailService, Resource, SenderUsername, SmtpUsername, VerificationState,
    VerificationStates,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::call::Call;
use super::{Answer, providers, subscriptions, unknown};
use crate::filter::equals;
use crate::refusal::Refusal;
use crate::world::{self, Management, World, covers};

/// Finds who answers what lies below `/providers/Microsoft.Communication`.
pub(super) fn dispatch(call: &Call<'_>, subscription: &str) -> Answer {
    subscriptions::find(call, subscription)?;
    providers::must_be_registered(call, subscription, COMMUNICATION_NAMESPACE)?;
    if call.method != "GET" {
        return Err(unknown(call));
    }
    let at = call.segments.iter().rposition(|segment| segment == "microsoft.communication").unwrap_or(0);
    let (base, rest) = (parent(&call.path, call.segments.len() - at + 1), &call.segments[at + 1..]);
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let must = |kind: &str| call.must(&format!("{COMMUNICATION_NAMESPACE}/{kind}/read"), &call.path);
    let world = || call.state.world();
    match rest[..] {
        ["communicationservices"] => {
            must("CommunicationServices")?;
            let world = world();
            let all = world.services.iter().filter(|one| covers(&base, &one.resource_id()));
            Ok(page(all.map(|one| service(call, &world, one))))
        }
        ["communicationservices", _] => {
            must("CommunicationServices")?;
            let found = find_service(call, &call.path)?;
            Ok(Json(service(call, &world(), &found)).into_response())
        }
        ["communicationservices", _, "smtpusernames"] => {
            must("CommunicationServices/SmtpUsernames")?;
            let found = find_service(call, &parent(&call.path, 1))?;
            Ok(page(found.smtp_usernames.iter().map(|one| smtp_username(&found, one))))
        }
        ["emailservices"] => {
            must("EmailServices")?;
            Ok(page(email_services(&world()).into_iter().filter(|one| covers(&base, &one.id))))
        }
        ["emailservices", _] => {
            must("EmailServices")?;
            let found =
                email_services(&world()).into_iter().find(|one| one.id.eq_ignore_ascii_case(&call.path));
            found.map(|one| Json(one).into_response()).ok_or_else(|| missing(call))
        }
        ["emailservices", _, "domains"] => {
            must("EmailServices/Domains")?;
            let service = parent(&call.path, 1);
            let is_in = |one: &&world::Domain| one.email_service_id().eq_ignore_ascii_case(&service);
            Ok(page(world().domains.iter().filter(is_in).map(domain)))
        }
        ["emailservices", _, "domains", _] => {
            must("EmailServices/Domains")?;
            Ok(Json(domain(&find_domain(call, &call.path)?)).into_response())
        }
        ["emailservices", _, "domains", _, "senderusernames"] => {
            must("EmailServices/Domains/SenderUsernames")?;
            let found = find_domain(call, &parent(&call.path, 1))?;
            Ok(page(senders(&found).into_iter()))
        }
        _ => Err(unknown(call)),
    }
}

/// All resources that the caller may read, of a subscription or a group, as far as the filter wants them.
pub(super) fn resources(call: &Call<'_>) -> Answer {
    let scope = parent(&call.path, 1);
    let filter = call.query.get("$filter").map(String::as_str).unwrap_or_default();
    let (group, kind) = (equals(filter, "resourceGroup"), equals(filter, "resourceType"));
    let world = call.state.world();
    let mut all: Vec<(String, String, &str)> = Vec::new();
    all.extend(
        world.services.iter().map(|one| (one.resource_id(), one.name.clone(), "CommunicationServices")),
    );
    all.extend(email_services(&world).into_iter().map(|one| (one.id, one.name, "EmailServices")));
    all.extend(world.domains.iter().map(|one| {
        (one.resource_id(), format!("{}/{}", one.email_service, one.resource_name()), "EmailServices/Domains")
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
    Ok(Json(Page { value, next_link: None }).into_response())
}

fn find_service(call: &Call<'_>, id: &str) -> Result<world::Service, Refusal> {
    let world = call.state.world();
    let found = world.services.iter().find(|one| one.resource_id().eq_ignore_ascii_case(id));
    found.cloned().ok_or_else(|| missing(call))
}

fn find_domain(call: &Call<'_>, id: &str) -> Result<world::Domain, Refusal> {
    let world = call.state.world();
    let found = world.domains.iter().find(|one| one.resource_id().eq_ignore_ascii_case(id));
    found.cloned().ok_or_else(|| missing(call))
}

fn service(call: &Call<'_>, world: &World, service: &world::Service) -> Resource<CommunicationService> {
    let linked = service.linked_domains.iter().filter_map(|name| world.domain(name));
    Resource {
        id: service.resource_id(),
        name: service.name.clone(),
        kind: "Microsoft.Communication/CommunicationServices".to_owned(),
        location: Some("global".to_owned()),
        properties: CommunicationService {
            provisioning_state: "Succeeded".to_owned(),
            host_name: host_name(call, service),
            data_location: service.data_location.clone(),
            linked_domains: linked.map(world::Domain::resource_id).collect(),
            disable_local_auth: service.disable_local_auth,
            public_network_access: Some(
                if service.public_network_access { "Enabled" } else { "Disabled" }.to_owned(),
            ),
        },
    }
}

/// Where the data plane is, for this client: beside Resource Manager, unless that goes by its real name.
fn host_name(call: &Call<'_>, service: &world::Service) -> String {
    let host = call.origin.trim_start_matches("https://");
    if host.starts_with("management.") {
        return format!("{}.communication.azure.com", service.name.to_ascii_lowercase());
    }
    host.to_owned()
}

fn email_services(world: &World) -> Vec<Resource<EmailService>> {
    let mut all: Vec<Resource<EmailService>> = world
        .domains
        .iter()
        .map(|domain| Resource {
            id: domain.email_service_id(),
            name: domain.email_service.clone(),
            kind: "microsoft.communication/emailservices".to_owned(),
            location: Some("global".to_owned()),
            properties: EmailService {
                provisioning_state: "Succeeded".to_owned(),
                data_location: domain.data_location.clone(),
            },
        })
        .collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all.dedup_by(|one, other| one.id == other.id);
    all
}

fn domain(domain: &world::Domain) -> Resource<Domain> {
    let state = || VerificationState {
        status: if domain.verified { "Verified" } else { "NotStarted" }.to_owned(),
        error_code: None,
    };
    Resource {
        id: domain.resource_id(),
        name: domain.resource_name().to_owned(),
        kind: "microsoft.communication/emailservices/domains".to_owned(),
        location: Some("global".to_owned()),
        properties: Domain {
            provisioning_state: "Succeeded".to_owned(),
            domain_management: match domain.management {
                Management::AzureManaged => "AzureManaged",
                Management::CustomerManaged => "CustomerManaged",
            }
            .to_owned(),
            from_sender_domain: domain.name.clone(),
            data_location: domain.data_location.clone(),
            verification_states: VerificationStates {
                domain: state(),
                spf: state(),
                dkim: state(),
                dkim2: state(),
            },
        },
    }
}

/// Every domain has `donotreply` from the start. What is read of senders is in lower case.
fn senders(domain: &world::Domain) -> Vec<Resource<SenderUsername>> {
    let first = ("DoNotReply".to_owned(), Some("DoNotReply".to_owned()));
    let others = domain.senders.iter().map(|one| (one.username.clone(), one.display_name.clone()));
    let sender = |(username, display_name): (String, Option<String>)| {
        let name = username.to_ascii_lowercase();
        Resource {
            id: format!("{}/senderusernames/{name}", domain.resource_id()).to_ascii_lowercase(),
            name,
            kind: "emailservices/domains/senderusernames".to_owned(),
            location: None,
            properties: SenderUsername { username, display_name: Some(display_name.unwrap_or_default()) },
        }
    };
    std::iter::once(first).chain(others).map(sender).collect()
}

fn smtp_username(service: &world::Service, login: &world::SmtpUsername) -> Resource<SmtpUsername> {
    let name = login.name.to_ascii_lowercase();
    Resource {
        id: format!("{}/SmtpUsernames/{name}", service.resource_id()),
        name,
        kind: "communicationservices/smtpusernames".to_owned(),
        location: None,
        properties: SmtpUsername {
            username: login.username.clone(),
            entra_application_id: login.client.to_string(),
            tenant_id: login.tenant.to_string(),
        },
    }
}

fn page<T: Serialize>(value: impl Iterator<Item = T>) -> Response {
    Json(Page { value: value.collect(), next_link: None }).into_response()
}

/// A path without its last segments.
fn parent(path: &str, segments: usize) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.truncate(parts.len().saturating_sub(segments));
    parts.join("/")
}

fn missing(call: &Call<'_>) -> Refusal {
    let text = format!("The Resource '{}' was not found.", call.path);
    Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", text)
}
