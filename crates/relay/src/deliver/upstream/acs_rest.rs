//! Azure's Email API as a transport.

use std::sync::Arc;

use ::smtp::address::Mailbox;
use azure_client::email::{Answer, EmailApi};
use azure_client::entra::TokenFailure;
use azure_client::{Answered, Authorization, RequestFailure, Token, TokenSource};
use azure_types::access_key::AccessKey;
use azure_types::email::{EmailAddress, EmailMessage, EmailSendStatus};
use azure_types::ids::OperationId;
use bytes::Bytes;
use clock::Clock;
use message::submission::{HOPS_FIELD, inspect};
use secrecy::SecretString;
use store::Usage;

use super::document;
use super::limits::SharedLimiter;
use super::refused::RefusedByRest;
use super::rest_answers::{self, READ_STATUS_IN};
use super::sent::{Posted, Sent};
use super::status_answer::{StatusAnswer, StatusRead};
use super::unsupported::{self, Unsupported};
use crate::deliver::mail::Candidate;
use crate::deliver::outcome::{Acceptance, AttemptOutcome, Matter, RATE_WAIT, deferred};
use model::rate_limit::Ended;

/// The Email API of one communication service, with one login.
pub(crate) struct AcsRest {
    email: EmailApi,
    proof: Proof,
    /// What reading a status counts against; nothing for a login that a client brought.
    status_reads: Option<Arc<SharedLimiter>>,
}

/// How a request proves whose it is.
pub(crate) enum Proof {
    /// With a token of the account's app.
    Source(Arc<TokenSource>),
    /// With one token, and no other when that is refused.
    Token(SecretString),
    /// With a key of the communication service.
    Key(AccessKey),
}

/// A proof for one request, to be handed back if it is refused.
struct Presented {
    authorization: Authorization,
    token: Option<Token>,
}

/// An answer to a status read, if one could be asked for, and what that counts.
struct Asked {
    result: Option<Result<Answer, RequestFailure>>,
    usage: Vec<Usage>,
}

/// What Azure knows of an operation.
enum Known {
    /// It has it, and this is how it stands.
    As(EmailSendStatus),
    /// Nothing, or that it failed.
    Not,
    /// Azure did not say.
    Unclear(String),
}

/// The document for a message, and what it cannot say.
pub(super) fn prepare(candidate: &Candidate<'_>) -> (EmailMessage, Vec<Unsupported>) {
    let parts = message::parts::read(candidate.message);
    let mut unsupported = unsupported::of_message(&parts, candidate);
    let (mut document, more) = document::compose(parts, candidate);
    unsupported.extend(more);
    count_hops(&mut document, candidate.message);
    (document, unsupported)
}

/// Azure composes the message anew, without its trace fields. What another server relayed to us says how
/// far it has come; what a device submitted stays as it is.
fn count_hops(document: &mut EmailMessage, message: &[u8]) {
    let hops = inspect(message::header::split(message).0).map_or(0, |facts| facts.hops);
    document.headers.retain(|name, _| !name.eq_ignore_ascii_case(HOPS_FIELD));
    if hops > 1 {
        document.headers.insert(HOPS_FIELD.to_owned(), hops.to_string());
    }
}

impl AcsRest {
    pub(crate) fn new(email: EmailApi, proof: Proof, status_reads: Option<Arc<SharedLimiter>>) -> Self {
        Self { email, proof, status_reads }
    }

    /// What reading a status counts against.
    pub(crate) fn status_reads(&self) -> Option<&Arc<SharedLimiter>> {
        self.status_reads.as_ref()
    }

    /// Sends a message; the same operation id every time.
    pub(super) async fn send(&self, operation: OperationId, message: &EmailMessage, clock: &Clock) -> Sent {
        let result = match self.post(operation, EmailApi::body(message), clock).await {
            Ok(result) => result,
            Err(failure) => return Sent::settled(rest_answers::of_token(&failure)),
        };
        match sorted(result) {
            Posted::Settled(outcome) => Sent::settled(outcome),
            Posted::Refused(refused) => {
                let (known, status_reads) = self.look_up(operation, clock).await;
                Sent { posted: judged(refused, known), status_reads }
            }
        }
    }

