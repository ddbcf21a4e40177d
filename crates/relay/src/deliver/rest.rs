//! The Email API as a transport.

use azure_client::email::{Answer, EmailApi};
use azure_client::{Answered, Failure};
use azure_types::email::{EmailMessage, EmailSendStatus};
use azure_types::ids::OperationId;
use bytes::Bytes;
use clock::Clock;
use store::Usage;

use super::outcome::{self, Accepted, Matter, READ_STATUS_IN, Verdict, deferred};
use super::refused::RefusedByRest;
use super::upstream::{Presented, Upstream};
use crate::rate_limit::Ended;

/// What came of a send by REST.
pub(crate) enum Posted {
    /// This.
    Settled(Verdict),
    /// Azure answered that it does not take the request, and it certainly has nothing of it.
    Refused(RefusedByRest),
}

/// What Azure knows of an operation.
pub(super) enum Known {
    /// It has it, and this is how it stands.
    As(EmailSendStatus),
    /// Nothing, or that it failed.
    Not,
    /// Azure did not say.
    Unclear(String),
}

/// Sends a message; the same operation id every time. Says also which status reads that took.
pub(crate) async fn send(
    upstream: &Upstream,
    operation: OperationId,
    message: &EmailMessage,
    clock: &Clock,
) -> (Posted, Vec<Usage>) {
    let body = EmailApi::body(message);
    let settled = |verdict| (Posted::Settled(verdict), Vec::new());
    let presented = match upstream.present().await {
        Ok(presented) => presented,
        Err(failure) => return settled(outcome::of_token(&failure)),
    };
    let first = post(upstream, &presented, operation, body.clone(), clock).await;
    let result = match first {
        // Azure's 401 is a false alarm at times, and a token may have been withdrawn: a fresh proof, once.
        Err(Failure::Answered(Answered { http_status: 401, .. })) => {
            upstream.refused(&presented).await;
            match upstream.present().await {
                Ok(presented) => post(upstream, &presented, operation, body, clock).await,
                Err(failure) => return settled(outcome::of_token(&failure)),
            }
        }
        result => result,
    };
    match sorted(result) {
        Posted::Settled(verdict) => settled(verdict),
        Posted::Refused(refused) => {
            let (known, usage) = look_up(upstream, operation, clock).await;
            (judged(refused, known), usage)
        }
    }
}

/// What an answer says by itself: a refusal is one only when Azure does not know the operation.
pub(super) fn sorted(result: Result<Answer, Failure>) -> Posted {
    match result {
        Err(Failure::Answered(answered)) => match RefusedByRest::of(answered) {
            Ok(refused) => Posted::Refused(refused),
            Err(answered) => Posted::Settled(outcome::of_answer(&answered)),
        },
        result => Posted::Settled(outcome::of_send(result)),
    }
}

/// What a refusal is worth: some versions of Azure may say 400 to an id that they have seen, and what they
/// have must not be sent by another transport.
pub(super) fn judged(refused: RefusedByRest, known: Known) -> Posted {
    Posted::Settled(match known {
        Known::Not => return Posted::Refused(refused),
        Known::As(status) => Verdict::Accepted(Accepted {
            text: format!("Azure has it from an earlier try ({})", refused.words()),
            read_status_in: (!status.is_terminal()).then_some(READ_STATUS_IN),
            ..Accepted::default()
        }),
        Known::Unclear(why) => {
            let text =
                format!("{}; whether Azure has it from an earlier try is not known: {why}", refused.words());
            deferred(text, Matter::Message, None)
        }
    })
}

/// What the answer to a status read says about whether Azure has an operation.
pub(super) fn known(result: Result<Answer, Failure>) -> Known {
    match result {
        Ok(answer) => match answer.result.status {
            EmailSendStatus::Failed | EmailSendStatus::Canceled => Known::Not,
            status => Known::As(status),
        },
        Err(Failure::Answered(Answered { http_status: 404, .. })) => Known::Not,
        Err(failure) => Known::Unclear(failure.chain()),
    }
}

/// How a status read ended, as the rate limit counts it.
pub(super) fn read_ended(result: &Result<Answer, Failure>) -> Ended {
    match result {
        Ok(_) => Ended::Answered,
        Err(Failure::Unreachable { .. }) => Ended::Unsent,
        Err(Failure::Answered(Answered { http_status: 429, retry_after, .. })) => {
            Ended::TooMuch(retry_after.unwrap_or(outcome::RATE_WAIT))
        }
        Err(Failure::Answered(Answered { http_status: ..500, .. })) => Ended::Answered,
        Err(_) => Ended::Unanswered,
    }
}

async fn post(
    upstream: &Upstream,
    presented: &Presented,
    operation: OperationId,
    body: Bytes,
    clock: &Clock,
) -> Result<Answer, Failure> {
    upstream.email.send(&presented.authorization, operation, body, clock.now()).await
}

/// Asks what Azure knows of an operation. That comes before the ration of status reads, and out of it.
async fn look_up(upstream: &Upstream, operation: OperationId, clock: &Clock) -> (Known, Vec<Usage>) {
    let presented = match upstream.present().await {
        Ok(presented) => presented,
        Err(failure) => return (Known::Unclear(failure.to_string()), Vec::new()),
    };
    upstream.status_reads.lock().start(1);
    let result = upstream.email.status(&presented.authorization, operation, clock.now()).await;
    let usage = upstream.status_reads.finish(clock.steady(), read_ended(&result));
    (known(result), usage)
}
