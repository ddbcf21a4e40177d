//! Logins for SMTP that are resources of their own. Azure does not ask Entra whether the app exists.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::shape::{Document, Proxy};
use super::{invalid, is_plain, missing, must, must_for_method, page, parent, services, unread};
use crate::error_reply::ErrorReply;
use crate::state::{Service, SmtpUsername, State, SystemData};

const KIND: &str = "CommunicationServices/SmtpUsernames";

#[derive(Deserialize)]
struct Body {
    properties: Asked,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    username: String,
    entra_application_id: String,
    tenant_id: String,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, KIND, "read")?;
    let service = services::at(call, &parent(&call.path, 1))?;
    Ok(page(service.smtp_usernames.iter().map(|one| read(&service, one))))
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    must_for_method(call, KIND)?;
    let service_id = parent(&call.path, 2);
    let service = services::at(call, &service_id)?;
    let name = call.segment(9);
    match call.method.as_str() {
        "GET" => {
            let found = service.smtp_usernames.iter().find(|one| one.name.eq_ignore_ascii_case(name));
            Ok(read(&service, found.ok_or_else(|| unread(call))?).into_response())
        }
        "PUT" => put(call, &service_id, name),
        "DELETE" => {
            call.backend.change_state(|state| {
                if let Some(service) = state.service_at_mut(&service_id) {
                    service.smtp_usernames.retain(|one| !one.name.eq_ignore_ascii_case(name));
                }
            });
            // 204 although it was there.
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(unknown(call)),
    }
}

fn put(call: &Call<'_>, service_id: &str, name: &str) -> Answer {
    let asked = call.json::<Body>()?.properties;
    if !is_plain(name, 253) || name.eq_ignore_ascii_case(&asked.username) {
        let text = format!("The name '{name}' is not valid, or is the username itself.");
        return Err(invalid("InvalidResourceName", text));
    }
    let id = |text: &str| invalid("BadRequest", format!("'{text}' is not a GUID."));
    let system_data = SystemData::made(&call.client(), call.backend.now());
    let mut made = SmtpUsername {
        name: name.to_owned(),
        client: asked.entra_application_id.parse().map_err(|_| id(&asked.entra_application_id))?,
        tenant: asked.tenant_id.parse().map_err(|_| id(&asked.tenant_id))?,
        username: asked.username,
        system_data,
    };
    let service = call.backend.change_state(|state| {
        must_be_linked(state, service_id, &made.username)?;
        let now = call.backend.now();
        let service = state.service_at_mut(service_id).ok_or_else(|| missing(service_id))?;
        match service.smtp_usernames.iter_mut().find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(there) => {
                made.system_data = there.system_data.clone().changed(&call.client(), now);
                *there = made.clone();
            }
            None => service.smtp_usernames.push(made.clone()),
        }
        Ok::<_, ErrorReply>(service.clone())
    })?;
    // 200 although it was made.
    Ok(Document::of(&Proxy {
        id: format!("{}/SmtpUsernames/{name}", service.resource_id()),
        name: name.to_owned(),
        kind: "microsoft.communication/communicationservices/smtpusernames",
        system_data: Some(&made.system_data),
        properties: Own::of(&made),
    })
    .into_response())
}

/// A username in the form of an address needs a domain that is linked to the service; any other one is free. The
/// rule is documented; the words of the refusal are made up.
fn must_be_linked(state: &State, service_id: &str, username: &str) -> Result<(), ErrorReply> {
    let Some((_, name)) = username.rsplit_once('@') else { return Ok(()) };
    let service = state.service_at(service_id);
    let mut linked = service.iter().flat_map(|one| &one.linked_domains).filter_map(|id| state.domain_at(id));
    if linked.any(|domain| domain.name.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let text = format!("The domain of the username '{username}' is not linked to the communication service.");
    Err(invalid("InvalidSmtpUsername", text))
}

/// What is a login's own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Own<'a> {
    username: &'a str,
    entra_application_id: String,
    tenant_id: String,
}

impl<'a> Own<'a> {
    fn of(login: &'a SmtpUsername) -> Self {
        let (entra_application_id, tenant_id) = (login.client.to_string(), login.tenant.to_string());
        Self { username: &login.username, entra_application_id, tenant_id }
    }
}

/// What is read is in lower case, and its type has another form.
fn read(service: &Service, login: &SmtpUsername) -> Document {
    let name = login.name.to_ascii_lowercase();
    Document::of(&Proxy {
        id: format!("{}/SmtpUsernames/{name}", service.resource_id()),
        name,
        kind: "communicationservices/smtpusernames",
        system_data: None,
        properties: Own::of(login),
    })
}
