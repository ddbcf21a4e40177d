//! Renewing a client secret while the old one still works, one recorded step at a time.
//!
//! 1. *Begun*: the name of the new secret is chosen and stored. Then Entra is asked for it.
//! 2. *Added*: the new secret is sealed. Then it is tried, for every scope that is used, until Entra's servers
//!    know of it.
//! 3. *Proved*. Then it is put into use, in one transaction with this note.
//! 4. *Switched*: both secrets work. After the grace period the old one is removed, if Postern may remove it.
//! 5. *Done*, or *rolled back*: the new secret was not good, and is gone again.
//!
//! A server that dies between a call and its note finds the call done, or does it again: a secret that was made and
//! never sealed is found by its name and removed.

mod steps;

use azure_client::fault::{explain, upstream};
use azure_types::graph::Application;
use jiff::{SignedDuration, Timestamp};
use model::account::Account;
use model::azure::Authorization;
use model::rotation::{Rotation, Step};
use secrecy::SecretString;
use store::{SecretFacts, SecretName, SecretOwner, StoreError};
use uuid::Uuid;

pub use self::steps::Stepped;

use crate::accounts::clean_secret;
use crate::error::Fault;
use crate::verify::secret::ours;
use crate::{AccountChange, Control};
use provisioning::AzureAccount;

/// How a secret is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationTerms {
    /// How long the new secret is valid.
    pub life: SignedDuration,
    /// How long both secrets work.
    pub grace: SignedDuration,
    /// Whether the old secret is deleted even if somebody else created it.
    pub remove_old: bool,
}

/// What a rotation would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationPlan {
    /// The steps, in sentences.
    pub steps: Vec<String>,
}

/// Half a year.
pub const LIFE: SignedDuration = SignedDuration::from_hours(24 * 180);
/// A day: longer than any token lives.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

impl Default for RotationTerms {
    fn default() -> Self {
        Self { life: LIFE, grace: GRACE, remove_old: false }
    }
}

impl Control {
    /// What a rotation would do, without doing it.
    ///
    /// # Errors
    /// When the account has no client secret, or the app may not renew it.
    pub async fn plan_rotation(&self, name: &str, terms: RotationTerms) -> Result<RotationPlan, Fault> {
        let (context, app, facts) = self.ready_to_rotate(name).await?;
        let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
        let now = self.clock.now();
        let until = clock::after(now, terms.life);
        let removal = clock::after(now, terms.grace);
        let old = self.old_key(&context.account, &app, &facts, terms).await?;
        let last = match old {
            Some(_) => format!("delete the secret that begins with {} after {}", facts.hint, day(removal)),
            None => format!(
                "keep the secret that begins with {}, which Postern did not create; --remove-old deletes it as well",
                facts.hint
            ),
        };
        let steps = vec![
            format!("create a second secret for {} in Entra, valid until {}", app.display_name, day(until)),
            "encrypt and store it, and request tokens for Resource Manager, mail and Graph with it until all of Entra accepts it"
                .to_owned(),
            "use the new secret; devices and applications need no change".to_owned(),
            last,
        ];
        Ok(RotationPlan { steps })
    }

    /// Begins a rotation; the watch goes on with it. One that is under way goes on.
    ///
    /// # Errors
    /// As [`Control::plan_rotation`], or when nothing can be stored.
    pub async fn begin_rotation(&self, name: &str, terms: RotationTerms) -> Result<Rotation, Fault> {
        let account = self.account_to_change(name)?;
        if let Some(rotation) = self.store.rotations().of(account.id).await?
            && !rotation.step.is_over()
        {
            if rotation.step == Step::Switched {
                return Err(Fault::conflict("rotation_in_grace", still_two(&rotation)));
            }
            self.wake.notify_one();
            return Ok(rotation);
        }
        if !account.is_enabled() {
            let message = format!(
                "account {name} is disabled, and Postern does not rotate its secret: run `postern account enable {name}`"
            );
            return Err(Fault::conflict("account_disabled", message));
        }
        let (context, app, facts) = self.ready_to_rotate(name).await?;
        let now = self.clock.now();
        let old_key = self.old_key(&context.account, &app, &facts, terms).await?;
        let random = Uuid::from_bytes(self.entropy.bytes()).simple().to_string();
        let rotation = Rotation {
            account: account.id,
            label: format!("Postern {} {}", now.strftime("%Y-%m-%d"), &random[..6]),
            step: Step::Begun,
            started_at: now,
            changed_at: now,
            wanted_until: clock::after(now, terms.life),
            new_key: None,
            old_key,
            // Until the switch this is a length of time, counted from the beginning.
            remove_at: now.saturating_add(terms.grace).ok(),
            problem: None,
        };
        let last = match old_key {
            Some(key) => format!("; the old secret, {key}, is deleted at the end"),
            None => String::new(),
        };
        let detail = format!("begins, as \"{}\"{last}", rotation.label);
        let audit = self.entry("secret.rotate", &account.name, detail);
        let has_begun = self.store.rotations().begin(rotation.clone(), audit).await?;
        self.wake.notify_one();
        if has_begun {
            return Ok(rotation);
        }
        // Somebody else was faster.
        let other = self.store.rotations().of(account.id).await?;
        Ok(other.ok_or_else(|| StoreError::Missing(format!("the rotation of {name}")))?)
    }

