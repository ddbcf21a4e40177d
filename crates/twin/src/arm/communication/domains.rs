//! Email domains: Azure's own, and the customer's.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::{
    Written, accepted, deleted, email_services, invalid, missing, must, must_for_method, operations, page,
    parent, place, provisioning_state, tracked,
};
use crate::keys::random_guid;
use crate::refusal::Refusal;
use crate::world::dns::{DKIM, SPF_INCLUDE};
use crate::world::{Domain, EmailService, Management, Part, SenderUsername, Verification};

const KIND: &str = "EmailServices/Domains";

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    domain_management: Option<String>,
    user_engagement_tracking: Option<String>,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, KIND, "read")?;
    let service = email_services::at(call, &parent(&call.path, 1))?.resource_id();
    let (world, now) = (call.state.world(), call.state.now());
    let is_in = |one: &&Domain| one.email_service_id().eq_ignore_ascii_case(&service);
    Ok(page(world.domains.iter().filter(is_in).map(|one| shown(one, now))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    match call.method.as_str() {
        "GET" => Ok(Json(shown(&at(call, &call.path)?, call.state.now())).into_response()),
        "PUT" | "PATCH" => put(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

/// The domain at an ARM id.
pub(super) fn at(call: &Call<'_>, id: &str) -> Result<Domain, Refusal> {
    call.state.world().domain_at(id).cloned().ok_or_else(|| missing(call))
}

fn put(call: &Call<'_>) -> Answer {
    let body: Body = call.json()?;
    let (written, mut domain) = match at(call, &call.path) {
        Ok(there) => (Written::Changed, there),
        Err(missing) if call.method == "PATCH" => return Err(missing),
        Err(_) => (Written::Made, made(call, &body.properties)?),
    };
    if let Some(tags) = body.tags {
        domain.tags = tags;
    }
    if let Some(tracking) = body.properties.user_engagement_tracking {
        domain.engagement_tracking = tracking.eq_ignore_ascii_case("Enabled");
    }
    let id = domain.resource_id();
    let fate = operations::fate(call);
    fate.befall(written == Written::Made, &mut domain.ready_at, &mut domain.has_failed);
    let answer = match written {
        Written::Made => first_answer(&domain),
        Written::Changed => shown(&domain, call.state.now()),
    };
    call.state.change_world(|world| {
        world.domains.retain(|one| !one.resource_id().eq_ignore_ascii_case(&id));
        world.domains.push(domain);
    });
    Ok(accepted(call, (written, fate), &id, answer))
}

fn made(call: &Call<'_>, properties: &Properties) -> Result<Domain, Refusal> {
    let (subscription, resource_group) = place(call)?;
    let service = email_services::at(call, &parent(&call.path, 2)).map_err(|_| {
        let text = "The parent email service does not exist.";
        Refusal::new(StatusCode::NOT_FOUND, "ParentResourceNotFound", text)
    })?;
    check_quota(call, &service)?;
    let name = call.segment(9).to_owned();
    let management = properties.domain_management.as_deref().unwrap_or_default();
    let (management, name, verification) = match management {
        "AzureManaged" if name == "AzureManagedDomain" => {
            let name = format!("{}.azurecomm.net", random_guid());
            (Management::AzureManaged, name, Verification::done())
        }
        "AzureManaged" => {
            return Err(invalid(
                "InvalidResourceName",
                "An Azure-managed domain is called AzureManagedDomain.",
            ));
        }
        "CustomerManaged" if is_domain(&name) => (Management::CustomerManaged, name, Verification::default()),
        "CustomerManagedInExchangeOnline" if is_domain(&name) => {
            (Management::CustomerManagedInExchangeOnline, name, Verification::default())
        }
        "CustomerManaged" | "CustomerManagedInExchangeOnline" => {
            return Err(invalid("InvalidResourceName", format!("'{name}' is not a domain name.")));
        }
        other => return Err(invalid("BadRequest", format!("The domainManagement '{other}' is not known."))),
    };
    Ok(Domain {
        name,
        subscription,
        resource_group,
        email_service: service.name,
        data_location: service.data_location,
        management,
        ownership: random_guid(),
        engagement_tracking: false,
        tags: BTreeMap::new(),
        ready_at: call.state.now(),
        has_failed: false,
        verification,
        senders: vec![SenderUsername::default_one()],
        suppression_lists: Vec::new(),
    })
}

/// An email service has so many domains and no more.
fn check_quota(call: &Call<'_>, service: &EmailService) -> Result<(), Refusal> {
    let (world, id) = (call.state.world(), service.resource_id());
    let there = world.domains.iter().filter(|one| one.email_service_id().eq_ignore_ascii_case(&id)).count();
    let most = world.habits.domains_per_email_service;
    if there < most {
        return Ok(());
    }
    let text =
        format!("The email service '{}' has {most} domains already, which is all it may have.", service.name);
    Err(Refusal::new(StatusCode::CONFLICT, &world.habits.domain_quota_code, text))
}

/// One that is linked stays.
fn delete(call: &Call<'_>) -> Answer {
    let Ok(domain) = at(call, &call.path) else { return Ok(deleted(call, &call.path, false)) };
    let id = domain.resource_id();
    if let Some(service) = call.state.world().services.iter().find(|service| service.links(&domain)) {
        let text = format!("The domain is linked to '{}': unlink it first.", service.name);
        return Err(Refusal::new(StatusCode::CONFLICT, "DomainIsLinked", text));
    }
    call.state.change_world(|world| world.domains.retain(|one| !one.resource_id().eq_ignore_ascii_case(&id)));
    Ok(deleted(call, &id, true))
}

/// What the PUT that makes a domain answers: next to nothing.
fn first_answer(domain: &Domain) -> Value {
    let properties = json!({
        "domainManagement": management(domain),
        "provisioningState": "Accepted",
    });
    let kind = "microsoft.communication/emailservices/domains";
    tracked(&domain.resource_id(), domain.resource_name(), kind, &domain.tags, properties)
}

fn shown(domain: &Domain, now: Timestamp) -> Value {
    if domain.ready_at > now {
        return first_answer(domain);
    }
    let states: Map<String, Value> = Part::ALL
        .into_iter()
        .map(|part| {
            let progress = domain.verification.of(part);
            let mut state = json!({ "status": progress.status });
            if progress.status != "NotStarted" {
                state["errorCode"] = progress.error.unwrap_or_default().into();
            }
            (part.as_str().to_owned(), state)
        })
        .collect();
    let tracking = if domain.engagement_tracking { "Enabled" } else { "Disabled" };
    let properties = json!({
        "provisioningState": provisioning_state(domain.ready_at, domain.has_failed, now),
        "dataLocation": domain.data_location,
        "domainManagement": management(domain),
        "fromSenderDomain": domain.name,
        "mailFromSenderDomain": domain.name,
        "userEngagementTracking": tracking,
        "verificationStates": states,
        "verificationRecords": records(domain),
    });
    let kind = "microsoft.communication/emailservices/domains";
    tracked(&domain.resource_id(), domain.resource_name(), kind, &domain.tags, properties)
}

/// What has to stand in DNS. Nothing is said about DMARC, and nothing about Azure's own domains.
fn records(domain: &Domain) -> Value {
    if domain.management == Management::AzureManaged {
        return json!({});
    }
    let record = |kind: &str, name: &str, value: String| json!({ "type": kind, "name": name, "value": value, "ttl": 3600 });
    let mut records = json!({
        "Domain": record("TXT", &domain.name, domain.ownership_record()),
        "SPF": record("TXT", &domain.name, format!("v=spf1 {SPF_INCLUDE} -all")),
    });
    for (part, name, target) in DKIM {
        records[part.as_str()] = record("CNAME", name, target.to_owned());
    }
    records
}

fn management(domain: &Domain) -> &'static str {
    match domain.management {
        Management::AzureManaged => "AzureManaged",
        Management::CustomerManaged => "CustomerManaged",
        Management::CustomerManagedInExchangeOnline => "CustomerManagedInExchangeOnline",
    }
}

fn is_domain(name: &str) -> bool {
    name.contains('.') && name.parse::<smtp::address::Domain>().is_ok()
}
