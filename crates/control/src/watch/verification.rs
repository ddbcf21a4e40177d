//! Verifying accounts: on a schedule, after a change, and when Azure rejects a login.

use std::sync::Arc;

use api::verification::{Finding, Outcome, Report, Verdict};
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::id::AccountId;
use tracing::{error, warn};

use super::{REMINDER, Watch};
use crate::verify::Repair;

/// After one look into rejected logins the next waits so long, however many are rejected.
const REST: SignedDuration = SignedDuration::from_mins(10);

/// An account that cannot send is verified again after so long: what was wrong may be over.
const RECHECK: SignedDuration = SignedDuration::from_mins(30);

/// What is remembered of an account's verifications.
#[derive(Clone, Debug)]
pub(super) struct VerificationState {
    /// When this process first saw the account.
    since: Timestamp,
    /// When the last verification of this process began.
    began_at: Option<Timestamp>,
    /// When rejected logins were looked into last.
    investigated_at: Option<Timestamp>,
    /// When rejected logins were reported for which verify found no reason.
    unexplained_at: Option<Timestamp>,
    /// The code of the failure that was reported last, until the account recovers.
    failure: Option<String>,
}

/// What decides whether a verification is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastVerification {
    /// Between two verifications.
    pub(super) every: SignedDuration,
    /// When the one that is kept was made.
    pub(super) at: Option<Timestamp>,
    /// When the account was changed last.
    pub(super) changed_at: Timestamp,
    /// Whether it found that the account cannot send.
    pub(super) has_failed: bool,
}

/// What a verification changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Nothing,
    Failed,
    Recovered,
}

impl VerificationState {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { since: now, began_at: None, investigated_at: None, unexplained_at: None, failure: None }
    }

    /// Whether the account is verified now. One that was never verified was added so on purpose: its first verification
    /// waits for the schedule.
    fn is_due(&self, last: LastVerification, now: Timestamp) -> bool {
        let at = last.at.max(self.began_at).unwrap_or(self.since);
        let is_outdated = last.at.is_some() && at < last.changed_at;
        let every = if last.has_failed { last.every.min(RECHECK) } else { last.every };
        is_outdated || now.duration_since(at) >= every
    }

    /// Whether rejected logins are looked into now.
    fn may_investigate(&self, now: Timestamp) -> bool {
        self.investigated_at.is_none_or(|at| now.duration_since(at) >= REST)
    }

    /// Whether it is reported now that logins are rejected although the account was found to be well.
    fn is_unexplained(&self, now: Timestamp) -> bool {
        self.failure.is_none() && self.unexplained_at.is_none_or(|at| now.duration_since(at) >= REMINDER)
    }

    /// What a verification that ended with this failure, or with none, changes.
    fn change(&self, failure: Option<&str>) -> Change {
        match (self.failure.as_deref(), failure) {
            (Some(_), None) => Change::Recovered,
            (before, Some(code)) if before != Some(code) => Change::Failed,
            _ => Change::Nothing,
        }
    }
}

impl Watch {
    /// Verifies an account whose time has come.
    pub(super) async fn verify_in_time(&mut self, account: &Arc<Account>) {
        let Some(every) = self.settings.verify_every else { return };
        let now = self.control.clock.now();
        let kept = self.control.store.verifications().last(account.id).await.unwrap_or_default();
        let has_failed =
            kept.as_ref().is_some_and(|kept| Verdict::of_kept(&kept.verdict) == Some(Verdict::NotReady));
        let known = kept.as_ref().filter(|_| has_failed).and_then(|kept| kept_failure(&kept.report));
        let (at, changed_at) = (kept.map(|kept| kept.at), account.changed_at);
        let last = LastVerification { every, at, changed_at, has_failed };
        let state = &mut self.watched(account.id).verification;
        // An earlier process has reported it.
        if state.began_at.is_none() && state.failure.is_none() {
            state.failure = known;
        }
        if state.is_due(last, now) {
            self.verify(account).await;
        }
    }

    /// Azure rejected a login of the account, in these words: finds out why.
    pub(super) async fn authentication_failed(&mut self, id: AccountId, words: &str) {
        let directory = self.control.store.directory();
        let Some(account) = directory.account(id) else { return };
        let now = self.control.clock.now();
        let state = &mut self.watched(id).verification;
        if !state.may_investigate(now) {
            return;
        }
        state.investigated_at = Some(now);
        warn!(account = %account.name, reason = words, "Azure rejected a login; the account is verified");
        self.verify(account).await;
        let state = &mut self.watched(id).verification;
        if state.is_unexplained(now) {
            state.unexplained_at = Some(now);
            let text = format!(
                "Azure rejects logins of account {}, and `postern account verify` found no cause. Azure's message: {words}",
                account.name
            );
            self.tell(account, "login_refused", text).await;
        }
    }

