//! Looking after what accounts are to have at Azure: what waits goes on, and what is so no more is told.

use jiff::{SignedDuration, Timestamp};
use model::id::AccountId;
use tracing::warn;

use super::Watch;
use crate::error::ControlError;
use crate::provision::Tended;

/// Between two looks at a domain that waits for somebody, or for DNS.
const WAITING: SignedDuration = SignedDuration::from_mins(10);
/// Differences that are named one by one.
const NAMED: usize = 3;

impl Watch {
    /// Looks after the estates whose time has come.
    pub(super) async fn tend(&mut self) {
        let Some(every) = self.settings.drift_every else { return };
        let now = self.control.clock.now();
        let Ok(accounts) = self.control.store.estates().accounts().await else { return };
        let directory = self.control.store.directory();
        for id in accounts {
            let Some(account) = directory.account(id).filter(|account| account.is_enabled()) else {
                continue;
            };
            let later = now.saturating_add(WAITING.min(every)).unwrap_or(Timestamp::MAX);
            if *self.tend_at.entry(id).or_insert(later) > now {
                continue;
            }
            // Until it is done nobody begins a second one.
            self.tend_at.insert(id, Timestamp::MAX);
            let (control, name) = (self.control.clone(), account.name.to_string());
            self.tending.spawn(async move { (id, Box::pin(control.tend(&name)).await) });
        }
    }

    /// An estate was looked after.
    pub(super) async fn tended(&mut self, id: AccountId, tended: Result<Tended, ControlError>) {
        let every = self.settings.drift_every.unwrap_or(WAITING);
        let directory = self.control.store.directory();
        let Some(account) = directory.account(id) else { return };
        let waits = matches!(tended, Ok(Tended::Waits));
        let wait = if waits { WAITING.min(every) } else { every };
        let next = self.control.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        self.tend_at.insert(id, next);
        let name = &account.name;
        match tended {
            Ok(Tended::Waits) => {}
            Ok(Tended::Same) => {
                if self.different.remove(&id).is_some() {
                    let sentence = format!("Azure and DNS are again as account {name} is to have them.");
                    self.tell(account, "drift_ended", sentence).await;
                }
            }
            Ok(Tended::Done(domains)) => {
                let sentence = format!("Account {name} can send from {}.", domains.join(", "));
                self.tell(account, "domain_ready", sentence).await;
            }
            Ok(Tended::Differs(what)) => {
                if self.different.insert(id, what.clone()).as_ref() != Some(&what) {
                    let first = what.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
                    let sentence = format!(
                        "Azure or DNS is not as account {name} is to have it any more. `postern apply --account \
                         {name}` would: {first}."
                    );
                    self.tell(account, "drift", sentence).await;
                }
            }
            Err(error) => {
                warn!(account = %name, error = store::chain(&error), "an estate cannot be looked after");
            }
        }
    }
}
