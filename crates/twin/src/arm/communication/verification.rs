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
use crate::faults::{Effect, Operation};
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
    let wait = wait(call);
    match call.state.faults.strike(Operation::Verification) {
        // For ever, or until it is cancelled.
        Some(Effect::Hang) => set(call, &id, part, (IN_PROGRESS, None), None),
        Some(Effect::Late(milliseconds)) => {
            set(call, &id, part, (IN_PROGRESS, Some(wait + operations::late(milliseconds))), None);
        }
        Some(Effect::Fail { code, .. } | Effect::Answer { code, .. }) => {
            set(call, &id, part, (IN_PROGRESS, Some(wait)), Some(code));
        }
        None | Some(Effect::DoneButUnanswered | Effect::CutAfter(_)) => {
            set(call, &id, part, (IN_PROGRESS, Some(wait)), None);
        }
    }
    Ok(answered(call, &id))
}

pub(super) fn cancel(call: &Call<'_>) -> Answer {
    must(call, "EmailServices/Domains", "cancelVerification/action")?;
    let (id, part) = target(call)?;
    domains::at(call, &id)?;
    set(call, &id, part, ("CancellationRequested", Some(wait(call))), None);
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

/// How long a part takes.
fn wait(call: &Call<'_>) -> SignedDuration {
    SignedDuration::from_secs(call.state.world().habits.verification_seconds)
}

/// What a part is now, how long until it is judged, and why it will fail then, if that is settled.
fn set(
    call: &Call<'_>,
    id: &str,
    part: Part,
    (status, wait): (&str, Option<SignedDuration>),
    doom: Option<String>,
) {
    let due_at = wait.and_then(|wait| call.state.now().saturating_add(wait).ok());
    call.state.change_world(|world| {
        if let Some(domain) = world.domain_at_mut(id) {
            domain.verification.set(part, status, None, due_at);
            if let Some(word) = doom {
                domain.verification.doom(part, word);
            }
        }
    });
}

/// 202, with `null` and two places to ask.
fn answered(call: &Call<'_>, id: &str) -> axum::response::Response {
    let operation = operations::begin_for(call, id, 1);
    let mut response = (StatusCode::ACCEPTED, Json(Value::Null)).into_response();
    let both = [HeaderName::from_static("azure-asyncoperation"), header::LOCATION];
    operations::tell(call, &mut response, &operation, &both);
    response
}
