//! Approvals: who agreed to which steps, and to which changes of values that others wrote.

use std::collections::BTreeMap;

use model::id::AccountId;
use model::infrastructure::{Approval, ApprovedStep, ForeignChange};
use rusqlite::{Connection, params};

use super::Infrastructures;
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

impl Infrastructures {
    pub(crate) async fn approve(
        &self,
        account: AccountId,
        approval: Approval,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let id = account.to_string();
                connection.execute(
                    "INSERT INTO approval (account_id, plan_id, who, origin, at) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET who = ?3, origin = ?4, at = ?5",
                    params![id, approval.plan, approval.who, approval.origin, approval.at.as_millisecond()],
                )?;
                for step in &approval.steps {
                    write(connection, &id, &approval.plan, step)?;
                }
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn approved(&self, account: AccountId) -> Result<Vec<ApprovedStep>, StoreError> {
        self.database
            .read(move |connection| {
                let id = account.to_string();
                let mut select = connection
                    .prepare_cached("SELECT key FROM approved_step WHERE account_id = ? ORDER BY key")?;
                let keys: Result<Vec<String>, _> = select.query_map([&id], |row| row.get(0))?.collect();
                let keys = keys?;
                keys.into_iter()
                    .map(|key| Ok(ApprovedStep { changes: changes(connection, &id, &key)?, key }))
                    .collect()
            })
            .await
    }

    pub(crate) async fn approvals(&self, account: AccountId) -> Result<Vec<Approval>, StoreError> {
        self.database
            .read(move |connection| {
                let id = account.to_string();
                let mut select = connection.prepare_cached(
                    "SELECT plan_id, who, origin, at FROM approval WHERE account_id = ? ORDER BY at DESC, plan_id",
                )?;
                let mut rows = select.query([&id])?;
                let mut approvals = Vec::new();
                while let Some(row) = rows.next()? {
                    let plan: String = row.get(0)?;
                    approvals.push(Approval {
                        steps: steps(connection, &id, &plan)?,
                        plan,
                        who: row.get(1)?,
                        origin: row.get(2)?,
                        at: columns::to_time(row.get(3)?)?,
                    });
                }
                Ok(approvals)
            })
            .await
    }

    pub(crate) async fn use_approval(&self, account: AccountId, key: String) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| remove(connection, &account.to_string(), &key))
            .await
    }
}

fn write(connection: &Connection, id: &str, plan: &str, step: &ApprovedStep) -> Result<(), StoreError> {
    remove(connection, id, &step.key)?;
    connection
        .prepare_cached("INSERT INTO approved_step (account_id, key, plan_id) VALUES (?, ?, ?)")?
        .execute([id, &step.key, plan])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO approved_change (account_id, key, name, kind, old, new) VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    for change in &step.changes {
        for old in &change.old {
            insert.execute(params![id, step.key, change.name, change.kind, old, change.new])?;
        }
    }
    Ok(())
}

fn remove(connection: &Connection, id: &str, key: &str) -> Result<(), StoreError> {
    for table in ["approved_step", "approved_change"] {
        let delete = format!("DELETE FROM {table} WHERE account_id = ? AND key = ?");
        connection.prepare_cached(&delete)?.execute([id, key])?;
    }
    Ok(())
}

fn steps(connection: &Connection, id: &str, plan: &str) -> Result<Vec<ApprovedStep>, StoreError> {
    let mut select = connection
        .prepare_cached("SELECT key FROM approved_step WHERE account_id = ? AND plan_id = ? ORDER BY key")?;
    let keys: Result<Vec<String>, _> = select.query_map([id, plan], |row| row.get(0))?.collect();
    keys?.into_iter().map(|key| Ok(ApprovedStep { changes: changes(connection, id, &key)?, key })).collect()
}

fn changes(connection: &Connection, id: &str, key: &str) -> Result<Vec<ForeignChange>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT name, kind, old, new FROM approved_change WHERE account_id = ? AND key = ? ORDER BY name, kind, old",
    )?;
    let mut rows = select.query([id, key])?;
    let mut changes: BTreeMap<(String, String, Option<String>), Vec<String>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        changes.entry((row.get(0)?, row.get(1)?, row.get(3)?)).or_default().push(row.get(2)?);
    }
    let change = |((name, kind, new), old)| ForeignChange { name, kind, old, new };
    Ok(changes.into_iter().map(change).collect())
}