    /// Asks what became of a send.
    pub(super) async fn read_status(&self, operation: OperationId, clock: &Clock) -> StatusRead {
        let Asked { result, usage } = self.ask(operation, clock).await;
        StatusRead { answer: result.map_or(StatusAnswer::Unasked, rest_answers::of_status), usage }
    }

    /// Asks how a send stands. Counts as one status read.
    async fn ask(&self, operation: OperationId, clock: &Clock) -> Asked {
        if let Some(limiter) = &self.status_reads {
            limiter.lock().start(1);
        }
        let result = match self.present().await {
            Ok(presented) => Some(self.email.status(&presented.authorization, operation, clock.now()).await),
            Err(_) => None,
        };
        let ended = result.as_ref().map_or(Ended::Unsent, read_ended);
        let usage = self.status_reads.as_ref().map(|limiter| limiter.finish(clock.steady(), ended));
        Asked { result, usage: usage.unwrap_or_default() }
    }

    /// Posts a request. Azure's 401 is a false alarm at times, and a token may have been withdrawn: a fresh proof, once.
    async fn post(
        &self,
        operation: OperationId,
        body: Bytes,
        clock: &Clock,
    ) -> Result<Result<Answer, RequestFailure>, TokenFailure> {
        let presented = self.present().await?;
        let first = self.email.send(&presented.authorization, operation, body.clone(), clock.now()).await;
        if !matches!(first, Err(RequestFailure::Answered(Answered { http_status: 401, .. }))) {
            return Ok(first);
        }
        self.refused(&presented).await;
        let presented = self.present().await?;
        Ok(self.email.send(&presented.authorization, operation, body, clock.now()).await)
    }

    /// Asks what Azure knows of an operation. That comes before the ration of status reads, and out of it.
    async fn look_up(&self, operation: OperationId, clock: &Clock) -> (Known, Vec<Usage>) {
        let Asked { result, usage } = self.ask(operation, clock).await;
        let unclear = || Known::Unclear("there is no token to ask with".to_owned());
        (result.map_or_else(unclear, known), usage)
    }

    async fn present(&self) -> Result<Presented, TokenFailure> {
        let (authorization, token) = match &self.proof {
            Proof::Key(key) => (Authorization::AccessKey(key.clone()), None),
            Proof::Token(token) => (Authorization::Bearer(token.clone()), None),
            Proof::Source(source) => {
                let token = source.token().await?;
                (Authorization::Bearer(token.access_token.clone()), Some(token))
            }
        };
        Ok(Presented { authorization, token })
    }

    /// Azure did not take a proof: the next one is fresh.
    async fn refused(&self, presented: &Presented) {
        if let (Proof::Source(source), Some(token)) = (&self.proof, &presented.token) {
            source.forget(token).await;
        }
    }
}

/// What an answer alone means: a refusal is one only when Azure does not know the operation.
fn sorted(result: Result<Answer, RequestFailure>) -> Posted {
    match result {
        Err(RequestFailure::Answered(answered)) => match RefusedByRest::of(answered) {
            Ok(refused) => Posted::Refused(refused),
            Err(answered) => Posted::Settled(rest_answers::of_answer(&answered)),
        },
        result => Posted::Settled(rest_answers::of_send(result)),
    }
}

/// What a refusal is worth: some versions of Azure may say 400 to an id that they have seen, and what they
/// have must not be sent by another transport.
fn judged(refused: RefusedByRest, known: Known) -> Posted {
    Posted::Settled(match known {
        Known::Not => return Posted::Refused(refused),
        Known::As(status) => AttemptOutcome::Accepted(Acceptance {
            text: format!("Azure has it from an earlier try ({})", refused.words()),
            read_status_in: (!status.is_terminal()).then_some(READ_STATUS_IN),
            ..Acceptance::default()
        }),
        Known::Unclear(why) => {
            let text =
                format!("{}; whether Azure has it from an earlier try is not known: {why}", refused.words());
            deferred(text, Matter::Message, None)
        }
    })
}

