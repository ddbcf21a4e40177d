//! Credentials as rows.

use std::sync::Arc;

use model::credential::{Credential, PasswordHash};

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, StoreError};

/// A handle to the credentials.
#[derive(Clone)]
pub struct Credentials(Engine);

impl Credentials {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Adds a credential.
    ///
    /// # Errors
    /// When the login is taken, another credential is used without login from one of its networks, or nothing can
    /// be written.
    pub async fn add(&self, credential: Credential, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, credentials.add(credential, audit).await)
    }

    /// Changes a credential: all but its id, login, account and time.
    ///
    /// # Errors
    /// When it is not as it was read before, another credential is used without login from one of its networks, or
    /// nothing can be written.
    pub async fn change(
        &self,
        before: Arc<Credential>,
        changed: Credential,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, credentials.change(before, changed, audit).await)
    }

    /// Gives a credential another password.
    ///
    /// # Errors
    /// When there is no such credential or nothing can be written.
    pub async fn set_password(
        &self,
        login: &str,
        hash: PasswordHash,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, credentials.set_password(login, hash, audit).await)
    }

    /// Removes a credential. Its next login fails.
    ///
    /// # Errors
    /// When there is no such credential or nothing can be written.
    pub async fn remove(&self, login: &str, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, credentials.remove(login, audit).await)
    }
}
