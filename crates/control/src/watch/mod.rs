//! Looking after the accounts: goes on with rotations, verifies on a schedule and after refused logins, and says
//! in time that a secret will expire.

mod infrastructure;

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::command::Shell;
use api::verification::{Outcome, Verdict};
use jiff::{SignedDuration, Timestamp};
use model::account::{Account, Authorization};
use model::caller::Caller;
use model::id::AccountId;
use store::{SecretName, SecretOwner, StoreError};
use tokio::task::{self, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::Control;
use crate::error::{ControlError, Fault};
use crate::expiry::Urgency;
use crate::provision::Reconciled;
use crate::rotation::{RotationWish, Stepped};
use crate::verify::Repair;
use crate::verify::secret::{self, Renewal};

/// How the accounts are looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchSettings {
    /// Between two verifications of an account; never if absent.
    pub verify_every: Option<SignedDuration>,
    /// Between two looks whether Azure and DNS are as an account is to have them; never if absent. What waits for DNS
    /// is looked at more often.
    pub drift_every: Option<SignedDuration>,
    /// How long before its end a secret is renewed, where Postern may; never if absent.
    pub rotate_before: Option<SignedDuration>,
    /// How secrets are renewed.
    pub wish: RotationWish,
}

/// Something that somebody should hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Which account; none where it is about the server as a whole.
    pub account: Option<Arc<Account>>,
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub sentence: String,
}

/// Whoever passes alarms on.
pub type Raise = Arc<dyn Fn(Alarm) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Looks after the accounts until it is told to stop.
pub struct Watch {
    control: Control,
    settings: WatchSettings,
    raise: Raise,
    /// Rotations that go on, each by itself: Entra makes them wait.
    rotating: JoinSet<Timestamp>,
    under_way: HashMap<task::Id, AccountId>,
    /// Infrastructures that are looked after, each by itself: Azure makes them wait.
    reconciling: JoinSet<(AccountId, Result<Reconciled, ControlError>)>,
    /// When an infrastructure was looked after last.
    reconciled_at: HashMap<AccountId, Timestamp>,
    /// Whose is looked after now.
    is_reconciled: HashSet<AccountId>,
    /// What differed at the last look.
    different: HashMap<AccountId, Vec<String>>,
    /// Until when there is nothing to be done about an account's rotation.
    rest_until: HashMap<AccountId, Timestamp>,
    /// When it was last found that an account's secret is not ours to renew.
    refused_at: HashMap<AccountId, Timestamp>,
    /// When refused logins that verify found no reason for were told last.
    puzzled_at: HashMap<AccountId, Timestamp>,
    verified_at: HashMap<AccountId, Timestamp>,
    /// When refused logins were looked into last.
    troubled_at: HashMap<AccountId, Timestamp>,
    /// What was said last of each account's secret, so that each step is said once.
    said: HashMap<AccountId, (Urgency, Timestamp)>,
    /// Accounts whose last verification failed, and was told.
    down: HashMap<AccountId, String>,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            verify_every: Some(SignedDuration::from_hours(24)),
            drift_every: Some(SignedDuration::from_hours(6)),
            rotate_before: Some(SignedDuration::from_hours(24 * 30)),
            wish: RotationWish::default(),
        }
    }
}

/// Between two looks for a rotation that nobody has told us of.
const IDLE: Duration = Duration::from_secs(600);
/// Between two rounds.
const ROUND: Duration = Duration::from_secs(60);
/// An account that was verified is left alone for so long, however often its logins are refused.
const REST: SignedDuration = SignedDuration::from_mins(10);
/// What is said is said again after so long, while nothing changes.
const REMINDER: SignedDuration = SignedDuration::from_hours(24);

impl Watch {
    /// Looks after the accounts of `control`, as the server itself.
    #[must_use]
    pub fn new(control: &Control, settings: WatchSettings, raise: Raise) -> Self {
        let control = control.by(Caller::server("watch"));
        Self {
            control,
            settings,
            raise,
            rotating: JoinSet::new(),
            under_way: HashMap::new(),
            reconciling: JoinSet::new(),
            reconciled_at: HashMap::new(),
            is_reconciled: HashSet::new(),
            different: HashMap::new(),
            rest_until: HashMap::new(),
            refused_at: HashMap::new(),
            puzzled_at: HashMap::new(),
            verified_at: HashMap::new(),
            troubled_at: HashMap::new(),
            said: HashMap::new(),
            down: HashMap::new(),
        }
    }

