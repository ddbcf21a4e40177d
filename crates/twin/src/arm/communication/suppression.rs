//! Suppression lists and the addresses on them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::{domains, invalid, is_plain, missing, must, must_for_method, page, parent};
use crate::world::{Domain, SuppressedAddress, SuppressionList};

const LISTS: &str = "EmailServices/Domains/SuppressionLists";
const ADDRESSES: &str = "EmailServices/Domains/SuppressionLists/SuppressionListAddresses";

#[derive(Deserialize)]
struct ListBody {
    #[serde(default)]
    properties: ListProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListProperties {
    list_name: String,
}

#[derive(Deserialize)]
struct AddressBody {
    properties: AddressProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressProperties {
    email: String,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    notes: Option<String>,
}

pub(super) fn lists(call: &Call<'_>) -> Answer {
    must(call, LISTS, "read")?;
    let domain = domains::at(call, &parent(&call.path, 1))?;
    Ok(page(domain.suppression_lists.iter().map(|one| shown(&domain, one))))
}

pub(super) fn one_list(call: &Call<'_>) -> Answer {
    must_for_method(call, LISTS)?;
    let id = parent(&call.path, 2);
    let domain = domains::at(call, &id)?;
    let name = call.segment(11).to_owned();
    let there = find(&domain, &name);
    match call.method.as_str() {
        "GET" => Ok(Json(shown(&domain, there.ok_or_else(|| missing(call))?)).into_response()),
        "PUT" => {
            let list_name = call.json::<ListBody>()?.properties.list_name;
            if !is_plain(&name, 253) {
                return Err(invalid("InvalidResourceName", format!("The name '{name}' is not valid.")));
            }
            if !list_name.is_empty() && !domain.has_sender(&list_name) {
                let text = format!("'{list_name}' is not a sender username of the domain.");
                return Err(invalid("InvalidListName", text));
            }
            let now = call.state.now();
            let list = SuppressionList {
                name: name.clone(),
                list_name,
                created_at: there.map_or(now, |there| there.created_at),
                updated_at: now,
                addresses: there.map(|there| there.addresses.clone()).unwrap_or_default(),
            };
            let status = if there.is_some() { StatusCode::OK } else { StatusCode::CREATED };
            let answer = shown(&domain, &list);
            change(call, &id, |domain| {
                domain.suppression_lists.retain(|one| !one.name.eq_ignore_ascii_case(&name));
                domain.suppression_lists.push(list);
            });
            Ok((status, Json(answer)).into_response())
        }
        "DELETE" => {
            let status = if there.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
            change(call, &id, |domain| {
                domain.suppression_lists.retain(|one| !one.name.eq_ignore_ascii_case(&name));
            });
            Ok(status.into_response())
        }
        _ => Err(unknown(call)),
    }
}

pub(super) fn addresses(call: &Call<'_>) -> Answer {
    must(call, ADDRESSES, "read")?;
    let domain = domains::at(call, &parent(&call.path, 3))?;
    let list = find(&domain, call.segment(11)).ok_or_else(|| missing(call))?;
    Ok(page(list.addresses.iter().map(|one| address(&domain, list, one))))
}

pub(super) fn one_address(call: &Call<'_>) -> Answer {
    must_for_method(call, ADDRESSES)?;
    let id = parent(&call.path, 4);
    let domain = domains::at(call, &id)?;
    let list = find(&domain, call.segment(11)).ok_or_else(|| missing(call))?;
    let name = call.segment(13).to_owned();
    let there = list.addresses.iter().find(|one| one.name.eq_ignore_ascii_case(&name));
    match call.method.as_str() {
        "GET" => {
            let found = there.ok_or_else(|| missing(call))?;
            Ok(Json(address(&domain, list, found)).into_response())
        }
        "PUT" => {
            let AddressProperties { email, first_name, last_name, notes } =
                call.json::<AddressBody>()?.properties;
            if email.parse::<smtp::address::Mailbox>().is_err() {
                return Err(invalid("BadRequest", format!("'{email}' is not an address.")));
            }
            let updated_at = call.state.now();
            let own = name.clone();
            let made = SuppressedAddress { name: own, email, first_name, last_name, notes, updated_at };
            let status = if there.is_some() { StatusCode::OK } else { StatusCode::CREATED };
            let answer = address(&domain, list, &made);
            on_list(call, &id, &list.name, |all| {
                all.retain(|one| !one.name.eq_ignore_ascii_case(&name));
                all.push(made);
            });
            Ok((status, Json(answer)).into_response())
        }
        "DELETE" => {
            let status = if there.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
            on_list(call, &id, &list.name, |all| all.retain(|one| !one.name.eq_ignore_ascii_case(&name)));
            Ok(status.into_response())
        }
        _ => Err(unknown(call)),
    }
}

fn find<'d>(domain: &'d Domain, name: &str) -> Option<&'d SuppressionList> {
    domain.suppression_lists.iter().find(|one| one.name.eq_ignore_ascii_case(name))
}

fn change(call: &Call<'_>, id: &str, change: impl FnOnce(&mut Domain)) {
    call.state.change_world(|world| {
        if let Some(domain) = world.domain_at_mut(id) {
            change(domain);
        }
    });
}

fn on_list(call: &Call<'_>, id: &str, list: &str, work: impl FnOnce(&mut Vec<SuppressedAddress>)) {
    change(call, id, |domain| {
        if let Some(list) = domain.suppression_lists.iter_mut().find(|one| one.name == list) {
            work(&mut list.addresses);
        }
    });
}

fn shown(domain: &Domain, list: &SuppressionList) -> Value {
    json!({
        "id": format!("{}/suppressionLists/{}", domain.resource_id(), list.name),
        "name": list.name,
        "type": "Microsoft.Communication/EmailServices/Domains/SuppressionLists",
        "properties": {
            "listName": list.list_name,
            "createdTimeStamp": list.created_at,
            "lastUpdatedTimeStamp": list.updated_at,
            "dataLocation": domain.data_location,
        },
    })
}

fn address(domain: &Domain, list: &SuppressionList, one: &SuppressedAddress) -> Value {
    let mut properties = json!({
        "email": one.email,
        "lastModified": one.updated_at,
        "dataLocation": domain.data_location,
    });
    let said = [("firstName", &one.first_name), ("lastName", &one.last_name), ("notes", &one.notes)];
    for (member, text) in said {
        if let Some(text) = text {
            properties[member] = text.as_str().into();
        }
    }
    json!({
        "id": format!(
            "{}/suppressionLists/{}/suppressionListAddresses/{}",
            domain.resource_id(),
            list.name,
            one.name
        ),
        "name": one.name,
        "type": "Microsoft.Communication/EmailServices/Domains/SuppressionLists/SuppressionListAddresses",
        "properties": properties,
    })
}
