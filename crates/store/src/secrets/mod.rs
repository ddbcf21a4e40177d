//! Secrets, sealed at rest (XChaCha20-Poly1305) and bound to the row that they stand in.
//!
//! A secret leaves this module only as a `SecretString`, which neither prints nor serialises.

mod master_key;

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use jiff::Timestamp;
use model::id::AccountId;
use rusqlite::{Connection, OptionalExtension as _, params};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

pub use self::master_key::MasterKey;

use crate::database::{Database, Durability};
use crate::error::StoreError;
use crate::words;

/// A handle to the secrets.
#[derive(Clone)]
pub struct Secrets {
    database: Database,
    key: Arc<MasterKey>,
}

/// Whose a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretOwner {
    /// An account's.
    Account(AccountId),
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretName {
    /// The client secret of an app registration.
    ClientSecret,
    /// A key of a communication service.
    AccessKey,
}

/// What may be told about a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFacts {
    /// Its first three characters, by which Azure's portal names it too.
    pub hint: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// When it expires, if that is known.
    pub expires_at: Option<Timestamp>,
}

/// A secret that is ready to be stored.
pub(crate) struct Sealed {
    owner: SecretOwner,
    name: SecretName,
    key_id: String,
    octets: Vec<u8>,
    facts: SecretFacts,
}

/// Of the nonce, which stands before the sealed octets.
const NONCE_OCTETS: usize = 24;
/// Characters of a hint.
const HINT: usize = 3;

impl Secrets {
    pub(crate) fn new(database: Database, key: MasterKey) -> Self {
        Self { database, key: Arc::new(key) }
    }

    /// Stores a secret, in place of the one before.
    ///
    /// # Errors
    /// When there is no randomness or nothing can be written.
    pub async fn put(
        &self,
        owner: SecretOwner,
        name: SecretName,
        secret: &SecretString,
        times: (Timestamp, Option<Timestamp>),
    ) -> Result<(), StoreError> {
        let sealed = self.seal(owner, name, secret, times)?;
        self.database.write(Durability::Synced, move |connection| sealed.store(connection)).await
    }

    /// Opens a secret.
    ///
    /// # Errors
    /// When there is none, or it was sealed under another master key or for another row.
    pub async fn get(&self, owner: SecretOwner, name: SecretName) -> Result<SecretString, StoreError> {
        let sealed: Option<(String, Vec<u8>)> = self
            .database
            .read(move |connection| {
                Ok(connection
                    .prepare_cached(
                        "SELECT key_id, sealed FROM secret WHERE owner = ? AND owner_id = ? AND name = ?",
                    )?
                    .query_row(params![owner.kind(), owner.id(), name.as_str()], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()?)
            })
            .await?;
        let (key_id, octets) = sealed
            .ok_or_else(|| StoreError::Missing(format!("the {} of {}", name.as_str(), owner.kind())))?;
        if key_id != self.key.id() || octets.len() < NONCE_OCTETS {
            return Err(StoreError::Sealed);
        }
        let (nonce, ciphertext) = octets.split_at(NONCE_OCTETS);
        let binding = owner.binding(name);
        let payload = Payload { msg: ciphertext, aad: binding.as_bytes() };
        let nonce: &[u8; NONCE_OCTETS] = nonce.try_into().map_err(|_| StoreError::Sealed)?;
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| StoreError::Sealed)?;
        let plain = Zeroizing::new(plain);
        let text = std::str::from_utf8(&plain).map_err(|_| StoreError::Sealed)?;
        Ok(SecretString::from(text))
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
        self.database
            .read(move |connection| {
                let row: Option<(String, i64, Option<i64>)> = connection
                    .prepare_cached(
                        "SELECT hint, set_at, expires_at FROM secret
                         WHERE owner = ? AND owner_id = ? AND name = ?",
                    )?
                    .query_row(params![owner.kind(), owner.id(), name.as_str()], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })
                    .optional()?;
                let Some((hint, set_at, expires_at)) = row else { return Ok(None) };
                let expires_at = expires_at.map(words::to_time).transpose()?;
                Ok(Some(SecretFacts { hint, set_at: words::to_time(set_at)?, expires_at }))
            })
            .await
    }

    pub(crate) fn seal(
        &self,
        owner: SecretOwner,
        name: SecretName,
        secret: &SecretString,
        (set_at, expires_at): (Timestamp, Option<Timestamp>),
    ) -> Result<Sealed, StoreError> {
        let mut nonce = [0; NONCE_OCTETS];
        getrandom::fill(&mut nonce).map_err(|error| StoreError::Io(error.into()))?;
        let plain = secret.expose_secret();
        let binding = owner.binding(name);
        let payload = Payload { msg: plain.as_bytes(), aad: binding.as_bytes() };
        let ciphertext =
            self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| StoreError::Sealed)?;
        let hint = plain.chars().take(HINT).collect();
        Ok(Sealed {
            owner,
            name,
            key_id: self.key.id().to_owned(),
            octets: [&nonce[..], &ciphertext].concat(),
            facts: SecretFacts { hint, set_at, expires_at },
        })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.octets().into())
    }
}