/// What the answer to a status read says about whether Azure has an operation.
fn known(result: Result<Answer, RequestFailure>) -> Known {
    match result {
        Ok(answer) => match answer.result.status {
            EmailSendStatus::Failed | EmailSendStatus::Canceled => Known::Not,
            status => Known::As(status),
        },
        Err(RequestFailure::Answered(Answered { http_status: 404, .. })) => Known::Not,
        Err(failure) => Known::Unclear(failure.chain()),
    }
}

/// How a status read ended, as the rate limit counts it.
fn read_ended(result: &Result<Answer, RequestFailure>) -> Ended {
    match result {
        Ok(_) => Ended::Answered,
        Err(RequestFailure::Unreachable { .. }) => Ended::Unsent,
        Err(RequestFailure::Answered(Answered { http_status: 429, retry_after, .. })) => {
            Ended::TooMuch(retry_after.unwrap_or(RATE_WAIT))
        }
        Err(RequestFailure::Answered(Answered { http_status: ..500, .. })) => Ended::Answered,
        Err(_) => Ended::Unanswered,
    }
}

/// Recipients whom the header does not show. No request may show them to each other.
pub(super) fn hidden(message: &EmailMessage) -> Vec<Mailbox> {
    message.recipients.bcc.iter().filter_map(|one| one.address.parse().ok()).collect()
}

/// Leaves only a group of its recipients in a document. Azure wants somebody in To: a recipient that is in Cc, or is
/// alone, may stand there.
pub(super) fn narrow(message: &mut EmailMessage, group: &[Mailbox]) {
    let is_in_group = |one: &EmailAddress| one.address.parse().is_ok_and(|mailbox| group.contains(&mailbox));
    let recipients = &mut message.recipients;
    for list in [&mut recipients.to, &mut recipients.cc, &mut recipients.bcc] {
        list.retain(is_in_group);
    }
    if recipients.to.is_empty() {
        recipients.to = std::mem::take(&mut recipients.cc);
    }
    if recipients.to.is_empty() && recipients.bcc.len() == 1 {
        recipients.to = std::mem::take(&mut recipients.bcc);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_types::email::EmailRecipients;

    #[test]
    fn a_group_has_somebody_in_to_and_shows_nobody_who_was_hidden() {
        let addresses = |texts: &[&str]| -> Vec<EmailAddress> {
            texts
                .iter()
                .map(|text| EmailAddress { address: (*text).to_owned(), display_name: None })
                .collect()
        };
        let texts = |addresses: &[EmailAddress]| -> Vec<String> {
            addresses.iter().map(|one| one.address.clone()).collect()
        };
        for (group, to, cc, bcc) in [
            (&["a@b.example", "c@b.example"][..], &["a@b.example"][..], &["c@b.example"][..], &[][..]),
            (&["c@b.example", "d@b.example"], &["c@b.example"], &[], &["d@b.example"]),
            (&["D@b.example"], &[], &[], &[]),
            (&["d@b.example"], &["d@b.example"], &[], &[]),
        ] {
            let recipients = EmailRecipients {
                to: addresses(&["a@b.example"]),
                cc: addresses(&["c@b.example"]),
                bcc: addresses(&["d@b.example", "e@b.example"]),
            };
            let mut message = EmailMessage { recipients, ..EmailMessage::default() };
            assert_eq!(hidden(&message).len(), 2);
            let group: Vec<Mailbox> = group.iter().map(|one| one.parse().unwrap()).collect();
            narrow(&mut message, &group);
            let left = &message.recipients;
            assert_eq!(
                (texts(&left.to), texts(&left.cc), texts(&left.bcc)),
                (
                    to.iter().map(ToString::to_string).collect(),
                    cc.iter().map(ToString::to_string).collect(),
                    bcc.iter().map(ToString::to_string).collect(),
                ),
                "{group:?}"
            );
        }
    }
}
