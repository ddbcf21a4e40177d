//! One try to send one claimed send, from the journal to a settlement.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ::smtp::address::Mailbox;
use jiff::Timestamp;
use message::notification::{Diagnostic, Speaker};
use model::delivery::{Attempt, AttemptResult};
use model::operation;
use model::queued::Recipient;
use store::{Claim, NextStep, StoreError, Usage};
use tracing::{error, info, warn};

use super::carry::{Carried, by_smtp, carry};
use super::choice::{Choice, choose};
use super::dsn::News;
use super::give_up::{GivenUp, expired, give_up, refused_alone, tell_in_the_end, tell_relayed};
use super::mail::{Candidate, Mail};
use super::outcome::{Acceptance, AttemptOutcome, Deferred, Failed, Matter};
use super::second_transport::{AfterRefusal, Noted};
use super::tried::{Tried, Try};
use super::upstream::ReadyAccount;
use super::upstream::sent::Posted;
use super::{Context, backoff, control_fields};
use model::rate_limit::Ended;

/// Tries once. Whatever happens, the send is settled.
pub(crate) async fn attempt(context: &Context, upstream: &Arc<ReadyAccount>, claim: Claim) -> Tried {
    Try { context, upstream, claim: &claim }.run().await
}

impl Try<'_> {
    async fn run(&self) -> Tried {
        let send = &self.claim.send;
        if let Some(tried) = self.without_a_request().await {
            return tried;
        }
        let carried = self.send().await;
        self.upstream.meters.carried(carried.transport, carried.took);
        let mut usage = self.upstream.sends.finish(self.context.clock.steady(), carried.ended());
        usage.extend(carried.status_reads);
        let note = |result, text: &str| Attempt {
            at: self.context.clock.now(),
            transport: carried.transport,
            result,
            text: format!("{}: {text}", carried.why),
            reason: None,
        };
        let outcome = match carried.posted {
            Posted::Settled(outcome) => outcome,
            Posted::Refused(refused) => match self.after_refusal(&refused, &carried.hidden) {
                AfterRefusal::Next(next, text) => {
                    warn!(message.id = %send.id.message, reason = text, "the Email API refused a send");
                    return self.tried(note(AttemptResult::Deferred, &text), next, usage);
                }
                AfterRefusal::GiveUp(given_up) => {
                    let attempt = Some(note(AttemptResult::Failed, &refused.words()));
                    return self.give_up(GivenUp { attempt, ..given_up }, usage).await;
                }
                AfterRefusal::None(outcome) => outcome,
            },
        };
        match outcome {
            AttemptOutcome::Accepted(accepted) => {
                let answer = accepted.story(send.asked_for());
                info!(message.id = %send.id.message, azure.operation_id = %send.operation, answer, "sent {}", carried.why);
                let attempt = note(AttemptResult::Accepted, &answer);
                match &send.division {
                    None => self.accepted(accepted, attempt, usage).await,
                    Some(division) => {
                        let noted = Noted { attempt, usage };
                        self.group_accepted(division, &accepted, &carried.hidden, noted).await
                    }
                }
            }
            AttemptOutcome::Deferred(deferred) => {
                warn!(message.id = %send.id.message, reason = deferred.text, "delivery is deferred");
                let attempt = note(AttemptResult::Deferred, &deferred.text);
                self.again(&deferred, Attempt { reason: deferred.matter.reason(), ..attempt }, usage)
            }
            AttemptOutcome::Failed(failed) => {
                let text = failed.said();
                let attempt = Some(note(AttemptResult::Failed, text));
                let given_up = GivenUp::all(send, &self.after_both_transports(failed.clone()));
                self.give_up(GivenUp { attempt, ..given_up }, usage).await
            }
        }
    }

    /// Settles what nothing is to be sent of: its time is over, or the suppression list has recipients.
    async fn without_a_request(&self) -> Option<Tried> {
        let send = &self.claim.send;
        if send.expires_at > self.context.clock.now() {
            return self.keep_back().await;
        }
        self.upstream.sends.finish(self.context.clock.steady(), Ended::Unsent);
        let failed = expired(self.context, send);
        Some(self.give_up(GivenUp::all(send, &failed), Vec::new()).await)
    }

    /// Reads the message, chooses a transport and sends it.
    async fn send(&self) -> Carried {
        let (context, send) = (self.context, &self.claim.send);
        let _memory = context.memory.take(send.size_bytes).await;
        let bytes = match context.store.queue().body(self.claim).await {
            Ok(bytes) => bytes,
            Err(error) => return Carried::unsent(unreadable(&error)),
        };
        let mailboxes: Vec<Mailbox> = send.asked_for().iter().map(|one| one.mailbox.clone()).collect();
        let everybody = match &send.division {
            None => None,
            Some(_) => match self.everybody().await {
                Ok(everybody) => Some(everybody),
                Err(error) => return Carried::unsent(unreadable(&error)),
            },
        };
        let (message, left_out) = control_fields::judged(&bytes, context.settings.control_fields);
        let mut choice = self.choose(&message, everybody.as_ref().unwrap_or(&mailboxes));
        if let Choice::By(chosen) = &mut choice {
            if let Some(left_out) = &left_out {
                let _ = write!(chosen.why, ", {left_out}");
            }
            if let Some(everybody) = &everybody {
                let _ = write!(chosen.why, ", for {} of its {} recipients", mailboxes.len(), everybody.len());
            }
        }
        let mail = Mail {
            message: &message,
            reverse_path: &send.reverse_path,
            recipients: &mailboxes,
            operation: send.operation,
        };
        carry(&self.upstream.carriers, choice, &mail, &context.clock).await
    }

    fn choose(&self, message: &[u8], recipients: &[Mailbox]) -> Choice {
        if let Some(why) = self.only_by_smtp() {
            return by_smtp(why);
        }
        let send = &self.claim.send;
        let author: Option<Mailbox> = send.author.parse().ok();
        let directory = self.context.store.directory();
        let sender = author.as_ref().and_then(|author| directory.sender(self.upstream.account.id, author));
        let accepted_at = send.id.message.made_at();
        choose(self.transports(), &Candidate { message, recipients, sender, accepted_at })
    }

    async fn accepted(&self, accepted: Acceptance, attempt: Attempt, usage: Vec<Usage>) -> Tried {
        let recipients = &self.claim.send.recipients;
        let refused: Vec<(Recipient, Failed)> = accepted
            .refused
            .iter()
            .filter_map(|(place, failed)| {
                Some((recipients.get(*place)?.clone(), self.after_both_transports(failed.clone())))
            })
            .collect();
        if !refused.is_empty() {
            let id = self.claim.send.id;
            tell_in_the_end(self.context, &self.upstream.account, id, News::Failed(&refused)).await;
        }
        let next = if accepted.deferred.is_empty() {
            self.read_status_at(&accepted).map_or(NextStep::Sent, |at| NextStep::ReadStatus { at })
        } else {
            // The others have it. Those who are left get it under an id of their own.
            let left = accepted.deferred.iter();
            let left = left.filter_map(|(place, _)| recipients.get(*place).cloned()).collect();
            let asked_for = accepted.trouble.as_ref().and_then(|trouble| trouble.wait);
            let wait = backoff::wait(self.claim.send.attempts, asked_for, self.context.entropy.fraction());
            NextStep::AgainForOthers {
                at: self.retry_at(wait),
                recipients: left,
                operation: operation::for_message(self.claim.send.id.message, self.context.entropy.bytes()),
            }
        };
        if !matches!(next, NextStep::ReadStatus { .. }) {
            let is_left = |place: usize| {
                accepted.refused.iter().any(|(other, _)| *other == place)
                    || accepted.deferred.iter().any(|(other, _)| *other == place)
            };
            let places = recipients.iter().enumerate().filter(|(place, _)| !is_left(*place));
            let taken: Vec<Recipient> = places.map(|(_, recipient)| recipient.clone()).collect();
            tell_relayed(self.context, &self.upstream.account, self.claim.send.id, &taken).await;
        }
        let trouble = accepted.trouble.as_ref().and_then(|trouble| self.trouble_for_others(trouble));
        let mut tried = self.tried(attempt, next, usage);
        tried.settlement.refused = refused.iter().map(refused_alone).collect();
        Tried { trouble, ..tried }
    }

    fn again(&self, deferred: &Deferred, attempt: Attempt, usage: Vec<Usage>) -> Tried {
        let wait = backoff::wait(self.claim.send.attempts, deferred.wait, self.context.entropy.fraction());
        let next = NextStep::Again { at: self.retry_at(wait) };
        let (trouble, said) = (self.trouble_for_others(deferred), Some(deferred.text.clone()));
        Tried { trouble, said, ..self.tried(attempt, next, usage) }
    }

    /// What a deferral means for the account's other mail.
    fn trouble_for_others(&self, deferred: &Deferred) -> Option<(Matter, Option<Duration>)> {
        match deferred.matter {
            Matter::Message | Matter::Azure | Matter::Sender | Matter::Username => None,
            // The Email API answered, so that the account's other mail can go on by REST.
            Matter::Login | Matter::Unreachable if self.claim.send.refused_by_rest.is_some() => None,
            matter @ (Matter::Rate | Matter::Login | Matter::Unreachable) => Some((matter, deferred.wait)),
        }
    }

    async fn give_up(&self, given_up: GivenUp, usage: Vec<Usage>) -> Tried {
        let id = self.claim.send.id;
        let settlement = give_up(self.context, &self.upstream.account, id, &given_up).await;
        Tried { settlement, usage, trouble: None, said: None }
    }

    /// When to try again. A server that asks for a longer wait than is left gets one more try, which is the last.
    fn retry_at(&self, wait: Duration) -> Timestamp {
        self.context.later(wait).min(self.claim.send.expires_at)
    }
}

fn unreadable(error: &StoreError) -> AttemptOutcome {
    let text = model::error_chain(error);
    if matches!(error, StoreError::Damaged(_) | StoreError::Missing(_)) {
        error!(error = text, "a message is lost: the data directory does not hold it any more");
        let reason = "The relay's disk has lost the message.".to_owned();
        let diagnostic = Some(Diagnostic { speaker: Speaker::Postern, text });
        return AttemptOutcome::Failed(Failed { code: 550, status: (3, 0), reason, diagnostic });
    }
    super::outcome::deferred(format!("the message could not be read: {text}"), Matter::Message, None)
}
