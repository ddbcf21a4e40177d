//! A test message by a transport of one's choice, past the queue but not past the rate limit.

use std::sync::Arc;
use std::time::Duration;

use ::smtp::address::Mailbox;
use ::smtp::path::ReversePath;
use azure_types::ids::OperationId;
use clock::{Clock, Entropy};
use jiff::Timestamp;
use message::compose::Composer;
use model::account::Account;
use model::delivery::TestOutcome;
use model::upstream::Transport;
use store::Store;

use super::Upstreams;
use super::carry::carry;
use super::choice::choose;
use super::mail::{Candidate, Mail};
use super::outcome::{AttemptOutcome, Matter};
use super::upstream::sent::Posted;

/// What Azure's limit for each minute asks for at most, where Azure says nothing.
const A_MINUTE: Duration = Duration::from_secs(60);

/// A message that shows whether an account can send.
#[derive(Clone, Debug)]
pub struct TestMessage {
    /// A sender of the account.
    pub from: Mailbox,
    /// Whom it goes to.
    pub to: Mailbox,
}

/// What a test message is sent with.
pub(crate) struct Tester<'a> {
    pub(crate) store: &'a Store,
    pub(crate) upstreams: &'a Upstreams,
    pub(crate) clock: &'a Clock,
    pub(crate) entropy: &'a Entropy,
}

/// Sends a test message by one transport, and waits for Azure's answer.
pub(crate) async fn send_test_message(
    tester: Tester<'_>,
    account: &Arc<Account>,
    test: &TestMessage,
    transport: Transport,
) -> TestOutcome {
    let Tester { store, upstreams, clock, entropy } = tester;
    let TestMessage { from, to } = test;
    let upstream = match upstreams.of(account).await {
        Ok(upstream) => upstream,
        Err(error) => return TestOutcome::Refused(model::error_chain(&error)),
    };
    let steady = clock.steady();
    if upstream.sends.lock().permits(steady) == 0 {
        let next = upstream.sends.lock().next_permit(steady).unwrap_or(steady);
        return TestOutcome::RateLimited(next);
    }
    upstream.sends.lock().start(1);
    let id = uuid::Builder::from_random_bytes(entropy.bytes()).into_uuid();
    let bytes = message(test, transport, &id.to_string(), clock.now());
    let directory = store.directory();
    let recipients = [to.clone()];
    let candidate = Candidate {
        message: &bytes,
        recipients: &recipients,
        sender: directory.sender(account.id, from),
        accepted_at: clock.now(),
    };
    let mail = Mail {
        message: &bytes,
        reverse_path: &ReversePath::Mailbox(from.clone()),
        recipients: &recipients,
        operation: OperationId::new(id),
    };
    let carried = carry(&upstream.carriers, choose(&[transport], &candidate), &mail, clock).await;
    let mut usage = upstream.sends.finish(clock.steady(), carried.ended());
    usage.extend(carried.status_reads);
    let outcome = match carried.posted {
        Posted::Settled(outcome) => outcome,
        Posted::Refused(refused) => refused.outcome(),
    };
    if let Err(error) = store.rate_usage().add(usage).await {
        tracing::error!(error = model::error_chain(&error), "a test message could not be counted");
    }
    match outcome {
        AttemptOutcome::Accepted(accepted) if accepted.refused.is_empty() && accepted.deferred.is_empty() => {
            TestOutcome::Accepted(accepted.text)
        }
        AttemptOutcome::Accepted(accepted) => TestOutcome::Refused(accepted.text),
        AttemptOutcome::Deferred(deferred) if deferred.matter == Matter::Rate => {
            TestOutcome::RateLimited(clock::after(clock.now(), deferred.wait.unwrap_or(A_MINUTE)))
        }
        AttemptOutcome::Deferred(deferred) => TestOutcome::Refused(deferred.text),
        AttemptOutcome::Failed(failed) => TestOutcome::Refused(failed.said().to_owned()),
    }
}

fn message(test: &TestMessage, transport: Transport, id: &str, now: Timestamp) -> Vec<u8> {
    let TestMessage { from, to } = test;
    let date = message::date::rfc5322(now);
    let transport = transport.as_str().to_uppercase();
    Composer::default()
        .field("From", &from.to_string())
        .field("To", &to.to_string())
        .field("Subject", &format!("Postern: a test message by {transport}"))
        .field("Date", &date)
        .field("Message-ID", &format!("<{id}@{}>", from.domain()))
        .text(&format!(
            "This is a test message. It was sent by {transport} while an account was verified, and needs no answer."
        ))
}
