//! The steps of a rotation. Each does one thing at Entra or here, and is noted before the next begins.

use std::sync::Arc;
use std::time::Duration;

use azure_client::arm::CallError;
use azure_client::credential::{ClientSecret, Credential as _};
use azure_client::entra::TokenFailure;
use azure_client::fault::{after_token, explain};
use azure_types::graph::{AddPassword, NewPassword, PasswordCredential, RemovePassword};
use jiff::Timestamp;
use model::account::Account;
use model::rotation::{Rotation, Step};
use secrecy::SecretString;
use store::{SecretFacts, SecretName, SecretOwner, StoreError};
use tracing::{info, warn};
use uuid::Uuid;

use crate::Control;
use crate::error::Fault;
use crate::verify::secret::ours;
use provisioning::AzureAccount;

/// What a step brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// It is done; the next one may follow at once.
    Moved,
    /// Nothing can be done before then.
    WaitUntil(Timestamp),
    /// Nothing is left to be done.
    Over,
}

/// Tries of a new secret; with the waits in between some ten minutes.
const TRIES: u32 = 60;
const BETWEEN: Duration = Duration::from_secs(10);
/// Rounds that must succeed in a row: Entra's servers do not learn of a secret all at once.
const ROUNDS: u32 = 3;
/// After a step that did not come about.
const AGAIN: Duration = Duration::from_secs(60);

impl Control {
    /// Does the next step of a rotation, if there is one to be done now.
    ///
    /// # Errors
    /// When the store fails. What Azure says is noted with the rotation, and tried again.
    pub async fn step_rotation(&self, account: &Arc<Account>) -> Result<Stepped, Fault> {
        let Some(rotation) = self.store.rotations().of(account.id).await? else { return Ok(Stepped::Over) };
        if rotation.step.is_over() {
            return Ok(Stepped::Over);
        }
        let context = self.provisioning.azure_account(account).await?;
        let stepped = match rotation.step {
            Step::Begun => self.add(&context, &rotation).await,
            Step::Added => self.try_out(&context, &rotation).await,
            Step::Proved => self.switch(account, &rotation).await,
            Step::Switched => self.remove_old(&context, &rotation).await,
            Step::Done | Step::RolledBack => Ok(Stepped::Over),
        };
        match stepped {
            Ok(stepped) => Ok(stepped),
            // The account was changed under it: the next step works with what it is then.
            Err(StepError::Store(StoreError::Changed(_))) => Ok(Stepped::Moved),
            Err(StepError::Store(error)) => Err(error.into()),
            Err(StepError::Azure(error)) if rotation.step == Step::Begun && error.is(403) => {
                let why = format!("the app may not create secrets for itself ({})", explain(&error));
                self.rolled_back(&context, &rotation, &why).await?;
                Ok(Stepped::Over)
            }
            Err(StepError::Azure(error)) => {
                let why = explain(&error);
                warn!(account = %account.name, step = rotation.step.as_str(), reason = why, "a rotation waits");
                self.store.rotations().note_problem(Rotation { problem: Some(why), ..rotation }).await?;
                Ok(Stepped::WaitUntil(self.later(AGAIN)))
            }
        }
    }

    /// Has Entra make the new secret. One of that name that is there already was made by a process that died
    /// before it could seal it: nobody knows its value.
    async fn add(&self, context: &AzureAccount, rotation: &Rotation) -> Result<Stepped, StepError> {
        let client = context.connection.client;
        let app = context.graph.application(client).await?;
        for lost in
            app.password_credentials.iter().filter(|one| one.display_name.as_ref() == Some(&rotation.label))
        {
            context.graph.remove_password(client, &RemovePassword { key_id: lost.key_id }).await?;
        }
        let password = NewPassword {
            display_name: Some(rotation.label.clone()),
            start_date_time: None,
            end_date_time: Some(rotation.wanted_until),
        };
        let made =
            context.graph.add_password(client, &AddPassword { password_credential: Some(password) }).await?;
        let secret = SecretString::from(made.secret_text.clone().unwrap_or_default());
        let facts = SecretFacts {
            expires_at: made.end_date_time.or(Some(rotation.wanted_until)),
            key_id: Some(made.key_id),
            ..SecretFacts::of(&secret, self.clock.now())
        };
        let detail = format!("Entra made \"{}\", {}", rotation.label, made.key_id);
        let audit = self.entry("secret.rotate", &context.account.name, detail);
        let added = self.at(rotation, Step::Added);
        let added = Rotation { new_key: Some(made.key_id), ..added };
        let noted = self.store.rotations().note_with_secret(added, secret, facts, audit).await;
        if let Err(StoreError::Missing(_) | StoreError::Changed(_)) = noted {
            // The account was removed or the rotation given up meanwhile: nobody would ever take this secret away.
            context.graph.remove_password(client, &RemovePassword { key_id: made.key_id }).await?;
        }
        noted?;
        Ok(Stepped::Moved)
    }

