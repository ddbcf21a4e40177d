//! Resources that were made at Azure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::id::AccountId;
use model::infrastructure::MadeState;
use rusqlite::{Connection, params};

use super::Infrastructures;
use crate::error::StoreError;
use crate::sqlite::database::Durability;

impl Infrastructures {
    pub(crate) async fn note_made(
        &self,
        account: AccountId,
        resource: String,
        state: MadeState,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let work = move |connection: &Connection| note(connection, account, &resource, state, at);
        self.database.write(Durability::Synced, work).await
    }

    pub(crate) async fn forget_made(&self, account: AccountId, resource: String) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let delete = "DELETE FROM made_resource WHERE account_id = ? AND resource_id = ?";
                connection.execute(delete, params![account.to_string(), resource.to_lowercase()])?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn made(&self, account: AccountId) -> Result<BTreeSet<String>, StoreError> {
        self.database
            .read(move |connection| {
                let mut select = connection
                    .prepare_cached("SELECT resource_id FROM made_resource WHERE account_id = ?")?;
                let made: Result<BTreeSet<String>, _> =
                    select.query_map([account.to_string()], |row| row.get(0))?.collect();
                Ok(made?)
            })
            .await
    }
}

/// Writes down that a resource was made, wholly or in part.
pub(super) fn note(
    connection: &Connection,
    account: AccountId,
    resource: &str,
    state: MadeState,
    at: Timestamp,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO made_resource (account_id, resource_id, state, at) VALUES (?1, ?2, ?3, ?4)
                  ON CONFLICT DO UPDATE SET state = ?3, at = ?4";
    connection.prepare_cached(insert)?.execute(params![
        account.to_string(),
        resource.to_lowercase(),
        state.as_str(),
        at.as_millisecond()
    ])?;
    Ok(())
}
