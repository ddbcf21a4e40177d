//! Recipients that the suppression list has: nothing is sent to them. An address may have come onto the list after the
//! message was accepted, the scope may depend on the author, or the list is set up to accept and drop.

use model::delivery::{Attempt, AttemptResult};
use model::queued::Recipient;
use model::suppression::{Outgoing, Suppression};
use model::tracking::{RecipientState, RefusedAlone};
use store::{NextStep, StoreError};
use tracing::warn;

use super::give_up::{GivenUp, give_up};
use super::outcome::Failed;
use super::tried::{Tried, Try};
use crate::suppressed::holding;
use model::rate_limit::Ended;

/// A recipient that nothing is sent to, and the entry that says so.
struct KeptBack {
    recipient: Recipient,
    entry: Suppression,
}

impl Try<'_> {
    /// Settles a send that the list has recipients of: it goes on without them, or fails where it has all. A send that
    /// is divided into groups was looked at before it was divided.
    pub(super) async fn keep_back(&self) -> Option<Tried> {
        let send = &self.claim.send;
        if send.division.is_some() {
            return None;
        }
        let kept_back = match self.kept_back().await {
            Ok(kept_back) if kept_back.is_empty() => return None,
            Ok(kept_back) => kept_back,
            Err(error) => {
                let error = model::error_chain(&error);
                warn!(message.id = %send.id.message, error, "the suppression list could not be read");
                return None;
            }
        };
        let now = self.context.clock.now();
        let next = match kept_back.len() == send.recipients.len() {
            true => NextStep::Failed,
            false => NextStep::WithoutSuppressed {
                at: now,
                recipients: kept_back.iter().map(|one| one.recipient.clone()).collect(),
            },
        };
        let sentences: Vec<String> = kept_back.iter().map(|one| one.entry.sentence()).collect();
        let attempt = Attempt {
            at: now,
            transport: None,
            result: AttemptResult::Failed,
            text: sentences.join("; "),
            reason: None,
        };
        let failures = kept_back.iter().map(|one| (one.recipient.clone(), failed(&one.entry))).collect();
        let given_up = GivenUp { failures, attempt: Some(attempt), next };
        let usage = self.upstream.sends.finish(self.context.clock.steady(), Ended::Unsent);
        let mut settlement = give_up(self.context, &self.upstream.account, send.id, &given_up).await;
        if settlement.next == given_up.next {
            settlement.refused = kept_back.iter().map(alone).collect();
        }
        Some(Tried { settlement, usage, trouble: None, said: None })
    }

    async fn kept_back(&self) -> Result<Vec<KeptBack>, StoreError> {
        let send = &self.claim.send;
        let author = send.author.parse().ok();
        let mail = Outgoing {
            account: Some(self.upstream.account.id),
            author: author.as_ref(),
            now: self.context.clock.now(),
        };
        let mut kept_back = Vec::new();
        for recipient in &send.recipients {
            if let Some(entry) = holding(&self.context.store, &recipient.mailbox, mail).await? {
                kept_back.push(KeptBack { recipient: recipient.clone(), entry });
            }
        }
        Ok(kept_back)
    }
}

/// The failure as the sender hears of it.
fn failed(entry: &Suppression) -> Failed {
    let reason = format!("{}. Nothing was sent to it.", entry.sentence());
    Failed { code: 550, status: entry.reason.status(), reason, diagnostic: None }
}

fn alone(kept_back: &KeptBack) -> RefusedAlone {
    RefusedAlone {
        recipient: kept_back.recipient.clone(),
        state: RecipientState::Suppressed,
        status: failed(&kept_back.entry).status_text(),
        text: kept_back.entry.sentence(),
    }
}
