//! One try to send one claimed send, from the journal to a settlement.

use std::sync::Arc;
use std::time::Duration;

use ::smtp::address::Mailbox;
use azure_types::ids::OperationId;
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::delivery::{Attempt, AttemptResult, ClaimedSend, SendId, Transport};
use model::queued::Recipient;
use store::{Claim, NextStep, Settlement, StoreError, Usage};
use tracing::{error, info, warn};

use super::choice::{Candidate, Choice, Ways, choose};
use super::outcome::{Accepted, Deferred, Failed, Matter, Verdict};
use super::smtp::Outgoing;
use super::upstream::Upstream;
use super::{Context, backoff, notice, rest, smtp};

/// What a try brought.
pub(crate) struct Tried {
    pub(crate) settlement: Settlement,
    pub(crate) usage: Vec<Usage>,
    /// Why nothing else of the account should be tried for a while, and how long Azure asked for.
    pub(crate) trouble: Option<(Matter, Option<Duration>)>,
}

/// Tries once. Whatever happens, the send is settled.
pub(crate) async fn attempt(context: &Context, upstream: &Arc<Upstream>, claim: Claim) -> Tried {
    Try { context, upstream, claim: &claim }.run().await
}

/// Gives up a send whose time is over, without asking Azure anything.
pub(crate) async fn expire(context: &Context, account: &Account, claim: &Claim) -> Settlement {
    give_up(context, account, &claim.send, &expired(context), None).await
}

/// Gives up a send, for whichever reason.
async fn give_up(
    context: &Context,
    account: &Account,
    send: &ClaimedSend,
    failed: &Failed,
    attempt: Option<Attempt>,
) -> Settlement {
    warn!(message.id = %send.id.message, reason = failed.reason, "delivery has failed");
    let failures: Vec<(Recipient, Failed)> =
        send.recipients.iter().map(|recipient| (recipient.clone(), failed.clone())).collect();
    let attempt = attempt.unwrap_or_else(|| Attempt {
        at: context.clock.now(),
        transport: None,
        result: AttemptResult::Failed,
        text: failed.reason.clone(),
    });
    // The notice is queued before the failure is noted: a crash in between queues it again, as the
    // same one.
    let next = if tell(context, account, send.id, &failures).await {
        NextStep::Failed
    } else {
        NextStep::Again { at: later(context, backoff::wait(0, None, context.entropy.fraction())) }
    };
    Settlement { id: send.id, attempt: Some(attempt), next }
}

/// Tells the sender; says whether that can be relied on.
async fn tell(context: &Context, account: &Account, id: SendId, failures: &[(Recipient, Failed)]) -> bool {
    match notice::queue(context, account, id, failures).await {
        Ok(()) => true,
        Err(error) => {
            let error = crate::reply_for::chain(&error);
            warn!(message.id = %id.message, error, "a notice could not be queued");
            false
        }
    }
}

fn later(context: &Context, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    context.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX)
}

struct Try<'a> {
    context: &'a Context,
    upstream: &'a Arc<Upstream>,
    claim: &'a Claim,
}