impl Sealed {
    pub(crate) fn store(&self, connection: &Connection) -> Result<(), StoreError> {
        connection.execute(
            "INSERT INTO secret VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed,
                 hint = excluded.hint, set_at = excluded.set_at, expires_at = excluded.expires_at",
            params![
                self.owner.kind(),
                self.owner.id(),
                self.name.as_str(),
                self.key_id,
                self.octets,
                self.facts.hint,
                self.facts.set_at.as_millisecond(),
                self.facts.expires_at.map(Timestamp::as_millisecond),
            ],
        )?;
        Ok(())
    }
}

impl SecretOwner {
    fn kind(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
        }
    }

    fn id(self) -> String {
        match self {
            Self::Account(id) => id.to_string(),
        }
    }

    /// What the seal is bound to: in another row it does not open.
    fn binding(self, name: SecretName) -> String {
        format!("{}/{}/{}", self.kind(), self.id(), name.as_str())
    }

    pub(crate) fn remove_all(self, connection: &Connection) -> Result<(), StoreError> {
        connection.execute(
            "DELETE FROM secret WHERE owner = ? AND owner_id = ?",
            params![self.kind(), self.id()],
        )?;
        Ok(())
    }
}

impl SecretName {
    fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::AccessKey => "access_key",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;

    fn secrets(folder: &std::path::Path, key: u8) -> Secrets {
        Secrets::new(Database::open(&folder.join("test.db")).unwrap(), MasterKey::from_octets([key; 32]))
    }

    fn owner(n: u8) -> SecretOwner {
        SecretOwner::Account(AccountId::from_bytes([n; 16]))
    }

    #[tokio::test]
    async fn a_secret_opens_only_in_its_row_and_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = secrets(folder.path(), 1);
        let secret = SecretString::from("s3cr~t value");
        let times = (Timestamp::UNIX_EPOCH, None);
        secrets.put(owner(1), SecretName::ClientSecret, &secret, times).await.unwrap();
        let opened = secrets.get(owner(1), SecretName::ClientSecret).await.unwrap();
        assert_eq!(opened.expose_secret(), "s3cr~t value");
        let facts = secrets.facts(owner(1), SecretName::ClientSecret).await.unwrap().unwrap();
        assert_eq!(facts.hint, "s3c");

        let copy = |connection: &Connection| {
            connection.execute(
                "INSERT INTO secret SELECT owner, ?, name, key_id, sealed, hint, set_at, expires_at FROM secret",
                [owner(2).id()],
            )?;
            Ok(())
        };
        secrets.database.write(Durability::Synced, copy).await.unwrap();
        assert!(matches!(secrets.get(owner(2), SecretName::ClientSecret).await, Err(StoreError::Sealed)));
        assert!(matches!(secrets.get(owner(3), SecretName::ClientSecret).await, Err(StoreError::Missing(_))));

        let other =
            Secrets { database: secrets.database.clone(), key: Arc::new(MasterKey::from_octets([2; 32])) };
        assert!(matches!(other.get(owner(1), SecretName::ClientSecret).await, Err(StoreError::Sealed)));
        let raw = std::fs::read(folder.path().join("test.db-wal")).unwrap();
        assert!(memchr_like(&raw, b"s3cr~t value").is_none(), "the secret is on disk in clear");
    }

    fn memchr_like(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        haystack.windows(needle.len()).position(|window| window == needle)
    }
}
