//! A test message by a way of one's choice, past the queue but not past the pace.

use std::sync::Arc;
use std::time::Duration;

use ::smtp::address::Mailbox;
use ::smtp::path::ReversePath;
use azure_types::ids::OperationId;
use clock::{Clock, Entropy};
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::delivery::Transport;
use store::Store;

use super::Upstreams;
use super::choice::{Candidate, Choice, Ways, choose};
use super::outcome::{Matter, Verdict};
use super::rest::{self, Posted};
use super::smtp::{self, Outgoing};

/// What came of a test message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Azure took it, in these words.
    Taken(String),
    /// Azure did not take it, or could not be asked.
    Refused(String),
    /// The pace does not allow another message before then.
    NoRoom(Timestamp),
}

/// What Azure's limit for each minute asks for at most, where Azure says nothing.
const A_MINUTE: Duration = Duration::from_secs(60);

/// Sends a test message by one transport, and waits for Azure's verdict.
pub async fn send_trial(
    (store, upstreams): (&Store, &Upstreams),
    (clock, entropy): (&Clock, &Entropy),
    account: &Arc<Account>,
    (from, to): (&Mailbox, &Mailbox),
    transport: Transport,
) -> Tried {
    let upstream = match upstreams.of(account).await {
        Ok(upstream) => upstream,
        Err(error) => return Tried::Refused(store::chain(&error)),
    };
    let steady = clock.steady();
    if upstream.sends.limiter().permits(steady) == 0 {
        let next = upstream.sends.limiter().next_permit(steady).unwrap_or(steady);
        return Tried::NoRoom(next);
    }
    upstream.sends.limiter().start(1);
    let id = uuid::Builder::from_random_bytes(entropy.octets()).into_uuid();
    let octets = message(from, to, transport, &id.to_string(), clock.now());
    let directory = store.directory();
    let recipients = [to.clone()];
    let mut usage = Vec::new();
    let verdict = match transport {
        Transport::Rest => {
            let candidate = Candidate {
                message: &octets,
                recipients: &recipients,
                sender: directory.sender(account.id, from),
                accepted_at: clock.now(),
            };
            match choose(Ways::Rest, &candidate) {
                Choice::Rest { message, .. } => {
                    let (posted, status_reads) =
                        rest::send(&upstream, OperationId::new(id), &message, clock).await;
                    usage.extend(status_reads);
                    match posted {
                        Posted::Settled(verdict) => verdict,
                        Posted::Refused(refused) => refused.verdict(),
                    }
                }
                Choice::Smtp { why } | Choice::Neither { why } => {
                    upstream.sends.limiter().cancel();
                    return Tried::Refused(why);
                }
            }
        }
        Transport::Smtp => {
            let reverse_path = &ReversePath::Mailbox(from.clone());
            let outgoing = Outgoing { message: &octets, reverse_path, recipients: &recipients };
            smtp::send(&upstream, &outgoing).await
        }
    };
    usage.extend(upstream.sends.finish(clock.steady(), verdict.ended()));
    if let Err(error) = store.pace().add(usage).await {
        tracing::error!(error = store::chain(&error), "a test message could not be counted");
    }
    match verdict {
        Verdict::Accepted(accepted) if accepted.refused.is_empty() && accepted.deferred.is_empty() => {
            Tried::Taken(accepted.text)
        }
        Verdict::Accepted(accepted) => Tried::Refused(accepted.text),
        Verdict::Deferred(deferred) if deferred.matter == Matter::Rate => {
            let wait =
                SignedDuration::try_from(deferred.wait.unwrap_or(A_MINUTE)).unwrap_or(SignedDuration::MAX);
            Tried::NoRoom(clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX))
        }
        Verdict::Deferred(deferred) => Tried::Refused(deferred.text),
        Verdict::Failed(failed) => Tried::Refused(failed.diagnostic.unwrap_or(failed.reason)),
    }
}

fn message(from: &Mailbox, to: &Mailbox, transport: Transport, id: &str, now: Timestamp) -> Vec<u8> {
    let date = message::date::rfc5322(now);
    let way = transport.as_str().to_uppercase();
    let domain = from.domain();
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Postern: a test message by {way}\r\nDate: {date}\r\n\
         Message-ID: <{id}@{domain}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         This is a test message. It was sent by {way} while an account was verified, and needs no answer.\r\n"
    )
    .into_bytes()
}
