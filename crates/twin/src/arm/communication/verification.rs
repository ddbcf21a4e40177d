//! Beginning and cancelling the verification of a part of a domain. What is asked for is an operation of its own: the
//! domain shows its old state until that is over, and a verdict long after it.

use axum::http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::super::Answer;
use super::super::call::Call;
use super::operations::{self, ASYNC_OPERATION, Begin, Fate};
use super::{invalid, missing, must, nothing, parent};
use crate::error_reply::ErrorReply;
use crate::faults::{Effect, Operation};
use crate::keys::random_guid;
use crate::state::{Domain, IN_PROGRESS, OperationKind, PROVIDER_APP, Part, State, VERIFIED};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    verification_type: String,
}

pub(super) fn begin(call: &Call<'_>) -> Answer {
    must(call, "EmailServices/Domains", "InitiateVerification/action")?;
    let part = part(call)?;
    act(call, |state, at| {
        let wait = SignedDuration::from_secs(state.behaviour.verification_seconds);
        let domain = domain(call, state)?;
        let status = word(domain, part);
        if [IN_PROGRESS, VERIFIED].contains(&status.as_str()) {
            let text = format!("The verification of {} is {status} already.", part.as_str());
            return Err(ErrorReply::new(StatusCode::CONFLICT, "Conflict", text).by_service());
        }
        let (wait, doom) = match call.backend.faults.trigger(Operation::Verification) {
            // For ever, or until it is cancelled.
            Some(Effect::Hang) => (None, None),
            Some(Effect::Late(milliseconds)) => (Some(wait + operations::late(milliseconds)), None),
            Some(Effect::Fail { code, .. } | Effect::Answer { code, .. }) => (Some(wait), Some(code)),
            None | Some(Effect::DoneButUnanswered | Effect::CutAfter(_)) => (Some(wait), None),
        };
        let due_at = wait.and_then(|wait| call.backend.now().saturating_add(wait).ok());
        // Nothing is judged before the operation is over.
        domain.verification.plan(part, IN_PROGRESS, at, due_at.map(|due| due.max(at)));
        if let Some(word) = doom {
            domain.verification.doom(part, word);
        }
        Ok(())
    })
}

/// Takes a verification back. It goes on being shown as under way for a few seconds; what is not under way stays as
/// it is.
pub(super) fn cancel(call: &Call<'_>) -> Answer {
    must(call, "EmailServices/Domains", "CancelVerification/action")?;
    let part = part(call)?;
    act(call, |state, _| {
        let behaviour = state.behaviour.clone();
        let wait = SignedDuration::from_secs(behaviour.cancellation_seconds);
        let domain = domain(call, state)?;
        if word(domain, part) != IN_PROGRESS {
            return Ok(());
        }
        let meanwhile = if behaviour.shows_cancellation { "CancellationRequested" } else { IN_PROGRESS };
        let now = call.backend.now();
        domain.verification.set(part, meanwhile, None, None);
        let at = clock::after(now, wait);
        domain.verification.plan(part, &behaviour.cancelled_state, at, None);
        Ok(())
    })
}

fn domain<'w>(call: &Call<'_>, state: &'w mut State) -> Result<&'w mut Domain, ErrorReply> {
    let id = parent(&call.path, 1);
    state.domain_at_mut(&id).ok_or_else(|| missing(&id))
}

/// What a part is, or will be in a moment.
fn word(domain: &Domain, part: Part) -> String {
    let progress = domain.verification.of(part);
    progress.next.map_or(progress.status, |(_, status)| status)
}

fn part(call: &Call<'_>) -> Result<Part, ErrorReply> {
    let asked: Asked = call.json()?;
    Part::from_word(&asked.verification_type).ok_or_else(|| {
        invalid("BadRequest", format!("There is no verification of type '{}'.", asked.verification_type))
    })
}

/// Plans something for the end of an operation that begins now, and answers with 202, `null`, and two places that are
/// one.
fn act(call: &Call<'_>, plan: impl FnOnce(&mut State, Timestamp) -> Result<(), ErrorReply>) -> Answer {
    let operation = call.backend.change_state(|state| {
        let fate = Fate::after(call, state.behaviour.verification_operation_seconds);
        let (now, done_at) = (call.backend.now(), fate.done_at);
        plan(state, done_at)?;
        let domain = domain(call, state)?;
        // With an operation that takes no time there is no old state to be shown.
        if domain.verification.settle(now) {
            domain.stamp.change(PROVIDER_APP, now, random_guid().as_u128());
        }
        let resource = domain.resource_id();
        Ok::<_, ErrorReply>(operations::begin(
            call,
            state,
            Begin { resource, fate, kind: OperationKind::Write },
        ))
    })?;
    let mut response = nothing(StatusCode::ACCEPTED);
    operations::tell(call, &mut response, &operation, &[ASYNC_OPERATION, header::LOCATION]);
    Ok(response)
}
