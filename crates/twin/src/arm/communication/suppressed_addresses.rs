//! Addresses on suppression lists.

use axum::response::IntoResponse as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::shape::{Document, Proxy};
use super::suppression::{find, put_status, taken};
use super::{domains, invalid, is_plain, missing, must, must_for_method, page, parent, unread};
use crate::error_reply::ErrorReply;
use crate::state::{Domain, State, SuppressedAddress, SuppressionList, SystemData};

const KIND: &str = "EmailServices/Domains/SuppressionLists/SuppressionListAddresses";

#[derive(Deserialize)]
struct Body {
    properties: Asked,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    notes: Option<String>,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, KIND, "read")?;
    let domain = domains::at(call, &parent(&call.path, 3))?;
    let list = find(&domain, call.segment(11)).ok_or_else(|| unread(call))?;
    Ok(page(list.addresses.iter().map(|one| read(&domain, list, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    let id = parent(&call.path, 4);
    let domain = domains::at(call, &id)?;
    let list = find(&domain, call.segment(11)).ok_or_else(|| unread(call))?;
    let name = call.segment(13);
    match call.method.as_str() {
        "GET" => {
            let found = list.addresses.iter().find(|one| one.name.eq_ignore_ascii_case(name));
            Ok(read(&domain, list, found.ok_or_else(|| unread(call))?).into_response())
        }
        "PUT" => put(call, &id, &list.name, name),
        "DELETE" => {
            let was_there = call.backend.change_state(|state| {
                let Some(all) = addresses(state, &id, &list.name) else { return false };
                let before = all.len();
                all.retain(|one| !one.name.eq_ignore_ascii_case(name));
                before > all.len()
            });
            Ok(taken(call, was_there))
        }
        _ => Err(unknown(call)),
    }
}

/// What is on a list, to be changed.
fn addresses<'w>(state: &'w mut State, domain: &str, list: &str) -> Option<&'w mut Vec<SuppressedAddress>> {
    let lists = &mut state.domain_at_mut(domain)?.suppression_lists;
    lists.iter_mut().find(|one| one.name == list).map(|list| &mut list.addresses)
}

fn put(call: &Call<'_>, domain_id: &str, list: &str, name: &str) -> Answer {
    let Asked { email, first_name, last_name, notes } = call.json::<Body>()?.properties;
    if !is_plain(name, 253) {
        return Err(invalid("InvalidResourceName", format!("The name '{name}' is not valid.")));
    }
    if email.parse::<smtp::address::Mailbox>().is_err() {
        return Err(invalid("BadRequest", format!("'{email}' is not an address.")));
    }
    let (now, by) = (call.backend.now(), call.client());
    let (is_new, answer) = call.backend.change_state(|state| {
        let all = addresses(state, domain_id, list).ok_or_else(|| missing(domain_id))?;
        let there = all.iter().position(|one| one.name.eq_ignore_ascii_case(name));
        let before = there.map(|at| all.remove(at).system_data);
        let is_new = before.is_none();
        let system_data = before.unwrap_or_else(|| SystemData::made(&by, now)).changed(&by, now);
        let name = name.to_owned();
        let made =
            SuppressedAddress { name, email, first_name, last_name, notes, updated_at: now, system_data };
        all.push(made.clone());
        let domain = state.domain_at(domain_id).ok_or_else(|| missing(domain_id))?;
        Ok::<_, ErrorReply>((is_new, written(domain, list, &made)))
    })?;
    Ok((put_status(call, is_new), answer).into_response())
}

/// What is an address's own. Of names and notes only those are shown that were given.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Own<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    last_modified: Timestamp,
}

impl<'a> Own<'a> {
    fn of(one: &'a SuppressedAddress) -> Self {
        Self {
            email: &one.email,
            first_name: one.first_name.as_deref(),
            last_name: one.last_name.as_deref(),
            notes: one.notes.as_deref(),
            last_modified: one.updated_at,
        }
    }
}

fn written(domain: &Domain, list: &str, one: &SuppressedAddress) -> Document {
    let base = domain.resource_id();
    Document::of(&Proxy {
        id: format!("{base}/SuppressionLists/{list}/SuppressionListAddresses/{}", one.name),
        name: one.name.clone(),
        kind: "microsoft.communication/emailservices/domains/suppressionlists/suppressionlistaddresses",
        system_data: Some(&one.system_data),
        properties: Own::of(one),
    })
}

fn read(domain: &Domain, list: &SuppressionList, one: &SuppressedAddress) -> Document {
    let (base, name) = (domain.resource_id(), one.name.to_ascii_lowercase());
    let id = format!("{base}/suppressionlists/{}/suppressionlistaddresses/{name}", list.name);
    Document::of(&Proxy {
        id: id.to_ascii_lowercase(),
        name,
        kind: "emailservices/domains/suppressionlists/suppressionlistaddresses",
        system_data: None,
        properties: Own::of(one),
    })
}