    async fn verify(&mut self, account: &Arc<Account>) {
        let now = self.control.clock.now();
        self.watched(account.id).verification.began_at = Some(now);
        match self.control.verify(account.name.as_str(), Repair::Nothing, None).await {
            Ok(report) => self.verified(account, report).await,
            Err(error) => {
                error!(account = %account.name, error = model::error_chain(&error), "an account cannot be verified");
            }
        }
    }

    async fn verified(&mut self, account: &Arc<Account>, report: Report) {
        let failure = failure(report);
        let code = failure.as_ref().map(|failure| failure.code.clone());
        let state = &mut self.watched(account.id).verification;
        let change = state.change(code.as_deref());
        state.failure.clone_from(&code);
        match (change, failure) {
            (Change::Recovered, _) => {
                let text = format!("Account {} is ready again.", account.name);
                self.tell(account, "account_recovered", text).await;
            }
            (Change::Failed, Some(failure)) => {
                let name = &account.name;
                let text = format!(
                    "Account {name} cannot send: {} `postern account verify {name}` shows how to fix it.",
                    failure.message
                );
                self.tell(account, &failure.code, text).await;
            }
            _ => {}
        }
    }
}

/// The code of the failure in a report that was kept.
fn kept_failure(report: &str) -> Option<String> {
    let report: Report = serde_json::from_str(report).ok()?;
    failure(report).map(|failure| failure.code)
}

/// The first reason why an account is not ready.
fn failure(report: Report) -> Option<Finding> {
    let is_failed = report.verdict == Verdict::NotReady;
    report.findings.into_iter().find(|finding| is_failed && finding.outcome == Outcome::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn state() -> VerificationState {
        VerificationState::new(at(0))
    }

    #[test]
    fn a_verification_is_due_on_schedule_and_after_a_change() {
        let began = |seconds| VerificationState { began_at: Some(at(seconds)), ..state() };
        for (state, kept, changed, now, is_due) in [
            // Never verified: a day after it was first seen, changed or not.
            (state(), None, 0, HOUR, false),
            (state(), None, 100, HOUR, false),
            (state(), None, 0, 24 * HOUR, true),
            // Verified by an earlier process.
            (state(), Some(-2 * HOUR), -3 * HOUR, HOUR, false),
            (state(), Some(-23 * HOUR), -30 * HOUR, HOUR, true),
            (state(), Some(-2 * HOUR), -HOUR, 0, true),
            // Changed, and this process has tried since: the failed try is not repeated every minute.
            (began(10), Some(-2 * HOUR), -HOUR, 60, false),
            (began(10), Some(-2 * HOUR), -HOUR, 24 * HOUR, false),
            (began(10), Some(-2 * HOUR), -HOUR, 24 * HOUR + 10, true),
        ] {
            let every = SignedDuration::from_hours(24);
            let (at_kept, changed_at) = (kept.map(at), at(changed));
            let last = LastVerification { every, at: at_kept, changed_at, has_failed: false };
            assert_eq!(state.is_due(last, at(now)), is_due, "{state:?} {last:?} at {now}");
        }
    }

    #[test]
    fn an_account_that_cannot_send_is_verified_again_soon() {
        let every = SignedDuration::from_hours(24);
        let failed = LastVerification { every, at: Some(at(0)), changed_at: at(-9), has_failed: true };
        let began = VerificationState { began_at: Some(at(1_800)), ..state() };
        for (state, now, is_due) in [
            (state(), 1_799, false),
            (state(), 1_800, true),
            (began.clone(), 3_599, false),
            (began, 3_600, true),
        ] {
            assert_eq!(state.is_due(failed, at(now)), is_due, "{state:?} at {now}");
        }
    }

    #[test]
    fn rejected_logins_are_looked_into_at_most_every_ten_minutes() {
        let looked = VerificationState { investigated_at: Some(at(0)), ..state() };
        for (state, now, may) in [(state(), 0, true), (looked.clone(), 599, false), (looked, 600, true)] {
            assert_eq!(state.may_investigate(at(now)), may, "{state:?} at {now}");
        }
    }

    #[test]
    fn what_verify_cannot_explain_is_reported_once_a_day() {
        let told = VerificationState { unexplained_at: Some(at(0)), ..state() };
        let failed = VerificationState { failure: Some("x".to_owned()), ..state() };
        for (state, now, is_told) in [
            (state(), 0, true),
            (told.clone(), 24 * HOUR - 1, false),
            (told, 24 * HOUR, true),
            (failed, 0, false),
        ] {
            assert_eq!(state.is_unexplained(at(now)), is_told, "{state:?} at {now}");
        }
    }

    #[test]
    fn a_failure_is_reported_once_and_so_is_its_end() {
        for (before, found, change) in [
            (None, None, Change::Nothing),
            (None, Some("a"), Change::Failed),
            (Some("a"), Some("a"), Change::Nothing),
            (Some("a"), Some("b"), Change::Failed),
            (Some("a"), None, Change::Recovered),
        ] {
            let state = VerificationState { failure: before.map(str::to_owned), ..state() };
            assert_eq!(state.change(found), change, "{before:?} then {found:?}");
        }
    }
}
