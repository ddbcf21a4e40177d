//! Suppression lists: how they are kept. What is on one is in `suppressed_addresses`.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::shape::{Document, Proxy};
use super::{domains, invalid, is_plain, missing, must, must_for_method, nothing, page, parent, unread};
use crate::error_reply::ErrorReply;
use crate::state::{Domain, SuppressionList, SystemData};

const KIND: &str = "EmailServices/Domains/SuppressionLists";

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    properties: Asked,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    list_name: String,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, KIND, "read")?;
    let domain = domains::at(call, &parent(&call.path, 1))?;
    Ok(page(domain.suppression_lists.iter().map(|one| read(&domain, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    let id = parent(&call.path, 2);
    let domain = domains::at(call, &id)?;
    let name = call.segment(11);
    match call.method.as_str() {
        "GET" => {
            let found = find(&domain, name).ok_or_else(|| unread(call))?;
            Ok(read(&domain, found).into_response())
        }
        "PUT" => put(call, &id, name),
        "DELETE" => {
            let was_there = call.backend.change_state(|state| {
                let Some(domain) = state.domain_at_mut(&id) else { return false };
                let before = domain.suppression_lists.len();
                domain.suppression_lists.retain(|one| !one.name.eq_ignore_ascii_case(name));
                before > domain.suppression_lists.len()
            });
            Ok(taken(call, was_there))
        }
        _ => Err(unknown(call)),
    }
}

/// The list of that resource name.
pub(super) fn find<'d>(domain: &'d Domain, name: &str) -> Option<&'d SuppressionList> {
    domain.suppression_lists.iter().find(|one| one.name.eq_ignore_ascii_case(name))
}

/// How a write is answered: as a sender is, or as the specification has it.
pub(super) fn put_status(call: &Call<'_>, is_new: bool) -> StatusCode {
    let as_specified = call.backend.state().behaviour.suppression_as_specified;
    if as_specified && is_new { StatusCode::CREATED } else { StatusCode::OK }
}

/// How a deletion is answered.
pub(super) fn taken(call: &Call<'_>, was_there: bool) -> Response {
    match (was_there, call.backend.state().behaviour.suppression_as_specified) {
        (false, _) => StatusCode::NO_CONTENT.into_response(),
        (true, true) => StatusCode::OK.into_response(),
        (true, false) => nothing(StatusCode::OK),
    }
}

fn put(call: &Call<'_>, id: &str, name: &str) -> Answer {
    let list_name = call.json::<Body>()?.properties.list_name;
    if !is_plain(name, 253) {
        return Err(invalid("InvalidResourceName", format!("The name '{name}' is not valid.")));
    }
    let (now, by) = (call.backend.now(), call.client());
    let (is_new, answer) = call.backend.change_state(|state| {
        let any_name = state.behaviour.any_list_name;
        let domain = state.domain_at_mut(id).ok_or_else(|| missing(id))?;
        if !list_name.is_empty() && !any_name && !domain.has_sender(&list_name) {
            let text = format!("'{list_name}' is not a sender username of the domain.");
            return Err(invalid("InvalidListName", text));
        }
        let there = find(domain, name).cloned();
        let is_new = there.is_none();
        let mut list = there.unwrap_or_else(|| SuppressionList {
            name: name.to_owned(),
            list_name: String::new(),
            created_at: now,
            updated_at: now,
            system_data: SystemData::made(&by, now),
            addresses: Vec::new(),
        });
        list.list_name = list_name;
        list.updated_at = now;
        list.system_data = list.system_data.changed(&by, now);
        domain.suppression_lists.retain(|one| !one.name.eq_ignore_ascii_case(name));
        domain.suppression_lists.push(list.clone());
        Ok::<_, ErrorReply>((is_new, written(domain, &list)))
    })?;
    Ok((put_status(call, is_new), answer).into_response())
}

/// What is a list's own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Own<'a> {
    list_name: &'a str,
    data_location: &'a str,
    created_time_stamp: Timestamp,
    last_updated_time_stamp: Timestamp,
}

impl<'a> Own<'a> {
    fn of(domain: &'a Domain, list: &'a SuppressionList) -> Self {
        Self {
            list_name: &list.list_name,
            data_location: &domain.data_location,
            created_time_stamp: list.created_at,
            last_updated_time_stamp: list.updated_at,
        }
    }
}

fn written(domain: &Domain, list: &SuppressionList) -> Document {
    Document::of(&Proxy {
        id: format!("{}/SuppressionLists/{}", domain.resource_id(), list.name),
        name: list.name.clone(),
        kind: "microsoft.communication/emailservices/domains/suppressionlists",
        system_data: Some(&list.system_data),
        properties: Own::of(domain, list),
    })
}

fn read(domain: &Domain, list: &SuppressionList) -> Document {
    let name = list.name.to_ascii_lowercase();
    Document::of(&Proxy {
        id: format!("{}/suppressionlists/{name}", domain.resource_id()).to_ascii_lowercase(),
        name,
        kind: "emailservices/domains/suppressionlists",
        system_data: None,
        properties: Own::of(domain, list),
    })
}
