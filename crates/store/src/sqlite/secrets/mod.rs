//! Secrets, sealed at rest (XChaCha20-Poly1305) and bound to the row that they stand in.
//!
//! A secret leaves this module only as a `SecretString`, which neither prints nor serialises.

mod master_key;
mod rewrap;

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use jiff::Timestamp;
use model::id::{AccountId, DnsProviderId, WebhookId};
pub use model::secret::SecretName;
use rusqlite::{Connection, OptionalExtension as _, named_params, params};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{RwLock, RwLockReadGuard};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use self::master_key::{KeySource, MasterKey};
pub(crate) use self::rewrap::{foreign_key, is_used};

use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};

/// A handle to the secrets.
#[derive(Clone)]
pub(crate) struct Secrets {
    database: Database,
    /// Held from sealing until the row is written, so that no row is left behind when the key changes.
    key: Arc<RwLock<MasterKey>>,
}

/// Whose a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretOwner {
    Account(AccountId),
    /// A DNS provider's.
    DnsProvider(DnsProviderId),
    /// An endpoint's, to sign with.
    Webhook(WebhookId),
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
    /// What Entra calls it, if that is known.
    pub key_id: Option<Uuid>,
}

/// A secret that is to be kept.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// What it is for.
    pub name: SecretName,
    pub secret: SecretString,
    /// What may be told about it.
    pub facts: SecretFacts,
}

/// A secret that is ready to be stored.
pub(crate) struct Sealed {
    owner: SecretOwner,
    name: SecretName,
    key_id: String,
    bytes: Vec<u8>,
    facts: SecretFacts,
}

/// Of the nonce, which stands before the sealed bytes.
const NONCE_BYTES: usize = 24;
/// Characters of a hint.
const HINT: usize = 3;

impl Secrets {
    pub(crate) fn new(database: Database, key: MasterKey) -> Self {
        Self { database, key: Arc::new(RwLock::new(key)) }
    }

    pub(crate) async fn put(&self, owner: SecretOwner, new: NewSecret) -> Result<(), StoreError> {
        let key = self.key().await;
        let sealed = seal(&key, owner, &new)?;
        self.database.write(Durability::Synced, move |connection| sealed.store(connection)).await
    }

    pub(crate) async fn change(
        &self,
        owner: SecretOwner,
        new: NewSecret,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let key = self.key().await;
        let sealed = seal(&key, owner, &new)?;
        let work = move |connection: &Connection| {
            sealed.store(connection)?;
            audit.store(connection)
        };
        self.database.write(Durability::Synced, work).await
    }

    pub(crate) async fn remove(
        &self,
        owner: SecretOwner,
        name: SecretName,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let work = move |connection: &Connection| {
            let removed = connection.execute(
                "DELETE FROM secret WHERE owner = ? AND owner_id = ? AND name = ?",
                params![owner.kind(), owner.id(), name.as_str()],
            )?;
            if removed == 0 {
                return Err(StoreError::Missing(format!("the {} of {}", name.as_str(), owner.kind())));
            }
            audit.store(connection)
        };
        self.database.write(Durability::Synced, work).await
    }

    pub(crate) async fn get(&self, owner: SecretOwner, name: SecretName) -> Result<SecretString, StoreError> {
        let key = self.key().await;
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
        let (key_id, bytes) = sealed
            .ok_or_else(|| StoreError::Missing(format!("the {} of {}", name.as_str(), owner.kind())))?;
        if key_id != key.id() {
            return Err(StoreError::Sealed);
        }
        let plain = open(&key, &owner.binding(name), &bytes)?;
        let text = std::str::from_utf8(&plain).map_err(|_| StoreError::Sealed)?;
        Ok(SecretString::from(text))
    }