    /// Tries the new secret until all of Entra knows it; one that is not good is removed again.
    async fn try_out(&self, context: &AzureAccount, rotation: &Rotation) -> Result<Stepped, StepError> {
        let owner = SecretOwner::Account(context.account.id);
        let secret = self.store.secrets().get(owner, SecretName::NextClientSecret).await?;
        let proved = tokio::select! {
            proved = prove(context, &secret) => proved,
            () = self.left(rotation) => return Ok(Stepped::Moved),
        };
        match proved {
            Ok(()) => {
                let detail = format!("Entra accepts \"{}\"", rotation.label);
                let audit = self.entry("secret.rotate", &context.account.name, detail);
                let proved = self.at(rotation, Step::Proved);
                self.store.rotations().advance(rotation.step, proved, audit).await?;
                Ok(Stepped::Moved)
            }
            Err(Unproved::Unreachable(failure)) => Err(StepError::Azure(failure.into())),
            Err(Unproved::Refused(why)) => {
                self.take_back(context, rotation, &why).await?;
                self.rolled_back(context, rotation, &why).await?;
                Ok(Stepped::Over)
            }
        }
    }

    /// Waits until somebody else has moved the rotation: it was given up.
    async fn left(&self, rotation: &Rotation) {
        loop {
            self.clock.sleep(BETWEEN).await;
            // A store that cannot be read says so at the next note.
            let Ok(now) = self.store.rotations().of(rotation.account).await else { continue };
            if now.is_none_or(|now| now.label != rotation.label || now.step != rotation.step) {
                return;
            }
        }
    }

    /// Takes the new secret away again, at Entra.
    pub(super) async fn take_back(
        &self,
        context: &AzureAccount,
        rotation: &Rotation,
        why: &str,
    ) -> Result<(), CallError> {
        warn!(account = %context.account.name, reason = why, "Postern deletes the new secret again");
        let app = context.graph.application(context.connection.client).await?;
        let is_new = |one: &&PasswordCredential| {
            Some(one.key_id) == rotation.new_key || one.display_name.as_ref() == Some(&rotation.label)
        };
        for made in app.password_credentials.iter().filter(is_new) {
            let key = RemovePassword { key_id: made.key_id };
            context.graph.remove_password(context.connection.client, &key).await?;
        }
        Ok(())
    }

    /// Notes that a rotation was given up. The secret in use stays ours, if it was.
    pub(super) async fn rolled_back(
        &self,
        context: &AzureAccount,
        rotation: &Rotation,
        why: &str,
    ) -> Result<(), StoreError> {
        let back = Rotation {
            problem: Some(why.to_owned()),
            new_key: rotation.old_key,
            ..self.at(rotation, Step::RolledBack)
        };
        let audit = self.entry("secret.rotate", &context.account.name, format!("rolled back: {why}"));
        self.store.rotations().roll_back(rotation.step, back, audit).await
    }

    async fn switch(&self, account: &Arc<Account>, rotation: &Rotation) -> Result<Stepped, StepError> {
        let changed = Account { changed_at: self.after(account), ..Account::clone(account) };
        let grace = rotation.remove_at.map(|at| at.duration_since(rotation.started_at)).unwrap_or_default();
        let switched = Rotation {
            remove_at: self.clock.now().saturating_add(grace).ok(),
            ..self.at(rotation, Step::Switched)
        };
        let detail = format!("\"{}\" is in use", rotation.label);
        let audit = self.entry("secret.rotate", &account.name, detail);
        self.store.accounts().switch(changed, account.changed_at, switched, audit).await?;
        info!(account = %account.name, "a new client secret is in use");
        Ok(Stepped::Moved)
    }

