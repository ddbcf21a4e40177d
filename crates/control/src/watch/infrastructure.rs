//! Looking after the desired state of accounts: what waits goes on, and what is so no more is told.

use jiff::{SignedDuration, Timestamp};
use model::id::AccountId;
use tracing::warn;

use super::Watch;
use crate::error::ControlError;
use crate::provision::Reconciled;

/// Between two looks at a domain that waits for somebody, or for DNS.
const WAITING: SignedDuration = SignedDuration::from_mins(10);
/// Differences that are named one by one.
const NAMED: usize = 3;

impl Watch {
    /// Looks after the infrastructure whose time has come.
    pub(super) async fn reconcile(&mut self) {
        let Some(every) = self.settings.drift_every else { return };
        let now = self.control.clock.now();
        let Ok(accounts) = self.control.store.infrastructure().accounts().await else { return };
        let directory = self.control.store.directory();
        for id in accounts {
            let Some(account) = directory.account(id).filter(|account| account.is_enabled()) else {
                continue;
            };
            let last = *self.reconciled_at.entry(id).or_insert(now);
            let wait = if self.control.is_pending(id).await { WAITING.min(every) } else { every };
            if now.duration_since(last) < wait || self.is_reconciled.contains(&id) {
                continue;
            }
            self.reconciled_at.insert(id, now);
            self.is_reconciled.insert(id);
            let (control, name) = (self.control.clone(), account.name.to_string());
            self.reconciling.spawn(async move { (id, Box::pin(control.reconcile(&name)).await) });
        }
    }

    /// A look ended in a way that nobody thought of; all are looked at again.
    pub(super) fn reconciling_broke(&mut self, error: &tokio::task::JoinError) {
        tracing::error!(%error, "looking after an infrastructure ended badly; it is done again");
        if self.reconciling.is_empty() {
            self.is_reconciled.clear();
        }
    }

    /// An infrastructure was looked after.
    pub(super) async fn reconciled(&mut self, id: AccountId, reconciled: Result<Reconciled, ControlError>) {
        self.is_reconciled.remove(&id);
        let directory = self.control.store.directory();
        let Some(account) = directory.account(id) else { return };
        let name = &account.name;
        match reconciled {
            Ok(Reconciled::Pending) => {}
            Ok(Reconciled::Same) => {
                if self.different.remove(&id).is_some() {
                    let sentence = format!("Azure and DNS match the desired state of account {name} again.");
                    self.tell(account, "drift_ended", sentence).await;
                }
            }
            Ok(Reconciled::Done(domains)) => {
                let sentence = format!("Account {name} can send from {}.", domains.join(", "));
                self.tell(account, "domain_ready", sentence).await;
            }
            Ok(Reconciled::Differs(what)) => {
                if self.different.insert(id, what.clone()).as_ref() != Some(&what) {
                    let first = what.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
                    let sentence = format!(
                        "Azure or DNS no longer matches the desired state of account {name}. `postern apply --account \
                         {name}` would: {first}."
                    );
                    self.tell(account, "drift", sentence).await;
                }
            }
            Err(error) => {
                // Azure may be there again in ten minutes.
                let every = self.settings.drift_every.unwrap_or(WAITING);
                let last = self.control.clock.now().saturating_sub(every - WAITING.min(every));
                self.reconciled_at.insert(id, last.unwrap_or(Timestamp::MIN));
                warn!(account = %name, error = store::chain(&error), "an infrastructure cannot be looked after");
            }
        }
    }
}
