//! Asking what became of what Azure took, as far as the quota for status reads goes.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use message::notification::{Diagnostic, Speaker};
use model::account::Account;
use model::delivery::{Attempt, AttemptResult, Reason};
use model::queued::Recipient;
use store::{NextStep, Settlement, StatusCheck, StoreError, Usage};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::dsn::{self, News};
use super::give_up::tell_relayed;
use super::outcome::Failed;
use super::upstream::ReadyAccount;
use super::upstream::carrier::StatusSource;
use super::upstream::status_answer::{StatusAnswer, StatusRead};
use super::{Context, Upstreams, backoff};

/// Reads the status of one account's sends until it is stopped.
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
        let Some(source) = upstream.status_source() else { return Ok(look) };
        let Some(limiter) = source.limiter() else { return Ok(look) };
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
            let (settlement, usage) = self.read(&upstream, source, check).await;
            queue.settle(vec![settlement], usage).await?;
        }
        Ok(now)
    }

    async fn read(
        &self,
        upstream: &ReadyAccount,
        source: StatusSource<'_>,
        check: StatusCheck,
    ) -> (Settlement, Vec<Usage>) {
        let StatusRead { answer, usage } = source.read(check.operation, &self.context.clock).await;
        let (attempt, next) = self.judge(upstream, source, &check, answer).await;
        upstream.status_read(&next);
        (Settlement { id: check.id, attempt, next, refused: Vec::new() }, usage)
    }

    async fn judge(
        &self,
        upstream: &ReadyAccount,
        source: StatusSource<'_>,
        check: &StatusCheck,
        answer: StatusAnswer,
    ) -> (Option<Attempt>, NextStep) {
        let now = self.context.clock.now();
        let note = |result, text: String| {
            Some(Attempt { at: now, transport: Some(source.transport()), result, text, reason: None })
        };
        let age = now.duration_since(check.submitted_at);
        let is_stale = age > PATIENCE;
        // A read that finds nothing new has still used up a part of the ration.
        let wait = Duration::try_from(age).unwrap_or_default().clamp(WAIT, LONGEST_WAIT);
        match answer {
            StatusAnswer::Sent(text) | StatusAnswer::Forgotten(text) => {
                tell_relayed(&self.context, &upstream.account, check.id, &check.recipients).await;
                (note(AttemptResult::Accepted, text), NextStep::Sent)
            }
            StatusAnswer::Failed { text, why, reason } => {
                if self.tell(upstream, check, gave_up(why, reason)).await {
                    let attempt = note(AttemptResult::Failed, text);
                    (attempt.map(|attempt| Attempt { reason, ..attempt }), NextStep::Failed)
                } else {
                    (None, self.later(WAIT))
                }
            }
            _ if is_stale => {
                tell_relayed(&self.context, &upstream.account, check.id, &check.recipients).await;
                (note(AttemptResult::Accepted, undecided()), NextStep::Sent)
            }
            StatusAnswer::UnderWay(asked_for) => (None, self.later(asked_for.unwrap_or_default().max(wait))),
            // A status that could not be read is read again later.
            StatusAnswer::Refused(why, asked_for) => {
                unread(check, &why);
                let wait = asked_for.unwrap_or_default().max(wait);
                let wait = backoff::wait(0, Some(wait), self.context.entropy.fraction());
                (None, self.later(wait))
            }
            StatusAnswer::Unread(why) => {
                unread(check, &why);
                (None, self.later(wait))
            }
            StatusAnswer::Unasked => (None, self.later(WAIT)),
        }
    }

    async fn tell(&self, upstream: &ReadyAccount, check: &StatusCheck, failed: Failed) -> bool {
        let failures: Vec<(Recipient, Failed)> =
            check.recipients.iter().map(|recipient| (recipient.clone(), failed.clone())).collect();
        match dsn::queue(&self.context, &upstream.account, check.id, News::Failed(&failures)).await {
            Ok(()) => true,
            Err(rejection) => {
                warn!(error = model::error_chain(&rejection), "a DSN could not be queued");
                !rejection.is_temporary()
            }
        }
    }

    fn later(&self, wait: Duration) -> NextStep {
        NextStep::ReadStatus { at: self.context.later(wait) }
    }
}

/// What Azure's giving up means for the recipients.
fn gave_up(words: String, reason: Option<Reason>) -> Failed {
    let (status, sentence) = match reason {
        Some(Reason::Suppressed) => {
            ((1, 1), "The address is on a suppression list of Azure's, and nothing was sent to it.")
        }
        _ => ((0, 0), "Azure could not deliver it."),
    };
    let diagnostic = Some(Diagnostic { speaker: Speaker::Azure, text: words });
    Failed { code: 550, status, reason: sentence.to_owned(), diagnostic }
}

fn unread(check: &StatusCheck, why: &str) {
    debug!(message.id = %check.id.message, error = why, "a status could not be read");
}

fn undecided() -> String {
    "Azure has not said what became of it within a day".to_owned()
}