impl Try<'_> {
    async fn run(&self) -> Tried {
        let send = &self.claim.send;
        if send.expires_at <= self.context.clock.now() {
            self.upstream.sends.finish(self.context.clock.steady(), false);
            return self.give_up(&expired(self.context), None, Vec::new()).await;
        }
        let (verdict, transport, why) = self.send().await;
        let usage = self.upstream.sends.finish(self.context.clock.steady(), verdict.may_be_counted());
        let note = |result, text: &str| Attempt {
            at: self.context.clock.now(),
            transport,
            result,
            text: format!("{why}: {text}"),
        };
        match verdict {
            Verdict::Accepted(accepted) => {
                info!(message.id = %send.id.message, azure.operation = %send.operation, "sent {why}");
                let attempt = note(AttemptResult::Accepted, &accepted.text);
                self.accepted(accepted, attempt, usage).await
            }
            Verdict::Deferred(deferred) => {
                warn!(message.id = %send.id.message, reason = deferred.text, "delivery is deferred");
                self.again(&deferred, note(AttemptResult::Deferred, &deferred.text), usage)
            }
            Verdict::Failed(failed) => {
                let text = failed.diagnostic.as_ref().unwrap_or(&failed.reason);
                let attempt = note(AttemptResult::Failed, text);
                self.give_up(&failed, Some(attempt), usage).await
            }
        }
    }

    /// Reads the message, chooses a way and takes it.
    async fn send(&self) -> (Verdict, Option<Transport>, String) {
        let (context, send) = (self.context, &self.claim.send);
        let _room = context.room.take(send.size_octets).await;
        let octets = match context.store.queue().body(self.claim).await {
            Ok(octets) => octets,
            Err(error) => return (unreadable(&error), None, "before anything was sent".to_owned()),
        };
        let mailboxes: Vec<Mailbox> = send.recipients.iter().map(|one| one.mailbox.clone()).collect();
        let author: Option<Mailbox> = send.author.parse().ok();
        let directory = context.store.directory();
        let sender = author.as_ref().and_then(|author| directory.sender(self.upstream.account.id, author));
        let candidate = Candidate {
            message: &octets,
            recipients: &mailboxes,
            sender,
            accepted_at: send.id.message.made_at(),
        };
        match choose(Ways::of(&self.upstream.account), &candidate) {
            Choice::Rest { message, why } => {
                let verdict = rest::send(self.upstream, send.operation, &message, &context.clock).await;
                (verdict, Some(Transport::Rest), why)
            }
            Choice::Smtp { why } => {
                let outgoing =
                    Outgoing { message: &octets, reverse_path: &send.reverse_path, recipients: &mailboxes };
                (smtp::send(self.upstream, &outgoing).await, Some(Transport::Smtp), why)
            }
            Choice::Neither { why } => {
                let reason = "The message is of a kind that cannot be sent this way.".to_owned();
                let failed = Failed { code: 554, status: (6, 3), reason, diagnostic: Some(why) };
                (Verdict::Failed(failed), None, "before anything was sent".to_owned())
            }
        }
    }

    async fn accepted(&self, accepted: Accepted, attempt: Attempt, usage: Vec<Usage>) -> Tried {
        let recipients = &self.claim.send.recipients;
        let refused: Vec<(Recipient, Failed)> = accepted
            .refused
            .into_iter()
            .filter_map(|(place, failed)| Some((recipients.get(place)?.clone(), failed)))
            .collect();
        if !refused.is_empty() {
            self.tell_in_the_end(&refused).await;
        }
        let next = if accepted.deferred.is_empty() {
            match accepted.read_status_in {
                Some(wait) if self.upstream.wants_status() => {
                    NextStep::ReadStatus { at: later(self.context, wait) }
                }
                _ => NextStep::Sent,
            }
        } else {
            // The others have it. Those who are left get it under an id of their own.
            let left = accepted.deferred.iter().filter_map(|place| recipients.get(*place).cloned()).collect();
            let id = uuid::Builder::from_random_bytes(self.context.entropy.octets()).into_uuid();
            let wait = backoff::wait(self.claim.send.attempts, None, self.context.entropy.fraction());
            NextStep::AgainForOthers {
                at: self.retry_at(wait),
                recipients: left,
                operation: OperationId::new(id),
            }
        };
        self.tried(attempt, next, usage)
    }

    fn again(&self, deferred: &Deferred, attempt: Attempt, usage: Vec<Usage>) -> Tried {
        let wait = backoff::wait(self.claim.send.attempts, deferred.wait, self.context.entropy.fraction());
        let mut tried = self.tried(attempt, NextStep::Again { at: self.retry_at(wait) }, usage);
        tried.trouble = match deferred.matter {
            Matter::Message | Matter::Sender => None,
            matter @ (Matter::Rate | Matter::Login | Matter::Unreachable) => Some((matter, deferred.wait)),
        };
        tried
    }

    async fn give_up(&self, failed: &Failed, attempt: Option<Attempt>, usage: Vec<Usage>) -> Tried {
        let settlement =
            give_up(self.context, &self.upstream.account, &self.claim.send, failed, attempt).await;
        Tried { settlement, usage, trouble: None }
    }

    /// Tells the sender, however long the disk takes to hold a notice: the send itself is done, and trying
    /// it again would reach the others twice.
    async fn tell_in_the_end(&self, failures: &[(Recipient, Failed)]) {
        for tries in 0..TELLINGS {
            if tell(self.context, &self.upstream.account, self.claim.send.id, failures).await {
                return;
            }
            let wait = backoff::wait(tries, None, self.context.entropy.fraction());
            self.context.clock.sleep_until(later(self.context, wait)).await;
        }
        error!(message.id = %self.claim.send.id.message, "the sender could not be told of refused recipients");
    }

    fn tried(&self, attempt: Attempt, next: NextStep, usage: Vec<Usage>) -> Tried {
        let settlement = Settlement { id: self.claim.send.id, attempt: Some(attempt), next };
        Tried { settlement, usage, trouble: None }
    }

    /// When to try again. Whoever asks for more patience than there is gets one more try, which ends it.
    fn retry_at(&self, wait: Duration) -> Timestamp {
        later(self.context, wait).min(self.claim.send.expires_at)
    }
}

/// Tries to queue a notice; with their waits they take half an hour.
const TELLINGS: u32 = 7;

fn expired(context: &Context) -> Failed {
    let hours = context.settings.expiry.as_secs() / 3_600;
    let reason = format!("It could not be delivered within {hours} hours.");
    Failed { code: 550, status: (4, 7), reason, diagnostic: None }
}

fn unreadable(error: &StoreError) -> Verdict {
    let text = crate::reply_for::chain(error);
    if matches!(error, StoreError::Damaged(_) | StoreError::Missing(_)) {
        error!(error = text, "a message is lost: the data directory does not hold it any more");
        let reason = "The relay's disk has lost the message.".to_owned();
        return Verdict::Failed(Failed { code: 550, status: (3, 0), reason, diagnostic: Some(text) });
    }
    super::outcome::deferred(format!("the message could not be read: {text}"), Matter::Message, None)
}
