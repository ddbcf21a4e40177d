//! Connecting Azure accounts, changing them and taking them away.

mod cloud;
mod fields;
mod import;

use std::sync::Arc;

use azure_client::credential::AppCertificate;
use azure_client::{Http, entra};
use azure_types::ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use model::account::{Account, AccountState, Authorization, Concurrency, Service, TransportChoice};
use model::cloud::Cloud;
use model::id::AccountId;
use model::quota::Quota;
use secrecy::SecretString;
use store::{NewSecret, SecretOwner, StoreError};

pub use self::cloud::NewCloud;
pub use self::fields::NewProof;
pub use self::import::Imported;

use self::fields::{Notes, checked_concurrency, checked_quota};
use crate::Control;
use crate::error::{ControlError, Invalid};

/// An account as the operator describes it: text, to be checked.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// A name for it.
    pub name: String,
    /// Directory (tenant) id, or a domain name of the directory.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// What it proves itself with.
    pub proof: NewProof,
    /// When that expires, if the operator knows.
    pub expires_at: Option<Timestamp>,
    /// Subscription id.
    pub subscription_id: String,
    /// Name of the communication service, if it is chosen already.
    pub service: Option<String>,
    /// Origin of the communication service; follows from its name when absent.
    pub endpoint: Option<String>,
    /// Another Azure than the public one.
    pub cloud: NewCloud,
    /// Which way mail takes.
    pub transport: TransportChoice,
    /// What Azure allows.
    pub quota: Quota,
    /// How much is under way at once.
    pub concurrency: Concurrency,
}

/// What is different from now on. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    /// Another name.
    pub name: Option<String>,
    /// Another directory.
    pub tenant_id: Option<String>,
    /// Another app.
    pub client_id: Option<String>,
    /// Another subscription.
    pub subscription_id: Option<String>,
    /// Another communication service.
    pub service: Option<String>,
    /// Its origin.
    pub endpoint: Option<String>,
    /// A new client secret, certificate or access key, whichever the account has.
    pub secret: Option<SecretString>,
    /// When the secret expires.
    pub expires_at: Option<Timestamp>,
    /// Whether it is used.
    pub state: Option<AccountState>,
    /// Which way mail takes.
    pub transport: Option<TransportChoice>,
    /// What Azure allows.
    pub quota: Option<Quota>,
    /// Sends that wait for an answer by REST.
    pub requests: Option<u16>,
    /// Open sessions by SMTP.
    pub smtp_sessions: Option<u16>,
}

/// An account, and what was mended in what was typed.
#[derive(Clone, Debug)]
pub struct Noted {
    /// The account.
    pub account: Account,
    /// Sentences about what was mended.
    pub notes: Vec<String>,
}

/// Whether an account may go although something depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// Not then.
    IfUnused,
    /// Yes, with its logins and the mail that waits.
    WithDependents,
}

/// The store keeps times in milliseconds.
const TICK: SignedDuration = SignedDuration::from_millis(1);

