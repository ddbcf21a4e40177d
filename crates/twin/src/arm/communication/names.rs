//! Names of communication services: they are host names, and nobody has the same.

use axum::Json;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde_json::json;

use super::super::Answer;
use super::super::call::Call;
use crate::faults::{Effect, Operation};

/// Whether a name is free.
pub(super) fn check(call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Asked {
        name: String,
    }
    let Asked { name } = call.json()?;
    let is_valid = is_valid(&name);
    let is_taken = is_taken(call, &name).is_some();
    let mut answer = json!({ "nameAvailable": is_valid && !is_taken });
    if !is_valid {
        answer["reason"] = "Invalid".into();
        answer["message"] = "The name has 1 to 63 letters, digits, hyphens and underscores.".into();
    } else if is_taken {
        answer["reason"] = "AlreadyExists".into();
        answer["message"] = format!("The name '{name}' is already taken.").into();
    }
    Ok(Json(answer).into_response())
}

/// Whether somebody has that name, and the code for it.
pub(super) fn is_taken(call: &Call<'_>, name: &str) -> Option<String> {
    match call.state.faults.strike(Operation::Name) {
        Some(Effect::Fail { code, .. } | Effect::Answer { code, .. }) if !code.is_empty() => Some(code),
        None if call.state.world().service(name).is_none() => None,
        _ => Some("NameAlreadyExists".to_owned()),
    }
}

/// Whether it can be a name at all.
pub(super) fn is_valid(name: &str) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 63 && name.chars().all(is_good)
}
