//! Which logins worked from where, and when each credential was used last: noted in the background, a batch at a time.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::CredentialId;

use crate::engine::{Engine, on_engine};
use crate::{CredentialUse, LoginNews, StoreError, Welcome};

/// A handle to what is known of logins.
#[derive(Clone)]
pub struct Logins(Engine);

impl Logins {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Notes a batch, and forgets welcomes that are older than `since` and uses of credentials that are no more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note(&self, news: LoginNews, since: Timestamp) -> Result<(), StoreError> {
        on_engine!(self.0, logins.note(news, since).await)
    }

    /// Logins that worked since then, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn welcomes(&self, since: Timestamp) -> Result<Vec<Welcome>, StoreError> {
        on_engine!(self.0, logins.welcomes(since).await)
    }

    /// When credentials were used last, of those that were.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn uses(&self) -> Result<HashMap<CredentialId, CredentialUse>, StoreError> {
        on_engine!(self.0, logins.uses().await)
    }
}