    /// Gives up a rotation whose secret is not in use yet, and takes that secret away again.
    ///
    /// # Errors
    /// When there is none that could be given up, Entra does not take the secret away, or nothing can be stored.
    pub async fn cancel_rotation(&self, name: &str) -> Result<Rotation, Fault> {
        let account = self.account_to_change(name)?;
        let rotation = self.store.rotations().of(account.id).await?;
        let Some(rotation) = rotation.filter(|rotation| rotation.step < Step::Switched) else {
            let message = "there is no rotation to cancel: a rotation can be cancelled only before its new secret is in use";
            return Err(Fault::conflict("no_rotation", message));
        };
        let context = self.provisioning.azure_account(&account).await?;
        // Noted first: from here on nobody puts it into use.
        self.rolled_back(&context, &rotation, "it was cancelled").await?;
        self.take_back(&context, &rotation, "it was cancelled").await.map_err(|error| {
            let why = explain(&error);
            let message = format!(
                "the rotation is cancelled, but Postern could not delete the secret \"{}\" in Entra: {why}. Delete it there",
                rotation.label
            );
            upstream("Microsoft Graph", message, &error)
        })?;
        Ok(self.store.rotations().of(account.id).await?.unwrap_or(rotation))
    }

    /// Refuses what must not happen while a new secret is tried.
    pub(crate) async fn must_not_rotate(&self, account: &Account) -> Result<(), Fault> {
        let rotation = self.store.rotations().of(account.id).await?;
        if rotation.is_some_and(|rotation| rotation.step < Step::Switched) {
            let name = &account.name;
            let message = format!(
                "the secret is being rotated: wait for the rotation, or cancel it with `postern account rotate {name} \
                 --cancel`"
            );
            return Err(Fault::conflict("rotation_in_progress", message));
        }
        Ok(())
    }

    /// The rotation of an account: one that is under way, or the last one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rotation(&self, name: &str) -> Result<Option<Rotation>, Fault> {
        let account = self.account(name)?;
        Ok(self.store.rotations().of(account.id).await?)
    }

    /// Puts a secret into use that somebody made by hand, once Entra takes it for everything.
    ///
    /// # Errors
    /// When Entra does not take it, or nothing can be stored.
    pub async fn rotate_by_hand(
        &self,
        name: &str,
        secret: SecretString,
        expires_at: Option<Timestamp>,
    ) -> Result<Account, Fault> {
        let account = self.account_to_change(name)?;
        must_have_a_secret(&account)?;
        self.must_not_rotate(&account).await?;
        // What would be refused in the end is refused before it is tried.
        let secret = clean_secret(&secret)?;
        let context = self.provisioning.azure_account(&account).await?;
        steps::prove(&context, &secret).await.map_err(Fault::from)?;
        let change = AccountChange { secret: Some(secret), expires_at, ..AccountChange::default() };
        Ok(self.change_account(name, change).await?.account)
    }

    /// Everything that a rotation needs to begin.
    async fn ready_to_rotate(&self, name: &str) -> Result<(AzureAccount, Application, SecretFacts), Fault> {
        let account = self.account(name)?;
        must_have_a_secret(&account)?;
        let context = self.provisioning.azure_account(&account).await?;
        let app = context.graph.application(context.connection.client).await.map_err(|error| {
            let why = explain(&error);
            let message = if error.is(401) || error.is(403) || error.is(404) {
                format!(
                    "the app may not read its own registration ({why}); `postern account verify {name}` shows how to \
                     allow it; --by-hand works without it"
                )
            } else {
                why
            };
            upstream("Microsoft Graph", message, &error)
        })?;
        let owner = SecretOwner::Account(account.id);
        let facts = self.store.secrets().facts(owner, SecretName::ClientSecret).await?;
        let facts = facts.ok_or_else(|| StoreError::Missing(format!("the client secret of {name}")))?;
        Ok((context, app, facts))
    }

    /// The old secret, if it is to be removed: one that an earlier rotation made, or that the operator named.
    async fn old_key(
        &self,
        account: &Account,
        app: &Application,
        facts: &SecretFacts,
        terms: RotationTerms,
    ) -> Result<Option<Uuid>, StoreError> {
        let Some(old) = ours(app, facts).map(|found| found.key_id) else { return Ok(None) };
        let earlier = self.store.rotations().of(account.id).await?.and_then(|earlier| earlier.new_key);
        Ok((terms.remove_old || earlier == Some(old)).then_some(old))
    }
}

/// Why the next rotation has to wait for the end of the last one.
fn still_two(rotation: &Rotation) -> String {
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let until = rotation.remove_at.map(|at| format!(" until {}", time(at))).unwrap_or_default();
    format!(
        "the secret was renewed at {}, and the one before it is kept{until}; the next rotation can begin then",
        time(rotation.changed_at)
    )
}

fn must_have_a_secret(account: &Account) -> Result<(), Fault> {
    let authorization = account.azure()?.authorization;
    if authorization == Authorization::ClientSecret {
        return Ok(());
    }
    let kind = authorization.as_str().replace('_', " ");
    let message = format!("account {} has no client secret to rotate, but a {kind}", account.name);
    Err(Fault::conflict("no_client_secret", message))
}