impl Control {
    /// The account of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn account(&self, name: &str) -> Result<Arc<Account>, ControlError> {
        let directory = self.store.directory();
        let account = directory.account_named(name).cloned();
        Ok(account.ok_or_else(|| StoreError::Missing(format!("account {name}")))?)
    }

    /// Connects an account.
    ///
    /// # Errors
    /// When a field is not valid, the name is taken, or nothing can be stored.
    pub async fn add_account(&self, new: NewAccount) -> Result<Noted, ControlError> {
        let mut notes = Notes::default();
        let (account, secret) = self.checked(new, &mut notes).await?;
        let detail = format!(
            "tenant {}, client {}, subscription {}, by {}",
            account.tenant,
            account.client,
            account.subscription,
            account.authorization.as_str()
        );
        let audit = self.entry("account.add", &account.name, detail);
        self.store.accounts().add(account.clone(), secret, audit).await?;
        Ok(Noted { account, notes: notes.0 })
    }

    /// Whether an account could be connected so, without connecting it.
    ///
    /// # Errors
    /// As [`Control::add_account`].
    pub async fn check_account(&self, new: NewAccount) -> Result<Noted, ControlError> {
        let mut notes = Notes::default();
        let (account, _) = self.checked(new, &mut notes).await?;
        if self.store.directory().account_named(account.name.as_str()).is_some() {
            return Err(StoreError::Exists(format!("account {}", account.name)).into());
        }
        Ok(Noted { account, notes: notes.0 })
    }

    async fn checked(
        &self,
        new: NewAccount,
        notes: &mut Notes,
    ) -> Result<(Account, Option<NewSecret>), ControlError> {
        let now = self.clock.now();
        let cloud = new.cloud.into_cloud(notes)?;
        let (authorization, secret) = notes.proof(new.proof, new.expires_at, now)?;
        let service = new.service.as_deref().filter(|name| !name.trim().is_empty());
        let account = Account {
            id: AccountId::new(now, self.entropy.octets()),
            name: notes.parse("name", &new.name)?,
            client: notes.parse("client id", &new.client_id)?,
            subscription: notes.parse("subscription id", &new.subscription_id)?,
            service: service.map(|name| chosen(notes, &cloud, name, new.endpoint.as_deref())).transpose()?,
            tenant: self.tenant(notes, &cloud, &new.tenant_id).await?,
            cloud,
            authorization,
            transport: new.transport,
            quota: checked_quota(new.quota)?,
            concurrency: checked_concurrency(new.concurrency)?,
            state: AccountState::Enabled,
            created_at: now,
            changed_at: now,
        };
        let secret = self.dated(&account, secret)?;
        Ok((account, secret))
    }

    /// A directory by its id, or by a domain name of it: then Entra is asked which one that is.
    async fn tenant(&self, notes: &mut Notes, cloud: &Cloud, text: &str) -> Result<TenantId, Invalid> {
        const FIELD: &str = "tenant id";
        let text = notes.clean(FIELD, text).to_owned();
        if !text.contains('.') {
            return notes.parse(FIELD, &text);
        }
        let http = Http::new(cloud.ca_pem()).map_err(|error| Invalid::new("CA certificates", error))?;
        match entra::tenant_of(&http, cloud.authority(), &text, self.clock.now()).await {
            Ok(Some(tenant)) => {
                notes.0.push(format!("{FIELD}: {text} is the directory {tenant}"));
                Ok(tenant)
            }
            Ok(None) => Err(Invalid::new(FIELD, format!("Entra knows no directory called {text}"))),
            Err(failure) => {
                let why = format!("Entra could not be asked which directory {text} is: {}", failure.chain());
                Err(Invalid::new(FIELD, why))
            }
        }
    }

    /// A certificate says itself when it expires.
    fn dated(&self, account: &Account, secret: Option<NewSecret>) -> Result<Option<NewSecret>, Invalid> {
        let (Some(mut new), Authorization::Certificate) = (secret.clone(), account.authorization) else {
            return Ok(secret);
        };
        let invalid = |error: &dyn std::fmt::Display| Invalid::new("certificate", error);
        let http = Http::new(None).map_err(|error| invalid(&error))?;
        let app = azure_client::account::app(account);
        let parsed = AppCertificate::new(http, app, &new.secret, self.entropy.clone());
        new.facts.expires_at = Some(parsed.map_err(|error| invalid(&error))?.expires_at());
        Ok(Some(new))
    }

    /// Changes an account. Mail that waits takes the new way.
    ///
    /// # Errors
    /// When there is none of that name, a field is not valid, or nothing can be stored.
    pub async fn change_account(&self, name: &str, change: AccountChange) -> Result<Noted, ControlError> {
        let account = self.account(name)?;
        let mut notes = Notes::default();
        let detail = change.summary();
        let now = self.clock.now();
        let proof = change.secret.map(|secret| match account.authorization {
            Authorization::ClientSecret => NewProof::ClientSecret(secret),
            Authorization::Certificate => NewProof::Certificate(secret),
            Authorization::AccessKey => NewProof::AccessKey(secret),
            Authorization::ManagedIdentity => NewProof::ManagedIdentity,
        });
        let secret = match proof {
            Some(proof) => notes.proof(proof, change.expires_at, now)?.1,
            None => None,
        };
        let service = match (&change.service, &account.service) {
            (Some(name), _) => Some(chosen(&mut notes, &account.cloud, name, change.endpoint.as_deref())?),
            (None, Some(service)) => Some(match &change.endpoint {
                Some(endpoint) => {
                    Service { endpoint: notes.origin("endpoint", endpoint)?, ..service.clone() }
                }
                None => service.clone(),
            }),
            (None, None) => None,
        };
        let changed = Account {
            name: given(&mut notes, "name", change.name.as_deref(), &account.name)?,
            tenant: match &change.tenant_id {
                Some(text) => self.tenant(&mut notes, &account.cloud, text).await?,
                None => account.tenant,
            },
            client: given(&mut notes, "client id", change.client_id.as_deref(), &account.client)?,
            subscription: given(
                &mut notes,
                "subscription id",
                change.subscription_id.as_deref(),
                &account.subscription,
            )?,
            service,
            state: change.state.unwrap_or(account.state),
            transport: change.transport.unwrap_or(account.transport),
            quota: checked_quota(change.quota.unwrap_or(account.quota))?,
            concurrency: checked_concurrency(Concurrency {
                requests: change.requests.unwrap_or(account.concurrency.requests),
                smtp_sessions: change.smtp_sessions.unwrap_or(account.concurrency.smtp_sessions),
            })?,
            changed_at: self.after(&account),
            ..Account::clone(&account)
        };
        let secret = self.dated(&changed, secret)?;
        if let (None, Some(at)) = (&secret, change.expires_at) {
            self.note_expiry(&changed, at).await?;
        }
        let audit = self.entry("account.edit", &account.name, detail);
        self.store.accounts().change(changed.clone(), secret, audit).await?;
        Ok(Noted { account: changed, notes: notes.0 })
    }

    async fn note_expiry(&self, account: &Account, at: Timestamp) -> Result<(), StoreError> {
        let Some(name) = store::SecretName::of(account.authorization) else { return Ok(()) };
        let owner = SecretOwner::Account(account.id);
        let key_id = self.store.secrets().facts(owner, name).await?.and_then(|facts| facts.key_id);
        self.store.secrets().note(owner, name, Some(at), key_id).await
    }

    /// A time at which an account changes: two changes are told apart even where the clock stands or goes back.
    pub(crate) fn after(&self, account: &Account) -> Timestamp {
        self.clock.now().max(account.changed_at.saturating_add(TICK).unwrap_or(Timestamp::MAX))
    }

    /// Removes an account, with its senders and its secret.
    ///
    /// # Errors
    /// When there is none of that name, something still uses it, or nothing can be stored.
    pub async fn remove_account(&self, name: &str, removal: Removal) -> Result<(), ControlError> {
        let account = self.account(name)?;
        let mut detail = String::new();
        if removal == Removal::WithDependents {
            let dependents = self.store.accounts().dependents(account.id).await?;
            detail = if dependents.is_empty() { detail } else { format!("with {dependents}") };
            for login in &dependents.credentials {
                let audit = self.entry("credential.remove", login, format!("with account {}", account.name));
                self.store.credentials().remove(login, audit).await?;
            }
            self.store.queue().drop_account(account.id).await?;
        }
        let audit = self.entry("account.remove", &account.name, detail);
        Ok(self.store.accounts().remove(&account, audit).await?)
    }
}

