//! Sender usernames. What is read of them is in lower case, whatever was written.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::{domains, invalid, missing, must, must_for_method, page, parent};
use crate::world::{Domain, SenderUsername};

const KIND: &str = "EmailServices/Domains/SenderUsernames";

#[derive(Deserialize)]
struct Body {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    username: String,
    #[serde(default)]
    display_name: Option<String>,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, KIND, "read")?;
    let domain = domains::at(call, &parent(&call.path, 1))?;
    Ok(page(domain.senders.iter().map(|one| read(&domain, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    let id = parent(&call.path, 2);
    let domain = domains::at(call, &id)?;
    let name = call.segment(11).to_owned();
    let is_it = |one: &SenderUsername| one.username.eq_ignore_ascii_case(&name);
    match call.method.as_str() {
        "GET" => {
            let found = domain.senders.iter().find(|one| is_it(one)).ok_or_else(|| missing(call))?;
            Ok(Json(read(&domain, found)).into_response())
        }
        "PUT" => {
            let Properties { username, display_name } = call.json::<Body>()?.properties;
            let address = format!("{username}@{}", domain.name);
            if !username.eq_ignore_ascii_case(&name) || address.parse::<smtp::address::Mailbox>().is_err() {
                let text = format!("'{username}' is not a username, or not the one that is named '{name}'.");
                return Err(invalid("InvalidSenderUsername", text));
            }
            let made = SenderUsername { username, display_name };
            let answer = written(call, &name, &domain, &made);
            call.state.change_world(|world| {
                if let Some(domain) = world.domain_at_mut(&id) {
                    domain.senders.retain(|one| !is_it(one));
                    domain.senders.push(made);
                }
            });
            // 200 although it was made.
            Ok(Json(answer).into_response())
        }
        "DELETE" => {
            let was_there = domain.senders.iter().any(is_it);
            call.state.change_world(|world| {
                if let Some(domain) = world.domain_at_mut(&id) {
                    domain.senders.retain(|one| !is_it(one));
                }
            });
            Ok(if was_there {
                (StatusCode::OK, Json(Value::Null)).into_response()
            } else {
                StatusCode::NO_CONTENT.into_response()
            })
        }
        _ => Err(unknown(call)),
    }
}

fn written(call: &Call<'_>, name: &str, domain: &Domain, sender: &SenderUsername) -> Value {
    let mut properties = json!({
        "username": sender.username,
        "dataLocation": domain.data_location,
        "provisioningState": "Succeeded",
    });
    if let Some(display_name) = &sender.display_name {
        properties["displayName"] = display_name.as_str().into();
    }
    json!({
        "id": call.path,
        "name": name,
        "type": "microsoft.communication/emailservices/domains/senderusernames",
        "systemData": {},
        "properties": properties,
    })
}

fn read(domain: &Domain, sender: &SenderUsername) -> Value {
    let name = sender.username.to_ascii_lowercase();
    json!({
        "id": format!("{}/senderusernames/{name}", domain.resource_id()).to_ascii_lowercase(),
        "name": name,
        "type": "emailservices/domains/senderusernames",
        "properties": {
            "username": sender.username,
            "displayName": sender.display_name.clone().unwrap_or_default(),
            "dataLocation": domain.data_location,
        },
    })
}
