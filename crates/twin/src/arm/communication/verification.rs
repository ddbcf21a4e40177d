//! Beginning and cancelling the verification of a part of a domain. The operation is done long before the result
//! is there: that shows at the domain.

use axum::Json;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse as _;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use super::super::Answer;
use super::super::call::Call;
use super::{domains, invalid, must, operations, parent};
use crate::refusal::Refusal;
use crate::world::{IN_PROGRESS, Part, VERIFIED};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    verification_type: String,
}

pub(super) fn begin(call: &Call<'_>) -> Answer {
    must(call, "EmailServices/Domains", "initiateVerification/action")?;
    let (id, part) = target(call)?;
    let progress = domains::at(call, &id)?.verification.of(part);
    if [IN_PROGRESS, VERIFIED].contains(&progress.status.as_str()) {
        let text = format!("The verification of {} is {} already.", part.as_str(), progress.status);
        return Err(Refusal::new(StatusCode::CONFLICT, "Conflict", text));
    }
    set(call, &id, part, IN_PROGRESS);
    Ok(answered(call, &id))
}

pub(super) fn cancel(call: &Call<'_>) -> Answer {
    must(call, "EmailServices/Domains", "cancelVerification/action")?;
    let (id, part) = target(call)?;
    domains::at(call, &id)?;
    set(call, &id, part, "CancellationRequested");
    Ok(answered(call, &id))
}

fn target(call: &Call<'_>) -> Result<(String, Part), Refusal> {
    let asked: Asked = call.json()?;
    let part = Part::from_word(&asked.verification_type);
    let part = part.ok_or_else(|| {
        invalid("BadRequest", format!("There is no verification of type '{}'.", asked.verification_type))
    })?;
    Ok((parent(&call.path, 1), part))
}

fn set(call: &Call<'_>, id: &str, part: Part, status: &str) {
    let now = call.state.now();
    call.state.change_world(|world| {
        let wait = SignedDuration::from_secs(world.habits.verification_seconds);
        let due_at = now.saturating_add(wait).ok();
        if let Some(domain) = world.domain_at_mut(id) {
            domain.verification.set(part, status, None, due_at);
        }
    });
}

/// 202, with `null` and two places to ask.
fn answered(call: &Call<'_>, id: &str) -> axum::response::Response {
    let operation = operations::begin(call, id, 1);
    let mut response = (StatusCode::ACCEPTED, Json(Value::Null)).into_response();
    let both = [HeaderName::from_static("azure-asyncoperation"), header::LOCATION];
    operations::tell(call, &mut response, &operation, &both);
    response
}