    /// Runs until `shutdown`. Whatever goes on then is broken off: all of it can be taken up again.
    pub async fn run(mut self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.look_after() => {}
        }
    }

    async fn look_after(&mut self) {
        let mut round_at = self.control.clock.now();
        loop {
            if self.control.clock.now() >= round_at {
                self.round().await;
                round_at = self.control.later(ROUND);
            }
            let control = self.control.clone();
            tokio::select! {
                () = control.clock.sleep_until(round_at) => {}
                Some(ended) = self.rotating.join_next_with_id() => self.rested(ended),
                Some(ended) = self.reconciling.join_next() => match ended {
                    Ok((account, reconciled)) => self.reconciled(account, reconciled).await,
                    Err(error) => self.reconciling_broke(&error),
                },
                () = control.wake.notified() => {
                    self.rest_until.clear();
                    round_at = control.clock.now();
                }
                (account, words) = control.store.authentication_failures().next() => self.trouble(account, &words).await,
            }
        }
    }

    /// A rotation can do no more for now.
    fn rested(&mut self, ended: Result<(task::Id, Timestamp), JoinError>) {
        let (id, until) = match ended {
            Ok((id, until)) => (id, until),
            Err(error) => {
                error!(%error, "a rotation ended badly; it goes on where it was noted");
                (error.id(), self.control.later(ROUND))
            }
        };
        if let Some(account) = self.under_way.remove(&id) {
            self.rest_until.insert(account, until);
        }
    }

    /// Looks at every account once.
    async fn round(&mut self) {
        let directory = self.control.store.directory();
        let accounts: Vec<Arc<Account>> =
            directory.accounts().filter(|account| account.is_enabled()).cloned().collect();
        for account in accounts {
            if let Err(error) = self.secret(&account).await {
                error!(account = %account.name, error = store::chain(&error), "an account cannot be looked after");
            }
            // After a rotation may have begun: whoever found none rests for ten minutes.
            self.go_on(account.id);
            self.verify_in_time(&account).await;
        }
        self.reconcile().await;
    }

    /// Goes on with the rotation of an account, if nobody is at it and something may be done.
    fn go_on(&mut self, account: AccountId) {
        let now = self.control.clock.now();
        let rests = self.rest_until.get(&account).is_some_and(|until| now < *until);
        if rests || self.under_way.values().any(|other| *other == account) {
            return;
        }
        let control = self.control.clone();
        let task = self.rotating.spawn(async move { rotate(&control, account).await });
        self.under_way.insert(task.id(), account);
    }

    /// Says how close the end of the secret is, and begins to renew it where that may be.
    async fn secret(&mut self, account: &Arc<Account>) -> Result<(), ControlError> {
        let Some(name) = SecretName::of(account.authorization) else { return Ok(()) };
        let owner = SecretOwner::Account(account.id);
        let facts = self.control.store.secrets().facts(owner, name).await?;
        let Some(expires_at) = facts.and_then(|facts| facts.expires_at) else { return Ok(()) };
        let now = self.control.clock.now();
        let is_due =
            self.settings.rotate_before.is_some_and(|before| expires_at.duration_since(now) < before);
        if is_due && now < expires_at && account.authorization == Authorization::ClientSecret {
            self.renew(account).await?;
        }
        let urgency = Urgency::of(expires_at, now);
        let told = self.said.get(&account.id).copied();
        let is_new = told.is_none_or(|(last, _)| last.rank() < urgency.rank());
        let is_due = told.is_none_or(|(_, at)| now.duration_since(at) >= REMINDER);
        if urgency == Urgency::None {
            self.said.remove(&account.id);
        } else if is_new || is_due {
            self.said.insert(account.id, (urgency, now));
            let renewal = match self.control.context(account).await {
                Ok(context) if account.authorization == Authorization::ClientSecret => {
                    secret::renewal(&context).await
                }
                _ => Renewal::Unknown,
            };
            self.tell(account, "secret_expires", said(account, (urgency, expires_at), renewal)).await;
        }
        Ok(())
    }

    /// Begins a rotation, unless one is under way or has just failed.
    async fn renew(&mut self, account: &Arc<Account>) -> Result<(), ControlError> {
        let now = self.control.clock.now();
        if self.refused_at.get(&account.id).is_some_and(|at| now.duration_since(*at) < REMINDER) {
            return Ok(());
        }
        let last = self.control.store.rotations().of(account.id).await?;
        let is_recent = |at: Timestamp| now.duration_since(at) < REMINDER;
        if last.is_some_and(|last| !last.step.is_over() || is_recent(last.changed_at)) {
            return Ok(());
        }
        match self.control.begin_rotation(account.name.as_str(), self.settings.wish).await {
            Ok(_) => info!(account = %account.name, "the client secret is renewed, because it expires soon"),
            // The app may not do it, or the account's state does not allow it: not a reason to ask every minute.
            Err(why @ (Fault::Conflict { .. } | Fault::Upstream { retry_after: None, .. })) => {
                self.refused_at.insert(account.id, now);
                info!(account = %account.name, reason = %why, "the client secret cannot be rotated");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn verify_in_time(&mut self, account: &Arc<Account>) {
        let Some(every) = self.settings.verify_every else { return };
        let now = self.control.clock.now();
        let kept = self.last_verified(account.id).await.unwrap_or_default();
        // An account that was never verified was added so on purpose.
        let seen = *self.verified_at.entry(account.id).or_insert(kept.unwrap_or(now));
        let last = kept.map_or(seen, |kept| kept.max(seen));
        let is_outdated = kept.is_some() && last < account.changed_at;
        if is_outdated || now.duration_since(last) >= every {
            self.verify(account).await;
        }
    }

    async fn last_verified(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.control.store.verifications().last(account).await?.map(|kept| kept.at))
    }

    /// A login of the account was refused: why, and what mends it?
    async fn trouble(&mut self, id: AccountId, words: &str) {
        let directory = self.control.store.directory();
        let Some(account) = directory.account(id) else { return };
        let now = self.control.clock.now();
        let looked = self.troubled_at.insert(id, now);
        if let Some(at) = looked.filter(|at| now.duration_since(*at) < REST) {
            self.troubled_at.insert(id, at);
            return;
        }
        warn!(account = %account.name, reason = words, "a login was refused; the account is verified");
        self.verify(account).await;
        let told = self.puzzled_at.get(&id).copied();
        if !self.down.contains_key(&id) && told.is_none_or(|at| now.duration_since(at) >= REMINDER) {
            self.puzzled_at.insert(id, now);
            let sentence = format!(
                "Azure refuses logins of account {}, and verify finds no reason for it. In Azure's words: {words}",
                account.name
            );
            self.tell(account, "login_refused", sentence).await;
        }
    }

    async fn verify(&mut self, account: &Arc<Account>) {
        self.verified_at.insert(account.id, self.control.clock.now());
        let report = match self.control.verify(account.name.as_str(), Repair::Nothing, None).await {
            Ok(report) => report,
            Err(error) => {
                error!(account = %account.name, error = store::chain(&error), "an account cannot be verified");
                return;
            }
        };
        if report.verdict != Verdict::NotReady {
            if self.down.remove(&account.id).is_some() {
                self.tell(account, "account_recovered", format!("Account {} is ready again.", account.name))
                    .await;
            }
            return;
        }
        let worst = report.findings.into_iter().find(|finding| finding.outcome == Outcome::Failed);
        let Some(worst) = worst else { return };
        if self.down.insert(account.id, worst.code.clone()).as_ref() != Some(&worst.code) {
            let sentence = format!(
                "Account {} cannot send: {} `postern account verify {}` has more.",
                account.name, worst.sentence, account.name
            );
            self.tell(account, &worst.code, sentence).await;
        }
    }

    async fn tell(&self, account: &Arc<Account>, code: &str, sentence: String) {
        warn!(account = %account.name, code, "{sentence}");
        (self.raise)(Alarm { account: Some(Arc::clone(account)), code: code.to_owned(), sentence }).await;
    }
}

/// Goes on with the rotation of an account as far as it goes now; says when to look again.
async fn rotate(control: &Control, id: AccountId) -> Timestamp {
    loop {
        // A step changes the account; the next one works with what it is then.
        let directory = control.store.directory();
        let Some(account) = directory.account(id) else { return Timestamp::MAX };
        match control.step_rotation(account).await {
            Ok(Stepped::Moved) => {}
            Ok(Stepped::WaitUntil(until)) => return until,
            // Whoever begins one wakes us.
            Ok(Stepped::Over) => return control.later(IDLE),
            Err(error) => {
                warn!(account = %account.name, error = store::chain(&error), "a rotation cannot go on");
                return control.later(ROUND);
            }
        }
    }
}

fn said(account: &Account, (urgency, expires_at): (Urgency, Timestamp), renewal: Renewal) -> String {
    let (name, day) = (&account.name, expires_at.strftime("%Y-%m-%d"));
    match urgency {
        Urgency::Expired => format!(
            "The secret of account {name} was to expire on {day}. Unless it was renewed without a word to Postern, \
             its mail waits; `{}` takes the new one.",
            secret::replace(name.as_str(), account.authorization).text(Shell::Bash)
        ),
        Urgency::Days(_) | Urgency::None => {
            let command = secret::renew(account, renewal).text(Shell::Bash);
            let does = match (account.authorization, renewal) {
                (Authorization::ClientSecret, Renewal::ByPostern) => "renews it",
                (Authorization::ClientSecret, Renewal::ByHand) => {
                    "leads through renewing it: the app may not do it itself, and `postern account verify {name}` shows how \
                     to allow it"
                }
                (Authorization::ClientSecret, Renewal::Unknown) => "leads through renewing it",
                _ => "takes a new one",
            };
            format!("The secret of account {name} expires on {day}. `{command}` {does}.")
        }
    }
}
