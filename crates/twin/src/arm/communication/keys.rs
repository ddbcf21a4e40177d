//! Access keys of a communication service.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use super::{invalid, must, parent, services};
use crate::keys::random_key;
use crate::world::Service;

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, "CommunicationServices", "listKeys/action")?;
    let service = services::at(call, &parent(&call.path, 1))?;
    Ok(shown(call, &service))
}

/// Makes one of the two anew; the other one goes on working.
pub(super) fn regenerate(call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Asked {
        key_type: String,
    }
    must(call, "CommunicationServices", "regenerateKey/action")?;
    let id = parent(&call.path, 1);
    services::at(call, &id)?;
    let which = match call.json::<Asked>()?.key_type.to_ascii_lowercase().as_str() {
        "primary" => 0,
        "secondary" => 1,
        other => return Err(invalid("BadRequest", format!("There is no key of type '{other}'."))),
    };
    call.state.change_world(|world| {
        if let Some(service) =
            world.services.iter_mut().find(|one| one.resource_id().eq_ignore_ascii_case(&id))
        {
            service.keys[which] = random_key();
        }
    });
    Ok(shown(call, &services::at(call, &id)?))
}

fn shown(call: &Call<'_>, service: &Service) -> Response {
    let host = services::host_name(call, service);
    let [primary, secondary] = &service.keys;
    let connection = |key: &str| format!("endpoint=https://{host}/;accesskey={key}");
    Json(json!({
        "primaryKey": primary,
        "secondaryKey": secondary,
        "primaryConnectionString": connection(primary),
        "secondaryConnectionString": connection(secondary),
    }))
    .into_response()
}