impl AccountChange {
    /// What is different, in words, for the audit log. Never the secret.
    fn summary(&self) -> String {
        let mut parts = Vec::new();
        let texts = [
            ("name", &self.name),
            ("tenant", &self.tenant_id),
            ("client", &self.client_id),
            ("subscription", &self.subscription_id),
            ("service", &self.service),
            ("endpoint", &self.endpoint),
        ];
        parts.extend(texts.into_iter().filter_map(|(name, text)| Some(format!("{name} {}", text.as_ref()?))));
        parts.extend(self.secret.as_ref().map(|_| "a new secret".to_owned()));
        parts.extend(self.expires_at.map(|at| format!("the secret expires {}", at.strftime("%Y-%m-%d"))));
        parts.extend(self.state.map(|state| format!("{state:?}").to_lowercase()));
        parts.extend(self.transport.map(|transport| format!("transport {transport}")));
        parts.extend(
            self.quota.map(|quota| format!("quota {}/{}", quota.sends.per_minute, quota.sends.per_hour)),
        );
        parts.extend(self.requests.map(|count| format!("{count} requests at once")));
        parts.extend(self.smtp_sessions.map(|count| format!("{count} SMTP sessions")));
        parts.join(", ")
    }
}

/// What is given, or what is there.
fn given<T: std::str::FromStr<Err: std::fmt::Display> + Clone>(
    notes: &mut Notes,
    field: &'static str,
    text: Option<&str>,
    there: &T,
) -> Result<T, Invalid> {
    text.map_or_else(|| Ok(there.clone()), |text| notes.parse(field, text))
}

/// The communication service of that name, where its host is in that cloud unless something else is said.
fn chosen(notes: &mut Notes, cloud: &Cloud, name: &str, endpoint: Option<&str>) -> Result<Service, Invalid> {
    let name: model::name::ServiceName = notes.parse("communication service", name)?;
    let suffix = cloud.communication().trim_start_matches("https://");
    let default = format!("https://{name}.{suffix}");
    Ok(Service { endpoint: notes.origin("endpoint", endpoint.unwrap_or(&default))?, name })
}

#[cfg(test)]
mod tests;
