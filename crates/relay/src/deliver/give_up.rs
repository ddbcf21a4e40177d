//! Giving up: who receives a DSN, and what is noted.

use message::notification::{Action, Diagnostic, Speaker};
use model::account::Account;
use model::delivery::{Attempt, AttemptResult, ClaimedSend, SendId};
use model::division::RefusedRecipient;
use model::queued::Recipient;
use model::tracking::{RecipientState, RefusedAlone};
use store::{Claim, NextStep, SecretName, SecretOwner, Settlement};
use tracing::{error, warn};

use super::dsn::{self, News};
use super::outcome::Failed;
use super::{Context, backoff};

/// Gives up a send whose time is over, without asking Azure anything.
pub(crate) async fn expire(context: &Context, account: &Account, claim: &Claim) -> Settlement {
    give_up(context, account, claim.send.id, &GivenUp::all(&claim.send, &expired(context, &claim.send))).await
}

/// What is given up, and why.
pub(super) struct GivenUp {
    pub(super) failures: Vec<(Recipient, Failed)>,
    pub(super) attempt: Option<Attempt>,
    pub(super) next: NextStep,
}

impl GivenUp {
    /// All that is left of a send, for one reason but for those who have one of their own.
    pub(super) fn all(send: &ClaimedSend, failed: &Failed) -> Self {
        let own = send.division.iter().flat_map(|division| &division.refused);
        let mut failures: Vec<(Recipient, Failed)> = own.map(blamed).collect();
        for recipient in &send.recipients {
            if !failures.iter().any(|(other, _)| other == recipient) {
                failures.push((recipient.clone(), failed.clone()));
            }
        }
        Self { failures, attempt: None, next: NextStep::Failed }
    }
}

/// Gives up, for whichever reason.
pub(super) async fn give_up(
    context: &Context,
    account: &Account,
    id: SendId,
    given_up: &GivenUp,
) -> Settlement {
    let reason = given_up.failures.last().map(|(_, failed)| failed.reason.clone()).unwrap_or_default();
    warn!(message.id = %id.message, reason, "delivery has failed");
    let attempt = given_up.attempt.clone().unwrap_or_else(|| Attempt {
        at: context.clock.now(),
        transport: None,
        result: AttemptResult::Failed,
        text: reason,
        reason: None,
    });
    // The DSN is queued before the failure is noted: a crash in between queues it again, as the
    // same one.
    let next = if tell(context, account, id, News::Failed(&given_up.failures)).await {
        given_up.next.clone()
    } else {
        NextStep::Again { at: context.later(backoff::wait(0, None, context.entropy.fraction())) }
    };
    let refused = if next == given_up.next { apart(&given_up.failures) } else { Vec::new() };
    Settlement { id, attempt: Some(attempt), next, refused }
}

/// Those of the failures that are not the one that all share.
fn apart(failures: &[(Recipient, Failed)]) -> Vec<RefusedAlone> {
    let shared = failures.last().map(|(_, failed)| failed);
    let is_shared = failures.iter().all(|(_, failed)| Some(failed) == shared);
    if is_shared { Vec::new() } else { failures.iter().map(refused_alone).collect() }
}

/// A recipient that failed alone, as its row has it.
pub(super) fn refused_alone((recipient, failed): &(Recipient, Failed)) -> RefusedAlone {
    RefusedAlone {
        recipient: recipient.clone(),
        state: RecipientState::Failed,
        status: failed.status_text(),
        text: failed.said().to_owned(),
    }
}

/// A recipient that was refused alone, as a DSN says it.
pub(super) fn blamed(refused: &RefusedRecipient) -> (Recipient, Failed) {
    let reason = "Azure does not take this address.".to_owned();
    let diagnostic = Some(Diagnostic { speaker: Speaker::Azure, text: refused.words.clone() });
    let failed = Failed { code: 550, status: (1, 0), reason, diagnostic };
    (refused.recipient.clone(), failed)
}

/// Tells the sender; says whether that can be relied on.
async fn tell(context: &Context, account: &Account, id: SendId, news: News<'_>) -> bool {
    match dsn::queue(context, account, id, news).await {
        Ok(()) => true,
        Err(rejection) => {
            let error = model::error_chain(&rejection);
            warn!(message.id = %id.message, error, "a DSN could not be queued");
            // What is rejected for what it is would be rejected again.
            !rejection.is_temporary()
        }
    }
}

/// Tells the sender, however long the disk takes to hold a DSN: the send itself is done, and trying it again
/// would reach the others twice.
pub(super) async fn tell_in_the_end(context: &Context, account: &Account, id: SendId, news: News<'_>) {
    for tries in 0..TELLINGS {
        if tell(context, account, id, news).await {
            return;
        }
        let wait = backoff::wait(tries, None, context.entropy.fraction());
        context.clock.sleep_until(context.later(wait)).await;
    }
    error!(message.id = %id.message, "the sender could not be told of recipients");
}

/// Reports that recipients are reached as far as anybody knows, to a sender who wants to hear that. Where Azure reports
/// deliveries, that is waited for.
pub(super) async fn tell_relayed(context: &Context, account: &Account, id: SendId, recipients: &[Recipient]) {
    if !recipients.iter().any(dsn::wants_success) || is_reported_on(context, account).await {
        return;
    }
    let news = News::Succeeded { action: Action::Relayed, recipients, status: None };
    tell_in_the_end(context, account, id, news).await;
}

/// Whether Azure posts what becomes of the account's mail, or puts it into a queue that is read.
async fn is_reported_on(context: &Context, account: &Account) -> bool {
    let (owner, secrets) = (SecretOwner::Account(account.id), context.store.secrets());
    for name in [SecretName::EventKey, SecretName::EventQueue] {
        if matches!(secrets.facts(owner, name).await, Ok(Some(_))) {
            return true;
        }
    }
    false
}

/// Tries to queue a DSN; with their waits they take half an hour.
const TELLINGS: u32 = 7;

pub(super) fn expired(context: &Context, send: &ClaimedSend) -> Failed {
    let reason = match send.deadline {
        Some(deadline) if deadline <= send.expires_at => {
            format!("It could not be sent before its deadline, {deadline}.")
        }
        _ => {
            let hours = context.settings.expiry.as_secs() / 3_600;
            format!("It could not be delivered within {hours} hours.")
        }
    };
    let refused = send.refused_by_rest.clone();
    let diagnostic = refused.map(|text| Diagnostic { speaker: Speaker::Azure, text });
    Failed { code: 550, status: (4, 7), reason, diagnostic }
}
