//! What the server does in time, without being asked: verifies accounts, rotates their secrets, warns before a secret
//! expires, and compares Azure and DNS with the desired state.
//!
//! Each job is a file: [`verification`], [`rotation`], [`expiry`], [`reconciliation`]. It has what it remembers of an
//! account, pure functions that decide what is due, and what is done then. [`Watch`] keeps that memory as long as the
//! account exists.

mod expiry;
mod leadership;
mod reconciliation;
mod rotation;
mod verification;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::caller::Caller;
use model::id::AccountId;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use self::expiry::ExpiryState;
use self::reconciliation::ReconciliationState;
use self::rotation::RotationState;
use self::verification::VerificationState;
use crate::Control;
use crate::error::Fault;
use crate::rotation::RotationTerms;
use provisioning::Reconciled;

/// What is done in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchSettings {
    /// Between two verifications of an account; never if absent.
    pub verify_every: Option<SignedDuration>,
    /// Between two comparisons of Azure and DNS with the desired state of an account; never if absent. What waits for
    /// DNS is read more often.
    pub drift_every: Option<SignedDuration>,
    /// How long before its end a secret is rotated, where Postern may; never if absent.
    pub rotate_before: Option<SignedDuration>,
    /// How secrets are rotated.
    pub terms: RotationTerms,
}

/// Something that an administrator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The account; none where it is about the server as a whole.
    pub account: Option<Arc<Account>>,
    /// A stable code.
    pub code: String,
    /// The text, in whole sentences.
    pub message: String,
}

/// Passes an alarm on.
pub type Raise = Arc<dyn Fn(Alarm) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The jobs of the server, until it is stopped.
pub struct Watch {
    control: Control,
    settings: WatchSettings,
    raise: Raise,
    accounts: HashMap<AccountId, Watched>,
    /// Rotations that go on, each in a task of its own: Entra makes them wait.
    rotating: JoinSet<(AccountId, Option<Timestamp>)>,
    /// Reconciliations that go on, each in a task of its own: Azure makes them wait.
    reconciling: JoinSet<(AccountId, Option<Result<Reconciled, Fault>>)>,
}

/// What is remembered of an account.
struct Watched {
    verification: VerificationState,
    rotation: RotationState,
    expiry: ExpiryState,
    reconciliation: ReconciliationState,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            verify_every: Some(SignedDuration::from_hours(24)),
            drift_every: Some(SignedDuration::from_hours(6)),
            rotate_before: Some(SignedDuration::from_hours(24 * 30)),
            terms: RotationTerms::default(),
        }
    }
}

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(60);
/// An alarm is repeated after so long, while nothing changes.
const REMINDER: SignedDuration = SignedDuration::from_hours(24);

impl Watch {
    /// Watches the accounts of `control`, as the server itself.
    #[must_use]
    pub fn new(control: &Control, settings: WatchSettings, raise: Raise) -> Self {
        let control = control.by(Caller::server("watch"));
        let (rotating, reconciling) = (JoinSet::new(), JoinSet::new());
        Self { control, settings, raise, accounts: HashMap::new(), rotating, reconciling }
    }

    /// Runs until `shutdown`, once no other node does. What goes on then is broken off: all of it can be taken up again.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let control = self.control.clone();
        let lead = async {
            let _leadership = control.lead().await;
            self.watch().await;
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = lead => {}
        }
    }

    async fn watch(&mut self) {
        let mut round_at = self.control.clock.now();
        loop {
            if self.control.clock.now() >= round_at {
                self.round().await;
                round_at = self.control.later(ROUND);
            }
            let control = self.control.clone();
            tokio::select! {
                () = control.clock.sleep_until(round_at) => {}
                Some(Ok((account, until))) = self.rotating.join_next() => self.rotation_rests(account, until),
                Some(Ok((account, ended))) = self.reconciling.join_next() => self.reconciled(account, ended).await,
                () = control.wake.notified() => {
                    self.accounts.values_mut().for_each(|watched| watched.rotation.wake());
                    round_at = control.clock.now();
                }
                (account, words) = control.store.authentication_failures().next() => self.authentication_failed(account, &words).await,
            }
        }
    }

    /// Looks at every account once, and forgets those that are gone.
    async fn round(&mut self) {
        let directory = self.control.store.directory();
        self.accounts.retain(|id, _| directory.account(*id).is_some());
        let enabled: Vec<Arc<Account>> =
            directory.accounts().filter(|account| account.is_enabled()).cloned().collect();
        for account in enabled {
            if let Err(error) = self.secret(&account).await {
                error!(account = %account.name, error = model::error_chain(&error), "the expiry of a secret cannot be checked");
            }
            // After a rotation may have begun: the job rests for ten minutes if it found none.
            self.step_rotation(account.id);
            self.verify_in_time(&account).await;
        }
        self.reconcile_in_time().await;
    }

    async fn secret(&mut self, account: &Arc<Account>) -> Result<(), Fault> {
        if let Some(expires_at) = self.secret_end(account).await? {
            self.rotate_in_time(account, expires_at).await?;
            self.warn_of_expiry(account, expires_at).await;
        }
        Ok(())
    }

    /// What is remembered of an account; one that is new here begins now.
    fn watched(&mut self, account: AccountId) -> &mut Watched {
        let now = self.control.clock.now();
        self.accounts.entry(account).or_insert_with(|| Watched {
            verification: VerificationState::new(now),
            rotation: RotationState::default(),
            expiry: ExpiryState::default(),
            reconciliation: ReconciliationState::new(now),
        })
    }

    async fn tell(&self, account: &Arc<Account>, code: &str, text: String) {
        warn!(account = %account.name, code, "{text}");
        let alarm = Alarm { account: Some(Arc::clone(account)), code: code.to_owned(), message: text };
        (self.raise)(alarm).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::tests::{control, new};

    #[tokio::test]
    async fn an_account_is_forgotten_once_it_is_gone() {
        let (_folder, control) = control();
        let settings = WatchSettings { verify_every: None, drift_every: None, ..WatchSettings::default() };
        let mut watch = Watch::new(&control, settings, Arc::new(|_| Box::pin(async {})));
        control.add_account(new()).await.unwrap();
        watch.round().await;
        assert_eq!((watch.accounts.len(), watch.rotating.len()), (1, 1));
        control.remove_account("contoso").await.unwrap();
        let (account, until) = watch.rotating.join_next().await.unwrap().unwrap();
        watch.rotation_rests(account, until);
        watch.round().await;
        assert_eq!((watch.accounts.len(), watch.rotating.len()), (0, 0));
        watch.rotation_rests(account, None);
        assert_eq!(watch.accounts.len(), 0, "what ends late does not bring it back");
    }
}
