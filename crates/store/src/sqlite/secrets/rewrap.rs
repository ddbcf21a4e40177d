//! Changing the master key under a running server: all secrets in one transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{MasterKey, Secrets, open, wrap};
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::database::{Database, Durability};

impl Secrets {
    /// Seals everything under another key; says how many secrets there are. Nobody reads or writes secrets
    /// meanwhile.
    pub(crate) async fn rewrap(&self, new: MasterKey, audit: AuditEntry) -> Result<usize, StoreError> {
        let mut key = self.key.write().await;
        let (from, to) = (MasterKey::from_bytes(*key.bytes()), MasterKey::from_bytes(*new.bytes()));
        let work = move |connection: &Connection| {
            let count = reseal(connection, &from, &to)?;
            audit.store(connection)?;
            Ok(count)
        };
        let count = self.database.write(Durability::Synced, work).await?;
        *key = new;
        Ok(count)
    }
}

/// A key that secrets are sealed under and that is not this one.
pub(crate) fn foreign_key(database: &Database, id: &str) -> Result<Option<String>, StoreError> {
    let id = id.to_owned();
    database.read_blocking(move |connection| {
        let mut query = connection.prepare("SELECT key_id FROM secret WHERE key_id <> ? LIMIT 1")?;
        Ok(query.query_row([id], |row| row.get(0)).optional()?)
    })
}

/// Whether any secret is sealed under a key.
pub(crate) fn is_used(database: &Database, key: &MasterKey) -> Result<bool, StoreError> {
    database.read_blocking(|connection| {
        Ok(connection.prepare("SELECT 1 FROM secret WHERE key_id = ?")?.exists([key.id()])?)
    })
}

fn reseal(connection: &Connection, from: &MasterKey, to: &MasterKey) -> Result<usize, StoreError> {
    let mut select =
        connection.prepare("SELECT owner, owner_id, name, sealed FROM secret WHERE key_id = ?")?;
    let mut rows = select.query([from.id()])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (owner, id, name): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let sealed: Vec<u8> = row.get(3)?;
        let binding = format!("{owner}/{id}/{name}");
        let resealed = wrap(to, &binding, &open(from, &binding, &sealed)?)?;
        connection.execute(
            "UPDATE secret SET sealed = ?, key_id = ? WHERE owner = ? AND owner_id = ? AND name = ?",
            params![resealed, to.id(), owner, id, name],
        )?;
        count += 1;
    }
    Ok(count)
}
