//! Secrets, sealed at rest (XChaCha20-Poly1305) and bound to the row that they stand in.
//!
//! A secret leaves this module only as a `SecretString`, which neither prints nor serialises.

use secrecy::SecretString;

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, NewSecret, SecretFacts, SecretName, SecretOwner, StoreError};

/// A handle to the secrets.
#[derive(Clone)]
pub struct Secrets(Engine);

impl Secrets {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Stores a secret, in place of the one before.
    ///
    /// # Errors
    /// When there is no randomness or nothing can be written.
    pub async fn put(&self, owner: SecretOwner, new: NewSecret) -> Result<(), StoreError> {
        on_engine!(self.0, secrets.put(owner, new).await)
    }

    /// Stores a secret in place of the one before, with the entry in the audit log.
    ///
    /// # Errors
    /// When there is no randomness or nothing can be written.
    pub async fn change(
        &self,
        owner: SecretOwner,
        new: NewSecret,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, secrets.change(owner, new, audit).await)
    }

    /// Removes a secret, with the entry in the audit log.
    ///
    /// # Errors
    /// When there is none, or nothing can be written.
    pub async fn remove(
        &self,
        owner: SecretOwner,
        name: SecretName,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, secrets.remove(owner, name, audit).await)
    }

    /// Opens a secret.
    ///
    /// # Errors
    /// When there is none, or it was sealed under another master key or for another row.
    pub async fn get(&self, owner: SecretOwner, name: SecretName) -> Result<SecretString, StoreError> {
        on_engine!(self.0, secrets.get(owner, name).await)
    }

    /// What may be told about a secret; `None` if there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn facts(
        &self,
        owner: SecretOwner,
        name: SecretName,
    ) -> Result<Option<SecretFacts>, StoreError> {
        on_engine!(self.0, secrets.facts(owner, name).await)
    }

    /// Notes when a secret expires and what Entra calls it. The secret stays; if it was replaced since `facts` were
    /// read, nothing is noted.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn note(
        &self,
        owner: SecretOwner,
        name: SecretName,
        facts: &SecretFacts,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, secrets.note(owner, name, facts).await)
    }
}
