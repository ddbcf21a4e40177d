//! Comparing Azure and DNS with the desired state of accounts: what is pending goes on, and drift is reported.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::id::AccountId;
use tracing::{error, warn};

use super::Watch;
use crate::error::Fault;
use provisioning::Reconciled;

/// Between two looks at a domain that waits for somebody, or for DNS.
const PENDING: SignedDuration = SignedDuration::from_mins(10);
/// Differences that are named one by one.
const NAMED: usize = 3;

/// What is remembered of an account's reconciliations.
#[derive(Clone, Debug)]
pub(super) struct ReconciliationState {
    /// Whether a task works on it.
    is_running: bool,
    /// When the last one began; when this process first saw the account, before the first.
    began_at: Timestamp,
    /// What differed the last time.
    differences: Option<Vec<String>>,
}

/// How often an account is reconciled.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    every: SignedDuration,
    /// Whether a step of it waits for somebody, or for DNS.
    is_pending: bool,
}

impl ReconciliationState {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { is_running: false, began_at: now, differences: None }
    }

    /// Whether the account is reconciled now.
    fn is_due(&self, schedule: Schedule, now: Timestamp) -> bool {
        let Schedule { every, is_pending } = schedule;
        let wait = if is_pending { PENDING.min(every) } else { every };
        !self.is_running && now.duration_since(self.began_at) >= wait
    }

    /// Azure may be there again in ten minutes.
    fn failed(&mut self, every: SignedDuration, now: Timestamp) {
        self.began_at = now.saturating_sub(every - PENDING.min(every)).unwrap_or(Timestamp::MIN);
    }
}

impl Watch {
    /// Reconciles the accounts whose time has come.
    pub(super) async fn reconcile_in_time(&mut self) {
        let Some(every) = self.settings.drift_every else { return };
        let now = self.control.clock.now();
        let Ok(accounts) = self.control.store.infrastructure().accounts().await else { return };
        let directory = self.control.store.directory();
        for id in accounts {
            let Some(account) = directory.account(id).filter(|account| account.is_enabled()) else {
                continue;
            };
            let schedule = Schedule { every, is_pending: self.control.provisioning.is_pending(id).await };
            let state = &mut self.watched(id).reconciliation;
            if !state.is_due(schedule, now) {
                continue;
            }
            (state.is_running, state.began_at) = (true, now);
            let (control, name) = (self.control.clone(), account.name.to_string());
            self.reconciling.spawn(async move {
                let work = Box::pin(control.provisioning.reconcile(&name));
                (id, AssertUnwindSafe(work).catch_unwind().await.ok())
            });
        }
    }

    /// A reconciliation ended; `None` where its task panicked.
    pub(super) async fn reconciled(&mut self, id: AccountId, ended: Option<Result<Reconciled, Fault>>) {
        let directory = self.control.store.directory();
        // The account may be gone by now.
        let (Some(account), Some(watched)) = (directory.account(id), self.accounts.get_mut(&id)) else {
            return;
        };
        watched.reconciliation.is_running = false;
        let every = self.settings.drift_every.unwrap_or(PENDING);
        match ended {
            Some(Ok(reconciled)) => self.report(account, reconciled).await,
            Some(Err(error)) => {
                watched.reconciliation.failed(every, self.control.clock.now());
                let error = model::error_chain(&error);
                warn!(account = %account.name, error, "Azure and DNS cannot be compared with the desired state");
            }
            None => error!(account = %account.name, "a reconciliation failed; Postern starts it again"),
        }
    }

    async fn report(&mut self, account: &Arc<Account>, reconciled: Reconciled) {
        let name = &account.name;
        let known = &mut self.watched(account.id).reconciliation.differences;
        match reconciled {
            Reconciled::Pending => {}
            Reconciled::Same => {
                if known.take().is_some() {
                    let text = format!("Azure and DNS match the desired state of account {name} again.");
                    self.tell(account, "drift_ended", text).await;
                }
            }
            Reconciled::Done(domains) => {
                let text = format!("Account {name} can send from {}.", domains.join(", "));
                self.tell(account, "domain_ready", text).await;
            }
            Reconciled::AwaitingApproval(what) => {
                if known.as_ref() != Some(&what) {
                    let first = what.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
                    *known = Some(what);
                    let text = format!(
                        "Account {name} has changes that await approval: {first}. `postern apply --account {name}` \
                         shows them and asks."
                    );
                    self.tell(account, "awaiting_approval", text).await;
                }
            }
            Reconciled::Differs(what) => {
                if known.as_ref() != Some(&what) {
                    let first = what.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
                    *known = Some(what);
                    let text = format!(
                        "Azure or DNS no longer matches the desired state of account {name}. `postern apply --account \
                         {name}` would: {first}."
                    );
                    self.tell(account, "drift", text).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_is_looked_at_more_often_than_what_is_done() {
        let at = |minutes: i64| Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap();
        let state = || ReconciliationState::new(at(0));
        let running = ReconciliationState { is_running: true, ..state() };
        let six_hours = Schedule { every: SignedDuration::from_hours(6), is_pending: false };
        let pending = Schedule { is_pending: true, ..six_hours };
        let minute = Schedule { every: SignedDuration::from_mins(1), ..pending };
        let mut failed = ReconciliationState { began_at: at(100), ..state() };
        failed.failed(six_hours.every, at(100));
        for (state, schedule, minutes, is_due) in [
            (state(), six_hours, 359, false),
            (state(), six_hours, 360, true),
            (state(), pending, 9, false),
            (state(), pending, 10, true),
            (state(), minute, 1, true),
            (running, six_hours, 1_000, false),
            (failed.clone(), six_hours, 109, false),
            (failed, six_hours, 110, true),
        ] {
            assert_eq!(
                state.is_due(schedule, at(minutes)),
                is_due,
                "{state:?} {schedule:?} after {minutes} min"
            );
        }
    }
}
