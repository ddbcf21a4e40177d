//! Where an account's events come from: the key to which Event Grid posts them, and the queue from which they are pulled.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::account::Account;
use model::azure::Authorization;
use model::id::AccountId;
use secrecy::{ExposeSecret as _, SecretString};
use store::{NewSecret, SecretFacts, SecretName, SecretOwner, StoreError};
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::Control;
use crate::error::{Fault, Invalid};

/// Whether an account keeps the key that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKeyChange {
    /// It is made only if there is none.
    Keep,
    /// A new one takes its place, and the URL of before is rejected.
    Renew,
}

/// A queue from which events are pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventQueue {
    /// Without the signature.
    pub url: Url,
    /// Whether a shared access signature opens it. It is opened with a token of the account's app otherwise.
    pub is_signed: bool,
}

/// An account with the key for its events.
#[derive(Clone, Debug)]
pub struct EventKey {
    pub account: Arc<Account>,
    pub key: SecretString,
}

impl Control {
    /// The key for an account's events; made if there is none.
    ///
    /// # Errors
    /// When there is no such account, it is none of Azure's, the caller may not change it, or nothing can be stored.
    pub async fn event_key(&self, name: &str, change: EventKeyChange) -> Result<EventKey, Fault> {
        let account = self.account_to_change(name)?;
        account.azure()?;
        let owner = SecretOwner::Account(account.id);
        if change == EventKeyChange::Keep
            && let Some(key) = self.stored_event_key(account.id).await?
        {
            return Ok(EventKey { account, key });
        }
        let bytes: [u8; 32] = self.entropy.bytes();
        let key = SecretString::from(URL_SAFE_NO_PAD.encode(bytes));
        let facts = SecretFacts::of(&key, self.clock.now());
        let new = NewSecret { name: SecretName::EventKey, secret: key.clone(), facts };
        let audit = self.entry("events.key", format!("account {}", account.name), "");
        self.store.secrets().change(owner, new, audit).await?;
        Ok(EventKey { account, key })
    }

    /// The queue from which an account's events are pulled.
    ///
    /// # Errors
    /// When there is no such account or no such queue, or the database cannot be read.
    pub async fn event_queue(&self, name: &str) -> Result<EventQueue, Fault> {
        let owner = SecretOwner::Account(self.account(name)?.id);
        let url = self.store.secrets().get(owner, SecretName::EventQueue).await?;
        Ok(EventQueue::of(&checked(url.expose_secret())?))
    }

    /// Has an account's events pulled from a queue.
    ///
    /// # Errors
    /// When there is no such account, it is none of Azure's, the caller may not change it, the URL is not one of a queue,
    /// or nothing can be stored.
    pub async fn set_event_queue(&self, name: &str, url: &SecretString) -> Result<EventQueue, Fault> {
        let account = self.account_to_change(name)?;
        let azure = account.azure()?;
        let url = checked(url.expose_secret())?;
        let queue = EventQueue::of(&url);
        if !queue.is_signed && azure.authorization == Authorization::AccessKey {
            let text = "the account has an access key, which opens no queue: add a shared access signature to the URL";
            return Err(Invalid::new("url", text).into());
        }
        let secret = SecretString::from(url.to_string());
        let facts = SecretFacts::of(&secret, self.clock.now());
        let new = NewSecret { name: SecretName::EventQueue, secret, facts };
        let audit = self.entry("events.queue", format!("account {}", account.name), queue.url.as_str());
        self.store.secrets().change(SecretOwner::Account(account.id), new, audit).await?;
        Ok(queue)
    }

    /// Pulls an account's events from no queue any more.
    ///
    /// # Errors
    /// When there is no such account or no such queue, the caller may not change it, or nothing can be stored.
    pub async fn remove_event_queue(&self, name: &str) -> Result<(), Fault> {
        let account = self.account_to_change(name)?;
        let audit = self.entry("events.queue.remove", format!("account {}", account.name), "");
        let owner = SecretOwner::Account(account.id);
        Ok(self.store.secrets().remove(owner, SecretName::EventQueue, audit).await?)
    }

    /// The account to which a presented key belongs. Takes the same time for every wrong key.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn account_of_event_key(
        &self,
        id: AccountId,
        presented: &str,
    ) -> Result<Option<Arc<Account>>, Fault> {
        let Some(account) = self.store.directory().account(id).cloned() else { return Ok(None) };
        let Some(key) = self.stored_event_key(id).await? else { return Ok(None) };
        let is_it = bool::from(key.expose_secret().as_bytes().ct_eq(presented.as_bytes()));
        Ok(is_it.then_some(account))
    }

    async fn stored_event_key(&self, id: AccountId) -> Result<Option<SecretString>, Fault> {
        match self.store.secrets().get(SecretOwner::Account(id), SecretName::EventKey).await {
            Ok(key) => Ok(Some(key)),
            Err(StoreError::Missing(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl EventQueue {
    fn of(url: &Url) -> Self {
        let mut shown = url.clone();
        shown.set_query(None);
        Self { url: shown, is_signed: url.query().is_some() }
    }
}

/// The URL of a queue. Its query is empty, or a shared access signature.
fn checked(text: &str) -> Result<Url, Invalid> {
    let invalid = |text: &str| Invalid::new("url", text);
    let mut url = Url::parse(text.trim()).map_err(|_| invalid("it is not a URL"))?;
    if url.scheme() != "https"
        || !url.username().is_empty()
        || url.password().is_some()
        || url.fragment().is_some()
    {
        return Err(invalid(
            "it is not a plain https URL, such as https://ACCOUNT.queue.core.windows.net/QUEUE",
        ));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if path.is_empty() {
        return Err(invalid("it names no queue: https://ACCOUNT.queue.core.windows.net/QUEUE"));
    }
    url.set_path(&path);
    if url.query() == Some("") {
        url.set_query(None);
    }
    if url.query().is_some() && !url.query_pairs().any(|(name, value)| name == "sig" && !value.is_empty()) {
        return Err(invalid("its query is no shared access signature: there is no `sig`"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_a_plain_url_and_perhaps_a_signature() {
        for (text, shown, is_signed) in [
            ("https://a.queue.core.windows.net/q", "https://a.queue.core.windows.net/q", false),
            (" https://a.queue.core.windows.net/q/? ", "https://a.queue.core.windows.net/q", false),
            ("https://a.example/q?sv=1&sig=x", "https://a.example/q", true),
        ] {
            let queue = EventQueue::of(&checked(text).unwrap());
            assert_eq!((queue.url.as_str(), queue.is_signed), (shown, is_signed), "{text}");
        }
        for wrong in [
            "",
            "queue",
            "http://a.example/q",
            "https://a.example",
            "https://a.example/",
            "https://u:p@a.example/q",
            "https://a.example/q#x",
            "https://a.example/q?sv=1",
            "https://a.example/q?sig=",
        ] {
            let error = checked(wrong).unwrap_err();
            assert!(!error.to_string().contains("sv=1"), "{wrong}: {error}");
        }
    }
}
