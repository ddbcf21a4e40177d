//! The desired state of accounts, what was approved and how far each step came, what was made at Azure and written into
//! DNS.

mod approvals;
mod made;
mod rows;
mod steps;
mod written;

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::infrastructure::{Infrastructure, MadeState};
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::database::{Database, Durability};

/// A handle to the infrastructure.
#[derive(Clone)]
pub(crate) struct Infrastructures {
    database: Database,
}

impl Infrastructures {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    pub(crate) async fn of(&self, account: AccountId) -> Result<Option<Infrastructure>, StoreError> {
        self.database.read(move |connection| rows::read(connection, account)).await
    }

    pub(crate) async fn accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        self.database
            .read(move |connection| {
                let mut select = connection.prepare_cached("SELECT account_id FROM infrastructure")?;
                let mut rows = select.query([])?;
                let mut accounts = Vec::new();
                while let Some(row) = rows.next()? {
                    accounts.push(crate::sqlite::columns::to_id(&row.get::<_, String>(0)?)?);
                }
                Ok(accounts)
            })
            .await
    }

    pub(crate) async fn keep(
        &self,
        before: Option<Infrastructure>,
        infrastructure: Infrastructure,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                replace(connection, before.as_ref(), &infrastructure)?;
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn keep_without(
        &self,
        before: Option<Infrastructure>,
        infrastructure: Infrastructure,
        resource: String,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                replace(connection, before.as_ref(), &infrastructure)?;
                made::note(connection, infrastructure.account, &resource, MadeState::Made, audit.at)?;
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn forget(
        &self,
        account: &Account,
        changed_at: Timestamp,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let id = account.id.to_string();
        self.database
            .write(Durability::Synced, move |connection| {
                let there: Option<i64> = connection
                    .prepare_cached("SELECT changed_at FROM infrastructure WHERE account_id = ?")?
                    .query_row([&id], |row| row.get(0))
                    .optional()?;
                if there != Some(changed_at.as_millisecond()) {
                    return Err(StoreError::Changed("the desired state of the account".to_owned()));
                }
                for table in TABLES.into_iter().filter(|table| *table != "written_record") {
                    connection.execute(&format!("DELETE FROM {table} WHERE account_id = ?"), [&id])?;
                }
                audit.store(connection)
            })
            .await
    }
}

/// Writes an infrastructure in place of `before`, unless somebody else has changed it since.
fn replace(
    connection: &Connection,
    before: Option<&Infrastructure>,
    infrastructure: &Infrastructure,
) -> Result<(), StoreError> {
    let id = infrastructure.account.to_string();
    let there: Option<i64> = connection
        .prepare_cached("SELECT changed_at FROM infrastructure WHERE account_id = ?")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    if there != before.map(|before| before.changed_at.as_millisecond()) {
        return Err(StoreError::Changed("the desired state of the account".to_owned()));
    }
    if !connection.prepare_cached("SELECT 1 FROM account WHERE id = ?")?.exists([&id])? {
        return Err(StoreError::Missing("the account".to_owned()));
    }
    rows::write(connection, before, infrastructure)
}

/// All tables that have rows of an account.
pub(crate) const TABLES: [&str; 10] = [
    "infrastructure",
    "desired_domain",
    "desired_sender",
    "desired_login",
    "made_resource",
    "provisioning_step",
    "approval",
    "approved_step",
    "approved_change",
    "written_record",
];
