//! Connecting an Azure account.

use azure_types::access_key::AccessKey;
use azure_types::ids::ClientId;
use jiff::{SignedDuration, Timestamp};
use model::account::{Account, Authorization, Cloud, Concurrency, TransportChoice};
use model::id::AccountId;
use model::quota::Quota;
use secrecy::{ExposeSecret as _, SecretString};
use store::{SecretName, StoreError};
use url::Url;

use crate::Control;
use crate::error::{ControlError, Invalid};

/// An account as the operator describes it: text, to be checked.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// A name for it.
    pub name: String,
    /// Directory (tenant) id.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
    /// The app's secret; needed unless there is an access key.
    pub client_secret: Option<SecretString>,
    /// A key of the communication service, in place of the secret.
    pub access_key: Option<SecretString>,
    /// Subscription id.
    pub subscription_id: String,
    /// Name of the communication service.
    pub service: String,
    /// Origin of the communication service; follows from its name when absent.
    pub endpoint: Option<String>,
    /// Another Azure than the public one.
    pub cloud: Option<NewCloud>,
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
    /// A new client secret or access key, whichever the account has.
    pub secret: Option<SecretString>,
    /// Which way mail takes.
    pub transport: Option<TransportChoice>,
    /// What Azure allows.
    pub quota: Option<Quota>,
    /// Sends that wait for an answer by REST.
    pub requests: Option<u16>,
    /// Open sessions by SMTP.
    pub smtp_sessions: Option<u16>,
}

/// Another Azure than the public one.
#[derive(Clone, Debug)]
pub struct NewCloud {
    /// Where tokens are had.
    pub authority: String,
    /// Host of the SMTP endpoint.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// CA certificates to trust, in PEM.
    pub ca_pem: Option<String>,
}

impl Control {
    /// Connects an account.
    ///
    /// # Errors
    /// When a field is not valid, the name is taken, or nothing can be stored.
    pub async fn add_account(&self, new: NewAccount) -> Result<Account, ControlError> {
        let now = self.clock.now();
        let service: model::name::ServiceName = parse("communication service", &new.service)?;
        let endpoint = new.endpoint.unwrap_or_else(|| format!("https://{service}.communication.azure.com"));
        let (authorization, secret) = proof(new.client_secret, new.access_key)?;
        let account = Account {
            id: AccountId::new(now, self.entropy.octets()),
            name: parse("name", &new.name)?,
            tenant: guid("tenant id", &new.tenant_id)?,
            client: guid("client id", &new.client_id)?,
            subscription: guid("subscription id", &new.subscription_id)?,
            cloud: new.cloud.map_or(Ok(Cloud::Public), cloud)?,
            service,
            endpoint: origin("endpoint", &endpoint)?,
            authorization,
            transport: new.transport,
            quota: checked_quota(new.quota)?,
            concurrency: checked_concurrency(new.concurrency)?,
            created_at: now,
            changed_at: now,
        };
        self.store.accounts().add(account.clone(), secret).await?;
        Ok(account)
    }

    /// Changes how an account is used. Mail that waits takes the new way.
    ///
    /// # Errors
    /// When there is none of that name, a field is not valid, or nothing can be stored.
    pub async fn change_account(&self, name: &str, change: AccountChange) -> Result<Account, ControlError> {
        let directory = self.store.directory();
        let account =
            directory.account_named(name).ok_or_else(|| StoreError::Missing(format!("account {name}")))?;
        let secret = change.secret.map(|secret| match account.authorization {
            Authorization::ClientSecret => proof(Some(secret), None),
            Authorization::AccessKey => proof(None, Some(secret)),
        });
        let account = Account {
            transport: change.transport.unwrap_or(account.transport),
            quota: checked_quota(change.quota.unwrap_or(account.quota))?,
            concurrency: checked_concurrency(Concurrency {
                requests: change.requests.unwrap_or(account.concurrency.requests),
                smtp_sessions: change.smtp_sessions.unwrap_or(account.concurrency.smtp_sessions),
            })?,
            // Two changes are told apart even where the clock stands or goes back.
            changed_at: self
                .clock
                .now()
                .max(account.changed_at.saturating_add(TICK).unwrap_or(Timestamp::MAX)),
            ..Account::clone(account)
        };
        let secret = secret.transpose()?.map(|(_, secret)| secret);
        self.store.accounts().change(account.clone(), secret).await?;
        Ok(account)
    }

