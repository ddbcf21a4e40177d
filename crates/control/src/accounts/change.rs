//! Changing an account: any of its fields, and its secret.

use azure_client::Http;
use jiff::{SignedDuration, Timestamp};
use model::account::{Account, AccountState, Concurrency};
use model::azure::{Authorization, AzureConnection, Service, TransportChoice};
use model::cloud::Cloud;
use model::quota::Quota;
use model::upstream::Upstream;
use secrecy::SecretString;
use store::{NewSecret, SecretChange};

use super::fields::{AuthenticationMethod, Notes, checked_concurrency, checked_quota};
use super::{NewCloud, Noted, chosen};
use crate::Control;
use crate::error::{Fault, Invalid};

/// What is different from now on. What is absent stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub tenant_id: Option<String>,
    pub client_id: Option<String>,
    pub subscription_id: Option<String>,
    /// Another communication service.
    pub service: Option<String>,
    /// Its base URL.
    pub endpoint: Option<String>,
    /// Another Azure; what is absent of it stays.
    pub cloud: Option<NewCloud>,
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

/// The store keeps times in milliseconds.
const TICK: SignedDuration = SignedDuration::from_millis(1);
/// Attempts before a change fails because others change the same account.
const TRIES: u32 = 4;

impl Control {
    /// Changes an account. Mail that waits takes the new way.
    ///
    /// # Errors
    /// When there is none of that name, a field is not valid, or nothing can be stored.
    pub async fn change_account(&self, name: &str, change: AccountChange) -> Result<Noted, Fault> {
        for _ in 1..TRIES {
            match self.change_once(name, change.clone()).await {
                // Somebody else changed it, perhaps another field: the next try begins with what they left.
                Err(Fault::Conflict { code: "changed", .. }) => {}
                done => return done,
            }
        }
        self.change_once(name, change).await
    }

    async fn change_once(&self, name: &str, change: AccountChange) -> Result<Noted, Fault> {
        let account = self.account_to_change(name)?;
        let is_about_login = change.secret.is_some()
            || change.client_id.is_some()
            || change.tenant_id.is_some()
            || change.cloud.is_some();
        if is_about_login {
            self.must_not_rotate(&account).await?;
        }
        let mut notes = Notes::default();
        let detail = change.summary();
        let before = account.azure()?;
        let secret = self.new_secret(&mut notes, before, &change)?;
        let azure = self.changed_connection(&mut notes, before, &change).await?;
        let secret = self.dated(&azure, secret)?;
        let changed = Account {
            name: given(&mut notes, "name", change.name.as_deref(), &account.name)?,
            upstream: Upstream::Azure(azure),
            state: change.state.unwrap_or(account.state),
            quota: checked_quota(change.quota.unwrap_or(account.quota))?,
            concurrency: checked_concurrency(Concurrency {
                requests: change.requests.unwrap_or(account.concurrency.requests),
                smtp_sessions: change.smtp_sessions.unwrap_or(account.concurrency.smtp_sessions),
            })?,
            changed_at: self.after(&account),
            ..Account::clone(&account)
        };
        let name = changed.upstream.secret();
        let secret = match (secret, change.expires_at.zip(name)) {
            (Some(new), _) => SecretChange::New(new),
            (None, Some((at, name))) => SecretChange::ExpiresAt(name, at),
            (None, None) => SecretChange::None,
        };
        let audit = self.entry("account.edit", &account.name, detail);
        self.store.accounts().change(changed.clone(), account.changed_at, secret, audit).await?;
        Ok(Noted { account: changed, notes: notes.0 })
    }

    /// The secret that is given, checked as what the account authenticates with.
    fn new_secret(
        &self,
        notes: &mut Notes,
        azure: &AzureConnection,
        change: &AccountChange,
    ) -> Result<Option<NewSecret>, Invalid> {
        let Some(secret) = change.secret.clone() else { return Ok(None) };
        let authentication = match azure.authorization {
            Authorization::ClientSecret => AuthenticationMethod::ClientSecret(secret),
            Authorization::Certificate => AuthenticationMethod::Certificate(secret),
            Authorization::AccessKey => AuthenticationMethod::AccessKey(secret),
            Authorization::ManagedIdentity => AuthenticationMethod::ManagedIdentity,
        };
        let checked = notes.authentication(authentication, change.expires_at, self.clock.now());
        Ok(checked.map_err(|invalid| Invalid { field: "secret", ..invalid })?.1)
    }

    async fn changed_connection(
        &self,
        notes: &mut Notes,
        before: &AzureConnection,
        change: &AccountChange,
    ) -> Result<AzureConnection, Fault> {
        let cloud = match change.cloud.clone() {
            Some(cloud) => cloud.into_cloud(&before.cloud, notes)?,
            None => before.cloud.clone(),
        };
        Http::new(cloud.ca_pem()).map_err(|error| Invalid::new("cloud.ca_pem", error))?;
        let subscription = change.subscription_id.as_deref();
        Ok(AzureConnection {
            service: service(notes, before, &cloud, change)?,
            tenant: match &change.tenant_id {
                Some(text) => self.tenant(notes, &cloud, text).await?,
                None => before.tenant,
            },
            client: given(notes, "client_id", change.client_id.as_deref(), &before.client)?,
            subscription: given(notes, "subscription_id", subscription, &before.subscription)?,
            cloud,
            authorization: before.authorization,
            transport: change.transport.unwrap_or(before.transport),
        })
    }

    /// A time at which an account changes: two changes are told apart even where the clock stands or goes back.
    pub(crate) fn after(&self, account: &Account) -> Timestamp {
        self.clock.now().max(clock::after(account.changed_at, TICK))
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
        parts.extend(self.cloud.as_ref().map(|cloud| format!("cloud {}", cloud.summary())));
        parts.extend(self.secret.as_ref().map(|_| "a new secret".to_owned()));
        parts.extend(self.expires_at.map(|at| format!("the secret expires {}", at.strftime("%Y-%m-%d"))));
        parts.extend(self.state.map(|state| state.to_string()));
        parts.extend(self.transport.map(|transport| format!("transport {transport}")));
        parts.extend(self.quota.map(|quota| {
            let day = quota.sends.per_day.map(|day| format!("/{day}")).unwrap_or_default();
            format!("quota {}/{}{day}", quota.sends.per_minute, quota.sends.per_hour)
        }));
        parts.extend(self.requests.map(|count| format!("{count} requests at once")));
        parts.extend(self.smtp_sessions.map(|count| format!("{count} SMTP sessions")));
        parts.join(", ")
    }
}

/// The communication service from now on. Another cloud has another base URL for it, unless one was chosen.
fn service(
    notes: &mut Notes,
    azure: &AzureConnection,
    cloud: &Cloud,
    change: &AccountChange,
) -> Result<Option<Service>, Invalid> {
    let endpoint = change.endpoint.as_deref();
    let (Some(before), None) = (&azure.service, &change.service) else {
        return change.service.as_ref().map(|name| chosen(notes, cloud, name, endpoint)).transpose();
    };
    let was_default = chosen(notes, &azure.cloud, before.name.as_str(), None)? == *before;
    if endpoint.is_none() && !was_default {
        return Ok(Some(before.clone()));
    }
    Ok(Some(chosen(notes, cloud, before.name.as_str(), endpoint)?))
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
