//! Asking what became of what Azure took, as far as the quota for status reads goes.

use std::sync::Arc;
use std::time::Duration;

use azure_client::email::Answer;
use azure_client::{Answered, Failure};
use azure_types::email::EmailSendStatus;
use azure_types::error::ErrorDetail;
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::delivery::{Attempt, AttemptResult, Reason, Transport};
use model::queued::Recipient;
use store::{NextStep, Settlement, StatusCheck, StoreError, Usage};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::outcome::Failed;
use super::upstream::Upstream;
use super::upstream::acs_rest::{AcsRest, StatusRead};
use super::{Context, Upstreams, backoff, dsn};

/// Reads the status of one account's sends until it is told to stop.
pub(crate) struct StatusReader {
    context: Context,
    upstreams: Arc<Upstreams>,
    account: Arc<Account>,
}

/// Status reads at once.
const BATCH: usize = 8;
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// What Azure has not decided by then is not asked about any more.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// A look at least this often.
const LOOK: SignedDuration = SignedDuration::from_secs(60);
/// Azure's code for a message of which all recipients are on a suppression list.
const ALL_SUPPRESSED: &str = "EmailDroppedAllRecipientsSuppressed";
/// After an answer that says nothing, and after each one twice as long.
const WAIT: Duration = Duration::from_secs(60);
/// The longest wait between two reads.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

impl StatusReader {
    pub(crate) fn new(context: Context, upstreams: Arc<Upstreams>, account: Arc<Account>) -> Self {
        Self { context, upstreams, account }
    }

    pub(crate) async fn run(self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let now = self.context.clock.now();
            let wake_at = match self.turn().await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    error!(error = model::error_chain(&error), "the status of sends cannot be noted");
                    clock::after(now, LOOK)
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.context.clock.sleep_until(wake_at) => {}
                () = self.upstreams.status_wanted(self.account.id) => {}
            }
        }
    }

    async fn turn(&self) -> Result<Timestamp, StoreError> {
        let now = self.context.clock.now();
        let look = clock::after(now, LOOK);
        let queue = self.context.store.queue();
        let Some(due) = queue.next_status_check(self.account.id).await? else { return Ok(look) };
        if due > now {
            return Ok(due.min(look));
        }
        // Without its secret the account cannot be used; the dispatcher reports that.
        let Ok(upstream) = self.upstreams.of(&self.account).await else { return Ok(look) };
        let Some(rest) = upstream.with_status() else { return Ok(look) };
        let Some(limiter) = rest.status_reads() else { return Ok(look) };
        let steady = self.context.clock.steady();
        let permits = limiter.lock().permits(steady).min(u32::try_from(BATCH).unwrap_or(1));
        if permits == 0 {
            let next = limiter.lock().next_permit(steady);
            let wait = next.map_or(LOOK, |next| next.duration_since(steady));
            return Ok(now.saturating_add(wait).unwrap_or(look).min(look));
        }
        let lease_until = clock::after(now, LEASE);
        let checks = queue.claim_status_checks(self.account.id, now, permits as usize, lease_until).await?;
        for check in checks {
            let (settlement, usage) = self.read((&upstream, rest), check).await;
            queue.settle(vec![settlement], usage).await?;
        }
        Ok(now)
    }

    async fn read(
        &self,
        (upstream, rest): (&Arc<Upstream>, &AcsRest),
        check: StatusCheck,
    ) -> (Settlement, Vec<Usage>) {
        let StatusRead { result, usage } = rest.read_status(check.operation, &self.context.clock).await;
        let (attempt, next) = self.judge(upstream, &check, result).await;
        upstream.status_read(&next);
        (Settlement { id: check.id, attempt, next, refused: Vec::new() }, usage)
    }

    async fn judge(
        &self,
        upstream: &Upstream,
        check: &StatusCheck,
        result: Option<Result<Answer, Failure>>,
    ) -> (Option<Attempt>, NextStep) {
        let now = self.context.clock.now();
        let note = |result, text: String| {
            Some(Attempt { at: now, transport: Some(Transport::Rest), result, text, reason: None })
        };
        let age = now.duration_since(check.submitted_at);
        let is_stale = age > PATIENCE;
        // A read that finds nothing new has still used up a part of the ration.
        let wait = Duration::try_from(age).unwrap_or_default().clamp(WAIT, LONGEST_WAIT);
        match result {
            Some(Ok(Answer { result, retry_after, ids })) => match result.status {
                EmailSendStatus::Succeeded => {
                    let text = ids.behind("Azure sent it on: the operation has succeeded");
                    (note(AttemptResult::Accepted, text), NextStep::Sent)
                }
                EmailSendStatus::Failed | EmailSendStatus::Canceled => {
                    let error = result.error.unwrap_or_default();
                    let reason = (error.code == ALL_SUPPRESSED).then_some(Reason::Suppressed);
                    let why = ids.behind(&said(&error));
                    let text = format!("Azure gave up: {why}");
                    if self.tell(upstream, check, why).await {
                        let attempt = note(AttemptResult::Failed, text);
                        (attempt.map(|attempt| Attempt { reason, ..attempt }), NextStep::Failed)
                    } else {
                        (None, self.later(WAIT))
                    }
                }
                _ if is_stale => (note(AttemptResult::Accepted, undecided()), NextStep::Sent),
                _ => (None, self.later(retry_after.unwrap_or_default().max(wait))),
            },
            Some(Err(Failure::Answered(Answered { http_status: 404, .. }))) => {
                let text = "Azure does not know the operation any more".to_owned();
                (note(AttemptResult::Accepted, text), NextStep::Sent)
            }
            _ if is_stale => (note(AttemptResult::Accepted, undecided()), NextStep::Sent),
            Some(Err(failure)) => (None, self.unread(check, &failure, wait)),
            None => (None, self.later(WAIT)),
        }
    }

    /// A status that could not be read is read again later.
    fn unread(&self, check: &StatusCheck, failure: &Failure, wait: Duration) -> NextStep {
        debug!(message.id = %check.id.message, error = failure.chain(), "a status could not be read");
        let Failure::Answered(answered) = failure else { return self.later(wait) };
        let asked_for = answered.retry_after.unwrap_or_default().max(wait);
        self.later(backoff::wait(0, Some(asked_for), self.context.entropy.fraction()))
    }

    async fn tell(&self, upstream: &Upstream, check: &StatusCheck, diagnostic: String) -> bool {
        let failed = Failed {
            code: 550,
            status: (0, 0),
            reason: "Azure could not deliver it.".to_owned(),
            diagnostic: Some(diagnostic),
        };
        let failures: Vec<(Recipient, Failed)> =
            check.recipients.iter().map(|recipient| (recipient.clone(), failed.clone())).collect();
        match dsn::queue(&self.context, &upstream.account, check.id, &failures).await {
            Ok(()) => true,
            Err(rejection) => {
                warn!(error = model::error_chain(&rejection), "a DSN could not be queued");
                !rejection.is_temporary()
            }
        }
    }

    fn later(&self, wait: Duration) -> NextStep {
        NextStep::ReadStatus { at: clock::after(self.context.clock.now(), wait) }
    }
}

/// Why an operation failed, in Azure's words, or in ours where it gives none.
fn said(error: &ErrorDetail) -> String {
    let words = match (error.code.as_str(), error.message.as_str()) {
        ("", "") => "it gives no reason".to_owned(),
        (code, "") => code.to_owned(),
        ("", message) => message.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    azure_client::one_line(&words)
}

fn undecided() -> String {
    "Azure has not said what became of it within a day".to_owned()
}
