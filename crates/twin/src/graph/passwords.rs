//! Client secrets: several at once, each known everywhere only after a while.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use azure_types::graph::{AddPassword, PasswordCredential, RemovePassword};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::Answer;
use super::call::{Call, GraphError};
use crate::keys::random_guid;
use crate::state::ClientSecret;

/// Two years, if nobody says otherwise.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 730);

/// Makes a secret; its value is told this once.
pub(super) fn add(call: &Call<'_>, key: &str) -> Answer {
    let id = call.writable(key)?;
    let wanted = call.json::<AddPassword>().unwrap_or_default().password_credential.unwrap_or_default();
    let now = call.backend.now();
    let starts_at = wanted.start_date_time.unwrap_or(now);
    let default = clock::after(starts_at, LIFE);
    let wait = SignedDuration::from_secs(call.backend.state().behaviour.secret_seconds);
    let secret = ClientSecret {
        id: random_guid(),
        name: wanted.display_name,
        value: value(),
        starts_at,
        expires_at: wanted.end_date_time.unwrap_or(default),
        known_at: clock::after(now, wait),
    };
    let mut response = Json(Made {
        context: call.context("microsoft.graph.passwordCredential"),
        custom_key_identifier: None,
        display_name: secret.name.clone(),
        start_date_time: whole_seconds(secret.starts_at),
        end_date_time: whole_seconds(secret.expires_at),
        key_id: secret.id,
        hint: secret.value.chars().take(3).collect(),
        secret_text: secret.value.clone(),
    })
    .into_response();
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("https://graph.microsoft.com"));
    call.change_app(id, |app| app.secrets.push(secret));
    Ok(response)
}

/// A secret that was just made, its members in Graph's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    #[serde(rename = "@odata.context")]
    context: String,
    custom_key_identifier: Option<()>,
    display_name: Option<String>,
    start_date_time: Timestamp,
    end_date_time: Timestamp,
    key_id: Uuid,
    hint: String,
    secret_text: String,
}

/// Graph writes no fractions of seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Takes a secret away at once.
pub(super) fn remove(call: &Call<'_>, key: &str) -> Answer {
    let id = call.writable(key)?;
    let RemovePassword { key_id } = call.json()?;
    let removed = call.change_app(id, |app| {
        let before = app.secrets.len();
        app.secrets.retain(|secret| secret.id != key_id);
        before > app.secrets.len()
    });
    if removed != Some(true) {
        return Err(GraphError::bad(format!("No password credential found with keyId {key_id}.")));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What may be told of a secret.
pub(super) fn shown(secret: &ClientSecret) -> Value {
    let credential = PasswordCredential {
        key_id: secret.id,
        display_name: secret.name.clone(),
        start_date_time: Some(whole_seconds(secret.starts_at)),
        end_date_time: Some(whole_seconds(secret.expires_at)),
        hint: Some(secret.value.chars().take(3).collect()),
        secret_text: None,
    };
    serde_json::to_value(credential).unwrap_or_default()
}

/// A value of the form that Entra's have.
fn value() -> String {
    let random = [random_guid().into_bytes(), random_guid().into_bytes()].concat();
    let text = URL_SAFE_NO_PAD.encode(random);
    format!("{}8Q~{}", &text[..3], &text[3..37])
}
