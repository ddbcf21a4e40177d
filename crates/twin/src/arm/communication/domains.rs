//! Email domains: Azure's own, and the customer's.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use azure_types::ids::SubscriptionId;
use serde::Deserialize;

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::domain_shape::shown;
use super::operations::{self, Begin};
use super::{
    Written, accepted, deleted, email_services, etag, invalid, located, missing, must, must_be_open,
    must_for_method, page, parent, place,
};
use crate::error_reply::ErrorReply;
use crate::keys::random_guid;
use crate::state::{
    Domain, EmailService, Management, OperationKind, SenderUsername, Stamp, State, Verification,
};

const KIND: &str = "EmailServices/Domains";

#[derive(Deserialize)]
struct Body {
    location: Option<String>,
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
    let state = call.backend.state();
    let is_in = |one: &&Domain| one.email_service_id().eq_ignore_ascii_case(&service);
    Ok(page(state.domains.iter().filter(is_in).map(|one| shown(call, &state, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    match call.method.as_str() {
        "GET" => {
            let state = call.backend.state();
            let domain = state.domain_at(&call.path).ok_or_else(|| missing(&call.path))?;
            Ok(etag(&domain.stamp, shown(call, &state, domain).into_response()))
        }
        "PUT" => put(call),
        "PATCH" => patch(call),
        "DELETE" => delete(call),
        _ => Err(unknown(call)),
    }
}

/// The domain at an ARM id.
pub(super) fn at(call: &Call<'_>, id: &str) -> Result<Domain, ErrorReply> {
    call.backend.state().domain_at(id).cloned().ok_or_else(|| missing(id))
}

/// Makes a domain, or says all of one anew: what the body leaves out is as it is by default.
fn put(call: &Call<'_>) -> Answer {
    let body: Body = call.json()?;
    let location = located(body.location.as_deref())?;
    let place = place(call)?;
    let (now, by, random) = (call.backend.now(), call.client(), random_guid().as_u128());
    let (written, operation, stamp, answer) = call.backend.change_state(|state| {
        let (written, mut domain) = match state.domain_at(&call.path) {
            Some(there) => (Written::Changed, there.clone()),
            None => (Written::Made, made(call, state, place, &body.properties)?),
        };
        match written {
            Written::Made => domain.stamp = Stamp::made(&by, now, random),
            Written::Changed => domain.stamp.change(&by, now, random),
        }
        domain.location = location;
        domain.tags = body.tags.unwrap_or_default();
        domain.engagement_tracking = is_on(body.properties.user_engagement_tracking.as_deref());
        let fate = operations::fate(call, state);
        fate.apply_to(written == Written::Made, &mut domain.ready_at, &mut domain.has_failed);
        keep(state, domain.clone());
        let begin = Begin { resource: domain.resource_id(), fate, kind: OperationKind::Write };
        let operation = operations::begin(call, state, begin);
        let answer = shown(call, state, &domain);
        Ok::<_, ErrorReply>((written, operation, domain.stamp, answer))
    })?;
    Ok(accepted(call, written, &operation, etag(&stamp, answer.into_response())))
}

/// At once, although the specification has it go on for a while.
fn patch(call: &Call<'_>) -> Answer {
    let body: Body = call.json()?;
    let (now, by) = (call.backend.now(), call.client());
    let (stamp, answer) = call.backend.change_state(|state| {
        let domain = state.domain_at_mut(&call.path).ok_or_else(|| missing(&call.path))?;
        if let Some(tags) = body.tags {
            domain.tags = tags;
        }
        if let Some(tracking) = body.properties.user_engagement_tracking {
            domain.engagement_tracking = is_on(Some(&tracking));
        }
        domain.stamp.change(&by, now, random_guid().as_u128());
        let domain = domain.clone();
        let answer = shown(call, state, &domain);
        Ok::<_, ErrorReply>((domain.stamp, answer))
    })?;
    Ok(etag(&stamp, answer.into_response()))
}

fn is_on(tracking: Option<&str>) -> bool {
    tracking.is_some_and(|word| word.eq_ignore_ascii_case("Enabled"))
}

fn keep(state: &mut State, domain: Domain) {
    match state.domain_at_mut(&domain.resource_id()) {
        Some(there) => *there = domain,
        None => state.domains.push(domain),
    }
}

fn made(
    call: &Call<'_>,
    state: &State,
    (subscription, resource_group): (SubscriptionId, String),
    properties: &Properties,
) -> Result<Domain, ErrorReply> {
    let service = state.email_service_at(&parent(&call.path, 2)).ok_or_else(|| {
        let text = "The parent email service does not exist.";
        ErrorReply::new(StatusCode::NOT_FOUND, "ParentResourceNotFound", text)
    })?;
    must_be_open(call, state)?;
    check_quota(state, service)?;
    let name = call.segment(9).to_owned();
    let management = properties.domain_management.as_deref().unwrap_or_default();
    let (management, name, verification) = match management {
        "AzureManaged" if name.eq_ignore_ascii_case("AzureManagedDomain") => {
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
        email_service: service.name.clone(),
        data_location: service.data_location.clone(),
        location: String::new(),
        stamp: Stamp::default(),
        management,
        ownership: random_guid(),
        engagement_tracking: false,
        tags: BTreeMap::new(),
        ready_at: call.backend.now(),
        has_failed: false,
        verification,
        senders: vec![SenderUsername::default_one()],
        suppression_lists: Vec::new(),
    })
}

/// An email service has so many domains and no more.
fn check_quota(state: &State, service: &EmailService) -> Result<(), ErrorReply> {
    let id = service.resource_id();
    let there = state.domains.iter().filter(|one| one.email_service_id().eq_ignore_ascii_case(&id)).count();
    let most = state.behaviour.domains_per_email_service;
    if there < most {
        return Ok(());
    }
    let text =
        format!("The email service '{}' has {most} domains already, which is all it may have.", service.name);
    Err(ErrorReply::new(StatusCode::CONFLICT, &state.behaviour.domain_quota_code, text))
}

/// One that is linked stays.
fn delete(call: &Call<'_>) -> Answer {
    let begun = call.backend.change_state(|state| {
        let Some(domain) = state.domain_at(&call.path) else { return Ok(None) };
        if let Some(service) = state.services.iter().find(|service| service.links(domain)) {
            let text = format!("The domain is linked to '{}': unlink it first.", service.name);
            return Err(ErrorReply::new(StatusCode::CONFLICT, "DomainIsLinked", text).by_service());
        }
        let id = domain.resource_id();
        state.domains.retain(|one| one.resource_id() != id);
        Ok(Some(operations::begin_deletion(call, state, id)))
    })?;
    Ok(deleted(call, begun.as_ref()))
}

fn is_domain(name: &str) -> bool {
    name.contains('.') && name.parse::<smtp::address::Domain>().is_ok()
}
