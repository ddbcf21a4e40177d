//! Access keys of a communication service.

use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::super::Answer;
use super::super::call::Call;
use super::service_shape::host_name;
use super::shape::Document;
use super::{invalid, missing, must, parent};
use crate::keys::random_key;
use crate::state::{Service, State};

/// Keys in Azure's order. Of a key that was not asked for nothing is shown.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Keys<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_connection_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_connection_string: Option<String>,
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    must(call, "CommunicationServices", "listKeys/action")?;
    let id = parent(&call.path, 1);
    let state = call.backend.state();
    let service = state.service_at(&id).ok_or_else(|| missing(&id))?;
    let [primary, secondary] = keys(call, &state, service);
    Ok(Document::of(&Keys {
        secondary_key: secondary.secondary_key,
        secondary_connection_string: secondary.secondary_connection_string,
        ..primary
    })
    .into_response())
}

/// Makes one of the two anew and shows that one; the other one goes on working.
pub(super) fn regenerate(call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Asked {
        key_type: String,
    }
    must(call, "CommunicationServices", "regenerateKey/action")?;
    let id = parent(&call.path, 1);
    if call.backend.state().service_at(&id).is_none() {
        return Err(missing(&id));
    }
    let which = match call.json::<Asked>()?.key_type.to_ascii_lowercase().as_str() {
        "primary" => 0,
        "secondary" => 1,
        other => return Err(invalid("BadRequest", format!("There is no key of type '{other}'."))),
    };
    call.backend.change_state(|state| {
        let service = state.service_at_mut(&id).ok_or_else(|| missing(&id))?;
        service.keys[which] = random_key();
        let service = service.clone();
        Ok(shown(&keys(call, state, &service)[which]))
    })
}

fn shown(keys: &Keys<'_>) -> Response {
    Document::of(keys).into_response()
}

/// Both keys, one at a time.
fn keys<'a>(call: &Call<'_>, state: &State, service: &'a Service) -> [Keys<'a>; 2] {
    let host = host_name(call, state, service);
    let [primary, secondary] = &service.keys;
    let connection = |key: &str| Some(format!("endpoint=https://{host}/;accesskey={key}"));
    [
        Keys {
            primary_key: Some(primary),
            primary_connection_string: connection(primary),
            ..Keys::default()
        },
        Keys {
            secondary_key: Some(secondary),
            secondary_connection_string: connection(secondary),
            ..Keys::default()
        },
    ]
}
