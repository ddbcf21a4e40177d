//! The Email API as a transport.

use azure_client::email::{Answer, EmailApi};
use azure_client::{Answered, Failure};
use azure_types::email::EmailMessage;
use azure_types::ids::OperationId;
use bytes::Bytes;
use clock::Clock;

use super::outcome::{self, Accepted, Verdict};
use super::upstream::{Presented, Upstream};

/// Sends a message; the same operation id every time.
pub(crate) async fn send(
    upstream: &Upstream,
    operation: OperationId,
    message: &EmailMessage,
    clock: &Clock,
) -> Verdict {
    let body = EmailApi::body(message);
    let presented = match upstream.present().await {
        Ok(presented) => presented,
        Err(failure) => return outcome::of_token(&failure),
    };
    let first = post(upstream, &presented, operation, body.clone(), clock).await;
    let result = match first {
        // Azure's 401 is a false alarm at times, and a token may have been withdrawn: a fresh proof, once.
        Err(Failure::Answered(Answered { http_status: 401, .. })) => {
            upstream.refused(&presented).await;
            match upstream.present().await {
                Ok(presented) => post(upstream, &presented, operation, body, clock).await,
                Err(failure) => return outcome::of_token(&failure),
            }
        }
        result => result,
    };
    match &result {
        // Some versions of Azure may say 400 to an id that they have seen.
        Err(Failure::Answered(Answered { http_status: 400, .. }))
            if is_known(upstream, operation, clock).await =>
        {
            Verdict::Accepted(Accepted {
                text: "Azure has it from an earlier try".to_owned(),
                ..Accepted::default()
            })
        }
        _ => outcome::of_send(result),
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

async fn is_known(upstream: &Upstream, operation: OperationId, clock: &Clock) -> bool {
    let Ok(presented) = upstream.present().await else { return false };
    upstream.email.status(&presented.authorization, operation, clock.now()).await.is_ok()
}