    /// Takes the old secret away, after the time of grace and only while the new one works.
    async fn remove_old(&self, context: &AzureAccount, rotation: &Rotation) -> Result<Stepped, StepError> {
        let due = rotation.remove_at.unwrap_or(rotation.changed_at);
        if self.clock.now() < due {
            return Ok(Stepped::WaitUntil(due));
        }
        let now = self.clock.now();
        let scope = format!("{}/.default", context.connection.cloud.communication());
        context.credential.request(&scope, now).await.map_err(|failure| StepError::Azure(failure.into()))?;
        let detail = match rotation.old_key {
            Some(key_id) if !self.is_in_use(context, key_id).await? => {
                remove(context, key_id).await?;
                format!("the old secret, {key_id}, is deleted")
            }
            Some(key_id) => {
                format!("the old secret, {key_id}, is kept: it may be in use again")
            }
            None => "the old secret is kept: Postern did not create it".to_owned(),
        };
        let audit = self.entry("secret.rotate", &context.account.name, detail);
        self.store.rotations().advance(rotation.step, self.at(rotation, Step::Done), audit).await?;
        Ok(Stepped::Over)
    }

    /// Whether that secret may be the one in use: somebody may have put it back by hand.
    async fn is_in_use(&self, context: &AzureAccount, key_id: Uuid) -> Result<bool, StepError> {
        let owner = SecretOwner::Account(context.account.id);
        let facts = self.store.secrets().facts(owner, SecretName::ClientSecret).await?;
        let app = context.graph.application(context.connection.client).await?;
        let in_use = facts.and_then(|facts| ours(&app, &facts).map(|found| found.key_id));
        Ok(in_use.is_none_or(|in_use| in_use == key_id))
    }

    fn at(&self, rotation: &Rotation, step: Step) -> Rotation {
        Rotation { step, changed_at: self.clock.now(), problem: None, ..rotation.clone() }
    }

    pub(crate) fn later(&self, wait: Duration) -> Timestamp {
        clock::after(self.clock.now(), wait)
    }
}

enum StepError {
    Store(StoreError),
    Azure(CallError),
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CallError> for StepError {
    fn from(error: CallError) -> Self {
        Self::Azure(error)
    }
}

/// Takes a secret away; one that is gone already is gone.
async fn remove(context: &AzureAccount, key_id: Uuid) -> Result<(), CallError> {
    let app = context.graph.application(context.connection.client).await?;
    if app.password_credentials.iter().all(|one| one.key_id != key_id) {
        return Ok(());
    }
    context.graph.remove_password(context.connection.client, &RemovePassword { key_id }).await
}

/// Why a secret could not be proved.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unproved {
    /// Entra rejected it.
    #[error("Entra rejected the secret: {0}")]
    Refused(String),
    /// Entra could not be reached, or is in trouble.
    #[error("Postern could not test the secret: {0}")]
    Unreachable(TokenFailure),
}

impl From<Unproved> for Fault {
    fn from(unproved: Unproved) -> Self {
        let message = unproved.to_string();
        match unproved {
            Unproved::Refused(_) => Self::invalid("secret", message),
            Unproved::Unreachable(failure) => {
                Self::Upstream { who: "Entra".to_owned(), message, retry_after: after_token(&failure) }
            }
        }
    }
}

/// Gets tokens with a secret for every scope that is used, several times in a row.
pub(super) async fn prove(context: &AzureAccount, secret: &SecretString) -> Result<(), Unproved> {
    let (clock, cloud) = (&context.provisioning.clock, &context.connection.cloud);
    let app = azure_client::account::app(&context.connection);
    let credential = ClientSecret::new(context.http.clone(), app, secret.clone());
    let scopes = [cloud.communication(), cloud.resource_manager(), cloud.graph()]
        .map(|resource| format!("{resource}/.default"));
    let (mut rounds, mut last) = (0, Unproved::Refused(String::new()));
    for _ in 0..TRIES {
        match one_round(&credential, &scopes, clock.now()).await {
            Ok(()) => rounds += 1,
            Err(failure) => {
                rounds = 0;
                last = if failure.is_refusal() {
                    Unproved::Refused(failure.to_string())
                } else {
                    Unproved::Unreachable(failure)
                };
            }
        }
        if rounds == ROUNDS {
            return Ok(());
        }
        clock.sleep(BETWEEN).await;
    }
    Err(last)
}

async fn one_round(credential: &ClientSecret, scopes: &[String], now: Timestamp) -> Result<(), TokenFailure> {
    for scope in scopes {
        credential.request(scope, now).await?;
    }
    Ok(())
}
