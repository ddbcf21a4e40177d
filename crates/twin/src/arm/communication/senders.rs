//! Sender usernames. What is read of them is in lower case, whatever was written.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::shape::{Document, Proxy};
use super::{domains, invalid, missing, must, must_for_method, nothing, page, parent, unread};
use crate::error_reply::ErrorReply;
use crate::state::{Domain, SenderUsername, State, SystemData};

const KIND: &str = "EmailServices/Domains/SenderUsernames";

#[derive(Deserialize)]
struct Body {
    properties: Asked,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    username: String,
    display_name: Option<String>,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, KIND, "read")?;
    let domain = domains::at(call, &parent(&call.path, 1))?;
    let state = call.backend.state();
    Ok(page(domain.senders.iter().map(|one| read(&state, &domain, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    let id = parent(&call.path, 2);
    let domain = domains::at(call, &id)?;
    let name = call.segment(11);
    match call.method.as_str() {
        "GET" => {
            let found = domain.senders.iter().find(|one| one.username.eq_ignore_ascii_case(name));
            let found = found.ok_or_else(|| unread(call))?;
            Ok(read(&call.backend.state(), &domain, found).into_response())
        }
        "PUT" => put(call, &domain, name),
        "DELETE" => Ok(if take(call, &id, name) {
            nothing(StatusCode::OK)
        } else {
            StatusCode::NO_CONTENT.into_response()
        }),
        _ => Err(unknown(call)),
    }
}

/// Takes a sender away, and says whether it was there.
fn take(call: &Call<'_>, domain: &str, name: &str) -> bool {
    call.backend.change_state(|state| {
        let Some(domain) = state.domain_at_mut(domain) else { return false };
        let before = domain.senders.len();
        domain.senders.retain(|one| !one.username.eq_ignore_ascii_case(name));
        before > domain.senders.len()
    })
}

fn put(call: &Call<'_>, domain: &Domain, name: &str) -> Answer {
    let Asked { username, display_name } = call.json::<Body>()?.properties;
    let address = format!("{username}@{}", domain.name);
    if !username.eq_ignore_ascii_case(name) || address.parse::<smtp::address::Mailbox>().is_err() {
        let text = format!("'{username}' is not a username, or not the one that is named '{name}'.");
        return Err(invalid("InvalidSenderUsername", text));
    }
    let made = SenderUsername { username, display_name };
    let id = domain.resource_id();
    call.backend.change_state(|state| {
        let domain = state.domain_at_mut(&id).ok_or_else(|| missing(&id))?;
        match domain.senders.iter_mut().find(|one| one.username.eq_ignore_ascii_case(name)) {
            Some(there) => *there = made.clone(),
            None => domain.senders.push(made.clone()),
        }
        Ok::<_, ErrorReply>(())
    })?;
    // 200 although it was made.
    Ok(written(call, name, domain, &made).into_response())
}

/// What is a sender's own, as it is answered where it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_location: Option<&'a str>,
    provisioning_state: &'static str,
}

/// The same where it is read.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Read<'a> {
    username: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_location: Option<&'a str>,
}

fn written(call: &Call<'_>, name: &str, domain: &Domain, sender: &SenderUsername) -> Document {
    let shows = call.backend.state().behaviour.sender_data_location;
    Document::of(&Proxy {
        id: format!("{}/senderUsernames/{name}", domain.resource_id()),
        name: name.to_owned(),
        kind: "microsoft.communication/emailservices/domains/senderusernames",
        system_data: Some(&SystemData::made(&call.client(), call.backend.now())),
        properties: Written {
            username: &sender.username,
            display_name: sender.display_name.as_deref(),
            data_location: shows.then_some(&domain.data_location),
            provisioning_state: "Succeeded",
        },
    })
}

fn read(state: &State, domain: &Domain, sender: &SenderUsername) -> Document {
    let name = sender.username.to_ascii_lowercase();
    Document::of(&Proxy {
        id: format!("{}/senderusernames/{name}", domain.resource_id()).to_ascii_lowercase(),
        name,
        kind: "emailservices/domains/senderusernames",
        system_data: None,
        properties: Read {
            username: &sender.username,
            display_name: sender.display_name.as_deref().unwrap_or_default(),
            data_location: state.behaviour.sender_data_location.then_some(&domain.data_location),
        },
    })
}
