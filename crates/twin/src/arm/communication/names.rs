//! Names of communication services: they are host names, and nobody has the same.

use axum::response::IntoResponse as _;
use serde::{Deserialize, Serialize};

use super::super::Answer;
use super::super::call::Call;
use super::shape::Document;
use crate::faults::{Effect, Operation};
use crate::state::State;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Availability {
    name_available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

/// Whether a name is free.
pub(super) fn check(call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Asked {
        name: String,
    }
    let scope = super::parent(&call.path, 3);
    call.must("Microsoft.Communication/CheckNameAvailability/action", &scope)?;
    let Asked { name } = call.json()?;
    let is_valid = is_valid(&name);
    let is_taken = is_taken(call, &call.backend.state(), &name).is_some();
    let because = match (is_valid, is_taken) {
        (false, _) => Some(("Invalid", "The name has 1 to 63 letters, digits, hyphens and underscores.")),
        (true, true) => Some(("AlreadyExists", "Resource name already exists")),
        (true, false) => None,
    };
    Ok(Document::of(&Availability {
        name_available: because.is_none(),
        reason: because.map(|(reason, _)| reason),
        message: because.map(|(_, message)| message),
    })
    .into_response())
}

/// Whether somebody has that name, and the code for it.
pub(super) fn is_taken(call: &Call<'_>, state: &State, name: &str) -> Option<String> {
    match call.backend.faults.trigger(Operation::Name) {
        Some(Effect::Fail { code, .. } | Effect::Answer { code, .. }) if !code.is_empty() => Some(code),
        None if state.service(name).is_none() => None,
        _ => Some("NameAlreadyExists".to_owned()),
    }
}

/// Whether it can be a name at all.
pub(super) fn is_valid(name: &str) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 63 && name.chars().all(is_good)
}
