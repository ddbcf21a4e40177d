//! Rotations of client secrets: each step is here before the next one begins.

use jiff::Timestamp;
use model::account::Account;
use model::id::AccountId;
use model::rotation::{Rotation, Step};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};
use secrecy::SecretString;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};
use crate::sqlite::secrets::{NewSecret, SecretFacts, SecretName, SecretOwner, Secrets, seal};

/// A handle to the rotations.
#[derive(Clone)]
pub(crate) struct Rotations {
    database: Database,
    secrets: Secrets,
}

impl Rotations {
    pub(crate) fn new(database: Database, secrets: Secrets) -> Self {
        Self { database, secrets }
    }

    pub(crate) async fn begin(&self, rotation: Rotation, audit: AuditEntry) -> Result<bool, StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let is_under_way = connection
                    .prepare(
                        "SELECT 1 FROM rotation WHERE account_id = ? AND step NOT IN ('done', 'rolled_back')",
                    )?
                    .exists([rotation.account.to_string()])?;
                if !is_under_way {
                    let id = rotation.account.to_string();
                    connection.execute("DELETE FROM rotation WHERE account_id = ?", [id])?;
                    insert(connection, &rotation)?;
                    audit.store(connection)?;
                }
                Ok(!is_under_way)
            })
            .await
    }

    pub(crate) async fn roll_back(
        &self,
        from: Step,
        rotation: Rotation,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                update(connection, from, &rotation)?;
                SecretOwner::Account(rotation.account).remove(connection, SecretName::NextClientSecret)?;
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn advance(
        &self,
        from: Step,
        rotation: Rotation,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                update(connection, from, &rotation)?;
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn note_problem(&self, rotation: Rotation) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| update(connection, rotation.step, &rotation))
            .await
    }

    pub(crate) async fn note_with_secret(
        &self,
        rotation: Rotation,
        secret: SecretString,
        facts: SecretFacts,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let owner = SecretOwner::Account(rotation.account);
        let key = self.secrets.key().await;
        let sealed = seal(&key, owner, &NewSecret { name: SecretName::NextClientSecret, secret, facts })?;
        self.database
            .write(Durability::Synced, move |connection| {
                let id = rotation.account.to_string();
                if !connection.prepare("SELECT 1 FROM account WHERE id = ?")?.exists([id])? {
                    return Err(StoreError::Missing("the account".to_owned()));
                }
                update(connection, Step::Begun, &rotation)?;
                sealed.store(connection)?;
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn of(&self, account: AccountId) -> Result<Option<Rotation>, StoreError> {
        self.database
            .read(move |connection| {
                connection
                    .prepare_cached(
                        "SELECT account_id, label, step, started_at, changed_at, wanted_until, new_key_id, old_key_id,
                                remove_at, problem
                         FROM rotation WHERE account_id = ?",
                    )?
                    .query_row([account.to_string()], |row| Ok(read(row)))
                    .optional()?
                    .transpose()
            })
            .await
    }
}

fn insert(connection: &Connection, rotation: &Rotation) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO rotation (account_id, label, step, started_at, changed_at, wanted_until, new_key_id, old_key_id,
             remove_at, problem)
         VALUES (:account_id, :label, :step, :started_at, :changed_at, :wanted_until, :new_key_id, :old_key_id,
             :remove_at, :problem)",
        named_params! {
            ":account_id": rotation.account.to_string(),
            ":label": rotation.label,
            ":step": rotation.step.as_str(),
            ":started_at": rotation.started_at.as_millisecond(),
            ":changed_at": rotation.changed_at.as_millisecond(),
            ":wanted_until": rotation.wanted_until.as_millisecond(),
            ":new_key_id": rotation.new_key.map(|id| id.to_string()),
            ":old_key_id": rotation.old_key.map(|id| id.to_string()),
            ":remove_at": rotation.remove_at.map(Timestamp::as_millisecond),
            ":problem": rotation.problem,
        },
    )?;
    Ok(())
}

/// Writes a rotation over itself, if nobody has moved it since it was at `from`.
pub(crate) fn update(connection: &Connection, from: Step, rotation: &Rotation) -> Result<(), StoreError> {
    let id = rotation.account.to_string();
    let was = connection.execute(
        "DELETE FROM rotation WHERE account_id = ? AND label = ? AND step = ?",
        params![id, rotation.label, from.as_str()],
    )?;
    if was == 0 {
        return Err(StoreError::Changed("the rotation".to_owned()));
    }
    insert(connection, rotation)
}

/// Ends a rotation whose secret was in use and is not any more: its old secret is nobody's to take away.
pub(crate) fn overtake(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE rotation SET step = 'done', changed_at = ?, remove_at = NULL,
             problem = 'another secret was put in by hand; the old one stays'
         WHERE account_id = ? AND step = 'switched'",
        params![account.changed_at.as_millisecond(), account.id.to_string()],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Rotation, StoreError> {
    let key = |column: usize| -> Result<Option<Uuid>, StoreError> {
        row.get::<_, Option<String>>(column)?.map(|text| columns::to_id(&text)).transpose()
    };
    Ok(Rotation {
        account: columns::to_id(&row.get::<_, String>(0)?)?,
        label: row.get(1)?,
        step: columns::to_word(&row.get::<_, String>(2)?)?,
        started_at: columns::to_time(row.get(3)?)?,
        changed_at: columns::to_time(row.get(4)?)?,
        wanted_until: columns::to_time(row.get(5)?)?,
        new_key: key(6)?,
        old_key: key(7)?,
        remove_at: row.get::<_, Option<i64>>(8)?.map(columns::to_time).transpose()?,
        problem: row.get(9)?,
    })
}
