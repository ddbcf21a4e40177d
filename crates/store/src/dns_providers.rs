//! DNS providers, with their sealed tokens.

use model::dns_provider::DnsProvider;
use secrecy::SecretString;

use crate::engine::{Engine, on_engine};
use crate::{AuditEntry, StoreError};

/// A handle to the DNS providers.
#[derive(Clone)]
pub struct DnsProviders(Engine);

impl DnsProviders {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Adds a connection with its token.
    ///
    /// # Errors
    /// When there is one of that name, or nothing can be written.
    pub async fn add(
        &self,
        connection: DnsProvider,
        token: SecretString,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, dns_providers.add(connection, token, audit).await)
    }

    /// Removes a connection with its token.
    ///
    /// # Errors
    /// When a domain is written through it, or nothing can be written.
    pub async fn remove(&self, connection: DnsProvider, audit: AuditEntry) -> Result<(), StoreError> {
        on_engine!(self.0, dns_providers.remove(connection, audit).await)
    }

    /// All of them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<DnsProvider>, StoreError> {
        on_engine!(self.0, dns_providers.list().await)
    }

    /// The one of that name.
    ///
    /// # Errors
    /// When there is none, or the database cannot be read.
    pub async fn named(&self, name: &str) -> Result<DnsProvider, StoreError> {
        let found = self.list().await?.into_iter().find(|one| one.name.as_str() == name);
        found.ok_or_else(|| StoreError::Missing(format!("DNS connection {name}")))
    }
}