    /// Removes an account, with its senders and its secret.
    ///
    /// # Errors
    /// When there is none of that name, something still uses it, or nothing can be stored.
    pub async fn remove_account(&self, name: &str) -> Result<(), ControlError> {
        let directory = self.store.directory();
        let account =
            directory.account_named(name).ok_or_else(|| StoreError::Missing(format!("account {name}")))?;
        Ok(self.store.accounts().remove(account).await?)
    }
}

/// The store keeps times in milliseconds.
const TICK: SignedDuration = SignedDuration::from_millis(1);

fn checked_quota(quota: Quota) -> Result<Quota, Invalid> {
    for allowance in [quota.sends, quota.status_reads] {
        if allowance.per_minute == 0 || allowance.per_hour == 0 {
            return Err(Invalid::new("quota", "with 0 nothing would ever be sent"));
        }
        if allowance.per_minute > allowance.per_hour {
            return Err(Invalid::new("quota", "a minute cannot have more than an hour: write MINUTE/HOUR"));
        }
    }
    Ok(quota)
}

fn checked_concurrency(concurrency: Concurrency) -> Result<Concurrency, Invalid> {
    match concurrency {
        Concurrency { requests: 0, .. } => Err(Invalid::new("requests at once", "with 0 nothing is sent")),
        Concurrency { smtp_sessions: 0, .. } => Err(Invalid::new("SMTP sessions", "with 0 nothing is sent")),
        concurrency => Ok(concurrency),
    }
}

/// The one proof that an account has.
fn proof(
    client_secret: Option<SecretString>,
    access_key: Option<SecretString>,
) -> Result<(Authorization, (SecretName, SecretString)), Invalid> {
    match (client_secret, access_key) {
        (Some(secret), None) => {
            let secret = trimmed(&secret);
            if secret.expose_secret().is_empty() {
                return Err(Invalid::new("client secret", "it is empty"));
            }
            // The portal shows the secret's id beside its value, and it is the id that stays visible.
            if secret.expose_secret().parse::<ClientId>().is_ok() {
                return Err(Invalid::new(
                    "client secret",
                    "this is the id of a secret; paste its value, which the portal shows only once",
                ));
            }
            Ok((Authorization::ClientSecret, (SecretName::ClientSecret, secret)))
        }
        (None, Some(key)) => {
            let key = trimmed(&key);
            AccessKey::parse(key.expose_secret()).map_err(|error| Invalid::new("access key", error))?;
            Ok((Authorization::AccessKey, (SecretName::AccessKey, key)))
        }
        (Some(_), Some(_)) => {
            Err(Invalid::new("access key", "give a client secret or an access key, not both"))
        }
        (None, None) => {
            Err(Invalid::new("client secret", "give the value of a client secret, or an access key"))
        }
    }
}

/// What is pasted comes with spaces and quotes around it.
fn trimmed(secret: &SecretString) -> SecretString {
    SecretString::from(clean(secret.expose_secret()))
}

fn clean(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'']).trim()
}

fn cloud(new: NewCloud) -> Result<Cloud, Invalid> {
    Ok(Cloud::Custom {
        authority: origin("authority", &new.authority)?,
        smtp_host: clean(&new.smtp_host).to_owned(),
        smtp_port: new.smtp_port,
        ca_pem: new.ca_pem,
    })
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &'static str,
    text: &str,
) -> Result<T, Invalid> {
    clean(text).parse().map_err(|error| Invalid::new(field, error))
}

fn guid<T: std::str::FromStr<Err: std::fmt::Display>>(field: &'static str, text: &str) -> Result<T, Invalid> {
    parse(field, text)
}