    pub(crate) async fn facts(
        &self,
        owner: SecretOwner,
        name: SecretName,
    ) -> Result<Option<SecretFacts>, StoreError> {
        self.database
            .read(move |connection| {
                let row: Option<(String, i64, Option<i64>, Option<String>)> = connection
                    .prepare_cached(
                        "SELECT hint, set_at, expires_at, entra_key_id FROM secret
                         WHERE owner = ? AND owner_id = ? AND name = ?",
                    )?
                    .query_row(params![owner.kind(), owner.id(), name.as_str()], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                    })
                    .optional()?;
                let Some((hint, set_at, expires_at, key_id)) = row else { return Ok(None) };
                Ok(Some(SecretFacts {
                    hint,
                    set_at: columns::to_time(set_at)?,
                    expires_at: expires_at.map(columns::to_time).transpose()?,
                    key_id: key_id.map(|text| columns::to_id(&text)).transpose()?,
                }))
            })
            .await
    }

    pub(crate) async fn note(
        &self,
        owner: SecretOwner,
        name: SecretName,
        facts: &SecretFacts,
    ) -> Result<(), StoreError> {
        let facts = facts.clone();
        self.database
            .write(Durability::Synced, move |connection| {
                connection.execute(
                    "UPDATE secret SET expires_at = ?, entra_key_id = ?
                     WHERE owner = ? AND owner_id = ? AND name = ? AND set_at = ?",
                    params![
                        facts.expires_at.map(Timestamp::as_millisecond),
                        facts.key_id.map(|id| id.to_string()),
                        owner.kind(),
                        owner.id(),
                        name.as_str(),
                        facts.set_at.as_millisecond(),
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// The key, which cannot change while this is held.
    pub(crate) async fn key(&self) -> RwLockReadGuard<'_, MasterKey> {
        self.key.read().await
    }
}

/// Seals a secret for its row.
pub(crate) fn seal(key: &MasterKey, owner: SecretOwner, new: &NewSecret) -> Result<Sealed, StoreError> {
    let bytes = wrap(key, &owner.binding(new.name), new.secret.expose_secret().as_bytes())?;
    Ok(Sealed { owner, name: new.name, key_id: key.id().to_owned(), bytes, facts: new.facts.clone() })
}

fn wrap(key: &MasterKey, binding: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|error| StoreError::Io(error.into()))?;
    let payload = Payload { msg: plain, aad: binding.as_bytes() };
    let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload).map_err(|_| StoreError::Sealed)?;
    Ok([&nonce[..], &ciphertext].concat())
}

fn open(key: &MasterKey, binding: &str, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (nonce, ciphertext) = bytes.split_at_checked(NONCE_BYTES).ok_or(StoreError::Sealed)?;
    let payload = Payload { msg: ciphertext, aad: binding.as_bytes() };
    let nonce: &[u8; NONCE_BYTES] = nonce.try_into().map_err(|_| StoreError::Sealed)?;
    let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| StoreError::Sealed)?;
    Ok(Zeroizing::new(plain))
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

impl SecretFacts {
    /// What may be told of a secret that was just set.
    #[must_use]
    pub fn of(secret: &SecretString, set_at: Timestamp) -> Self {
        let hint = secret.expose_secret().chars().take(HINT).collect();
        Self { hint, set_at, expires_at: None, key_id: None }
    }
}

impl Sealed {
    pub(crate) fn store(&self, connection: &Connection) -> Result<(), StoreError> {
        connection.execute(
            "INSERT INTO secret (owner, owner_id, name, key_id, sealed, hint, set_at, expires_at, entra_key_id)
             VALUES (:owner, :owner_id, :name, :key_id, :sealed, :hint, :set_at, :expires_at, :entra_key_id)
             ON CONFLICT DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed,
                 hint = excluded.hint, set_at = excluded.set_at, expires_at = excluded.expires_at,
                 entra_key_id = excluded.entra_key_id",
            named_params! {
                ":owner": self.owner.kind(),
                ":owner_id": self.owner.id(),
                ":name": self.name.as_str(),
                ":key_id": self.key_id,
                ":sealed": self.bytes,
                ":hint": self.facts.hint,
                ":set_at": self.facts.set_at.as_millisecond(),
                ":expires_at": self.facts.expires_at.map(Timestamp::as_millisecond),
                ":entra_key_id": self.facts.key_id.map(|id| id.to_string()),
            },
        )?;
        Ok(())
    }
}

impl SecretOwner {
    fn kind(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::DnsProvider(_) => "connection",
            Self::Webhook(_) => "webhook",
        }
    }

    fn id(self) -> String {
        match self {
            Self::Account(id) => id.to_string(),
            Self::DnsProvider(id) => id.to_string(),
            Self::Webhook(id) => id.to_string(),
        }
    }

    /// What the seal is bound to: in another row it does not open.
    fn binding(self, name: SecretName) -> String {
        format!("{}/{}/{}", self.kind(), self.id(), name.as_str())
    }

    /// Notes when one of its secrets expires, if it is there.
    pub(crate) fn expires(
        self,
        connection: &Connection,
        name: SecretName,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        connection.execute(
            "UPDATE secret SET expires_at = ? WHERE owner = ? AND owner_id = ? AND name = ?",
            params![at.as_millisecond(), self.kind(), self.id(), name.as_str()],
        )?;
        Ok(())
    }

    /// Removes one of its secrets, if it is there.
    pub(crate) fn remove(self, connection: &Connection, name: SecretName) -> Result<(), StoreError> {
        connection.execute(
            "DELETE FROM secret WHERE owner = ? AND owner_id = ? AND name = ?",
            params![self.kind(), self.id(), name.as_str()],
        )?;
        Ok(())
    }

    pub(crate) fn remove_all(self, connection: &Connection) -> Result<(), StoreError> {
        connection.execute(
            "DELETE FROM secret WHERE owner = ? AND owner_id = ?",
            params![self.kind(), self.id()],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::database::Database;

    fn secrets(folder: &std::path::Path, key: u8) -> Secrets {
        Secrets::new(Database::open(&folder.join("test.db")).unwrap(), MasterKey::from_bytes([key; 32]))
    }

    fn owner(n: u8) -> SecretOwner {
        SecretOwner::Account(AccountId::from_bytes([n; 16]))
    }

    #[tokio::test]
    async fn a_secret_opens_only_in_its_row_and_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = secrets(folder.path(), 1);
        let secret = SecretString::from("s3cr~t value");
        let facts = SecretFacts::of(&secret, Timestamp::UNIX_EPOCH);
        secrets.put(owner(1), NewSecret { name: SecretName::ClientSecret, secret, facts }).await.unwrap();
        let opened = secrets.get(owner(1), SecretName::ClientSecret).await.unwrap();
        assert_eq!(opened.expose_secret(), "s3cr~t value");
        let facts = secrets.facts(owner(1), SecretName::ClientSecret).await.unwrap().unwrap();
        assert_eq!(facts.hint, "s3c");

        let copy = |connection: &Connection| {
            connection.execute(
                "INSERT INTO secret (owner, owner_id, name, key_id, sealed, hint, set_at)
                 SELECT owner, ?, name, key_id, sealed, hint, set_at FROM secret",
                [owner(2).id()],
            )?;
            Ok(())
        };
        secrets.database.write(Durability::Synced, copy).await.unwrap();
        assert!(matches!(secrets.get(owner(2), SecretName::ClientSecret).await, Err(StoreError::Sealed)));
        assert!(matches!(secrets.get(owner(3), SecretName::ClientSecret).await, Err(StoreError::Missing(_))));

        let other = Secrets::new(secrets.database.clone(), MasterKey::from_bytes([2; 32]));
        assert!(matches!(other.get(owner(1), SecretName::ClientSecret).await, Err(StoreError::Sealed)));
        let raw = std::fs::read(folder.path().join("test.db-wal")).unwrap();
        assert!(memchr_like(&raw, b"s3cr~t value").is_none(), "the secret is on disk in clear");
    }

    fn memchr_like(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        haystack.windows(needle.len()).position(|window| window == needle)
    }
}
