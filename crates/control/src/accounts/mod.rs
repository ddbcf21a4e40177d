//! Connecting Azure accounts, changing them and taking them away.

mod change;
mod cloud;
mod fields;
mod removal;

use azure_client::credential::AppCertificate;
use azure_client::{Http, entra, fault};
use azure_types::ids::TenantId;
use jiff::Timestamp;
use model::account::{Account, AccountState, Concurrency};
use model::azure::{Authorization, AzureConnection, Service, TransportChoice};
use model::cloud::Cloud;
use model::id::AccountId;
use model::quota::Quota;
use model::upstream::Upstream;
use secrecy::SecretString;
use store::{NewSecret, StoreError};

pub use self::change::AccountChange;
pub use self::cloud::NewCloud;
pub use self::fields::AuthenticationMethod;
pub use self::removal::Removal;

use self::fields::{Notes, checked_concurrency, checked_quota};
use crate::Control;
use crate::error::{Fault, Invalid};
use provisioning::endpoint;

/// An account as the operator describes it: text, to be checked.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// A name for it.
    pub name: String,
    /// Directory (tenant) id, or a domain name of the directory.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// How its app authenticates.
    pub authentication: AuthenticationMethod,
    /// When that expires, if the operator knows.
    pub expires_at: Option<Timestamp>,
    pub subscription_id: String,
    /// Name of the communication service, if it is chosen already.
    pub service: Option<String>,
    /// Base URL of the communication service; when absent, Azure is asked for it by the first verification.
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

/// An account, and how the input was normalised.
#[derive(Clone, Debug)]
pub struct Noted {
    pub account: Account,
    /// What was normalised, in sentences.
    pub notes: Vec<String>,
}

impl Control {
    /// Connects an account.
    ///
    /// # Errors
    /// When a field is not valid, the name is taken, or nothing can be stored.
    pub async fn add_account(&self, new: NewAccount) -> Result<Noted, Fault> {
        self.caller.may_change_server()?;
        let mut notes = Notes::default();
        let (account, secret) = self.checked(new, &mut notes).await?;
        let detail = summary(&account.upstream);
        let audit = self.entry("account.add", &account.name, detail);
        self.store.accounts().add(account.clone(), secret, audit).await?;
        Ok(Noted { account, notes: notes.0 })
    }

    /// Whether an account could be connected so, without connecting it.
    ///
    /// # Errors
    /// As [`Control::add_account`].
    pub async fn check_account(&self, new: NewAccount) -> Result<Noted, Fault> {
        self.caller.may_change_server()?;
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
    ) -> Result<(Account, Option<NewSecret>), Fault> {
        let now = self.clock.now();
        let cloud = new.cloud.into_cloud(&Cloud::Public, notes)?;
        Http::new(cloud.ca_pem()).map_err(|error| Invalid::new("cloud.ca_pem", error))?;
        let (authorization, secret) = notes.authentication(new.authentication, new.expires_at, now)?;
        let service = new.service.as_deref().filter(|name| !name.trim().is_empty());
        let account = Account {
            id: AccountId::new(now, self.entropy.bytes()),
            name: notes.parse("name", &new.name)?,
            upstream: Upstream::Azure(AzureConnection {
                client: notes.parse("client_id", &new.client_id)?,
                subscription: notes.parse("subscription_id", &new.subscription_id)?,
                service: service
                    .map(|name| chosen(notes, &cloud, name, new.endpoint.as_deref()))
                    .transpose()?,
                tenant: self.tenant(notes, &cloud, &new.tenant_id).await?,
                cloud,
                authorization,
                transport: new.transport,
            }),
            quota: checked_quota(new.quota)?,
            concurrency: checked_concurrency(new.concurrency)?,
            state: AccountState::Enabled,
            created_at: now,
            changed_at: now,
        };
        let secret = self.dated(account.azure()?, secret)?;
        Ok((account, secret))
    }

    /// A directory by its id, or by a domain name of it: then Entra is asked which one that is.
    async fn tenant(&self, notes: &mut Notes, cloud: &Cloud, text: &str) -> Result<TenantId, Fault> {
        const FIELD: &str = "tenant_id";
        let text = notes.clean(FIELD, text).to_owned();
        if !text.contains('.') {
            return Ok(notes.parse(FIELD, &text)?);
        }
        let http = Http::new(cloud.ca_pem()).map_err(|error| Invalid::new("cloud.ca_pem", error))?;
        match entra::tenant_of(&http, cloud.authority(), &text, self.clock.now()).await {
            Ok(Some(tenant)) => {
                notes.0.push(format!("tenant id: {text} is the directory {tenant}"));
                Ok(tenant)
            }
            Ok(None) => Err(Fault::invalid(FIELD, format!("Entra has no directory called {text}"))),
            Err(failure) => {
                let message = format!("the tenant id of {text} could not be looked up: {}", failure.chain());
                let retry_after = fault::after(&failure);
                Err(Fault::Upstream { who: "Entra".to_owned(), message, retry_after })
            }
        }
    }

    /// A certificate says itself when it expires.
    fn dated(
        &self,
        azure: &AzureConnection,
        secret: Option<NewSecret>,
    ) -> Result<Option<NewSecret>, Invalid> {
        let (Some(mut new), Authorization::Certificate) = (secret.clone(), azure.authorization) else {
            return Ok(secret);
        };
        let invalid = |error: &dyn std::fmt::Display| Invalid::new("certificate", error);
        let http = Http::new(None).map_err(|error| invalid(&error))?;
        let app = azure_client::account::app(azure);
        let parsed = AppCertificate::new(http, app, &new.secret, self.entropy.clone());
        new.facts.expires_at = Some(parsed.map_err(|error| invalid(&error))?.expires_at());
        Ok(Some(new))
    }

    /// Removes an account that nothing depends on, with its senders and its secret.
    ///
    /// # Errors
    /// When there is none of that name, something still uses it, or nothing can be stored.
    pub async fn remove_account(&self, name: &str) -> Result<(), Fault> {
        let account = self.account_to_change(name)?;
        let audit = self.entry("account.remove", &account.name, "");
        Ok(self.store.accounts().remove(&account, audit).await?)
    }
}

/// An upstream in words, for the audit log.
fn summary(upstream: &Upstream) -> String {
    let Some(AzureConnection { tenant, client, subscription, authorization, .. }) = upstream.azure() else {
        return upstream.kind().to_owned();
    };
    format!("tenant {tenant}, client {client}, subscription {subscription}, by {}", authorization.as_str())
}

/// A client secret without what stuck to it when it was pasted; its id is refused.
pub(crate) fn clean_secret(secret: &SecretString) -> Result<SecretString, Invalid> {
    Notes::default().client_secret(secret)
}

/// The communication service of that name. Unless its base URL is said, what the name suggests stands until a verification
/// has asked Azure.
fn chosen(notes: &mut Notes, cloud: &Cloud, name: &str, said: Option<&str>) -> Result<Service, Invalid> {
    let name: model::name::ServiceName = notes.parse("service", name)?;
    let default = endpoint::guess(cloud, &name);
    Ok(Service { endpoint: notes.base_url("endpoint", said.unwrap_or(&default))?, name })
}

#[cfg(test)]
pub(crate) mod tests;
