//! The key to which Event Grid posts an account's events: made here, sealed by the store, compared here.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::account::Account;
use model::id::AccountId;
use secrecy::{ExposeSecret as _, SecretString};
use store::{NewSecret, SecretFacts, SecretName, SecretOwner, StoreError};
use subtle::ConstantTimeEq as _;

use crate::Control;
use crate::error::Fault;

/// Whether an account keeps the key that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKeyChange {
    /// It is made only if there is none.
    Keep,
    /// A new one takes its place, and the URL of before is rejected.
    Renew,
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
