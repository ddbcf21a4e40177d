//! Logins for SMTP that are resources of their own. Azure does not ask Entra whether the app exists.

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Answer;
use super::super::call::Call;
use super::super::unknown;
use super::{invalid, is_plain, missing, must, must_for_method, page, parent, services};
use crate::world::{Service, SmtpUsername};

const KIND: &str = "CommunicationServices/SmtpUsernames";

#[derive(Deserialize)]
struct Body {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
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
    let name = call.segment(9).to_owned();
    let there = service.smtp_usernames.iter().find(|one| one.name.eq_ignore_ascii_case(&name));
    match call.method.as_str() {
        "GET" => {
            let found = there.ok_or_else(|| missing(call))?;
            Ok(Json(read(&service, found)).into_response())
        }
        "PUT" => {
            let properties = call.json::<Body>()?.properties;
            if !is_plain(&name, 253) || name.eq_ignore_ascii_case(&properties.username) {
                let text = format!("The name '{name}' is not valid, or is the username itself.");
                return Err(invalid("InvalidResourceName", text));
            }
            let id = |text: &str| invalid("BadRequest", format!("'{text}' is not a GUID."));
            let made = SmtpUsername {
                name: name.clone(),
                client: properties
                    .entra_application_id
                    .parse()
                    .map_err(|_| id(&properties.entra_application_id))?,
                tenant: properties.tenant_id.parse().map_err(|_| id(&properties.tenant_id))?,
                username: properties.username,
            };
            let answer = json!({
                "id": call.path,
                "name": name,
                "type": "microsoft.communication/communicationservices/smtpusernames",
                "systemData": {},
                "properties": own(&made),
            });
            change(call, &service_id, |all| {
                all.retain(|one| !one.name.eq_ignore_ascii_case(&name));
                all.push(made);
            });
            // 200 although it was made.
            Ok(Json(answer).into_response())
        }
        "DELETE" => {
            change(call, &service_id, |all| all.retain(|one| !one.name.eq_ignore_ascii_case(&name)));
            // 204 although it was there.
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(unknown(call)),
    }
}

fn change(call: &Call<'_>, service: &str, change: impl FnOnce(&mut Vec<SmtpUsername>)) {
    call.state.change_world(|world| {
        let found = world.services.iter_mut().find(|one| one.resource_id().eq_ignore_ascii_case(service));
        if let Some(service) = found {
            change(&mut service.smtp_usernames);
        }
    });
}

/// What is read is in lower case, and its type has another form.
fn read(service: &Service, login: &SmtpUsername) -> Value {
    let name = login.name.to_ascii_lowercase();
    json!({
        "id": format!("{}/SmtpUsernames/{name}", service.resource_id()),
        "name": name,
        "type": "communicationservices/smtpusernames",
        "properties": own(login),
    })
}

fn own(login: &SmtpUsername) -> Value {
    json!({
        "username": login.username,
        "entraApplicationId": login.client,
        "tenantId": login.tenant,
    })
}