/// An https origin; its path is dropped.
fn origin(field: &'static str, text: &str) -> Result<Url, Invalid> {
    let text = clean(text);
    let mut url = Url::parse(text)
        .map_err(|_| Invalid::new(field, format!("{text:?} is not a URL such as https://name.example")))?;
    if url.scheme() != "https" || url.host_str().is_none() {
        return Err(Invalid::new(field, "only https is used: tokens and mail do not travel in clear"));
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::{Clock, Entropy};
    use store::{DataDir, MasterKey, Options, Store, Volatile};

    fn control() -> (tempfile::TempDir, Control) {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let options = Options { segment_octets: 65_536 };
        let store = Store::open(&data_dir, MasterKey::from_octets([1; 32]), &options, now).unwrap();
        (folder, Control::new(store, Clock::standing(now), Entropy::repeatable(1)))
    }

    fn new() -> NewAccount {
        NewAccount {
            name: "contoso".into(),
            tenant_id: " \"11111111-aaaa-4111-8111-111111111111\" ".into(),
            client_id: "33333333-cccc-4333-8333-333333333333".into(),
            client_secret: Some(SecretString::from(" s~cret\n")),
            access_key: None,
            subscription_id: "22222222-bbbb-4222-8222-222222222222".into(),
            service: "contoso-mail".into(),
            endpoint: None,
            cloud: None,
            transport: TransportChoice::Auto,
            quota: Quota::CUSTOM_DOMAIN,
            concurrency: Concurrency::default(),
        }
    }

    #[tokio::test]
    async fn what_is_pasted_is_cleaned_and_kept() {
        let (_folder, control) = control();
        let account = control.add_account(new()).await.unwrap();
        assert_eq!(account.endpoint.as_str(), "https://contoso-mail.communication.azure.com/");
        let owner = store::SecretOwner::Account(account.id);
        let secret = control.store.secrets().get(owner, SecretName::ClientSecret).await.unwrap();
        assert_eq!(secret.expose_secret(), "s~cret");
        let again = control.add_account(NewAccount { name: "CONTOSO".into(), ..new() }).await;
        assert!(matches!(again, Err(ControlError::Store(StoreError::Exists(_)))));
        let secret = Some(SecretString::from("an~other"));
        let change =
            AccountChange { secret, transport: Some(TransportChoice::Rest), ..AccountChange::default() };
        let changed = control.change_account("contoso", change).await.unwrap();
        assert_eq!((changed.transport, changed.quota), (TransportChoice::Rest, account.quota));
        let secret = control.store.secrets().get(owner, SecretName::ClientSecret).await.unwrap();
        assert_eq!(secret.expose_secret(), "an~other");
        assert_eq!(**control.store.directory().account_named("contoso").unwrap(), changed);
        let nothing = AccountChange { requests: Some(0), ..AccountChange::default() };
        assert!(control.change_account("contoso", nothing).await.is_err());
        control.remove_account("Contoso").await.unwrap();
        assert!(control.store.directory().account_named("contoso").is_none());
    }

    type Spoil = fn(&mut NewAccount);

    #[tokio::test]
    async fn each_wrong_field_is_named() {
        let (_folder, control) = control();
        let cases: [(&str, Spoil); 7] = [
            ("name", |new| new.name = "a b".into()),
            ("tenant id", |new| new.tenant_id = "contoso.com".into()),
            ("subscription id", |new| new.subscription_id.clear()),
            ("client secret", |new| new.client_secret = Some(SecretString::from(new.client_id.clone()))),
            ("client secret", |new| new.client_secret = None),
            ("access key", |new| new.access_key = Some(SecretString::from("a2V5"))),
            ("endpoint", |new| new.endpoint = Some("http://contoso.example".into())),
        ];
        for (field, spoil) in cases {
            let mut new = new();
            spoil(&mut new);
            match control.add_account(new).await {
                Err(ControlError::Invalid(invalid)) => assert_eq!(invalid.field, field),
                other => panic!("{field}: {other:?}"),
            }
        }
    }
}
