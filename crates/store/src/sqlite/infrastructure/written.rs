//! What was written into DNS.

use model::id::AccountId;
use model::infrastructure::{DnsWay, WrittenRecord};
use rusqlite::{Connection, params};

use super::Infrastructures;
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

impl Infrastructures {
    pub(crate) async fn note_record(
        &self,
        account: AccountId,
        record: WrittenRecord,
    ) -> Result<(), StoreError> {
        self.database.write(Durability::Synced, move |connection| note(connection, account, &record)).await
    }

    pub(crate) async fn enter_record(
        &self,
        account: AccountId,
        record: WrittenRecord,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                note(connection, account, &record)?;
                audit.store(connection)
            })
            .await
    }

    pub(crate) async fn forget_record(
        &self,
        account: AccountId,
        record: WrittenRecord,
    ) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                connection.execute(
                    "DELETE FROM written_record WHERE account_id = ? AND name = ? AND kind = ? AND value = ?",
                    params![account.to_string(), record.name, record.kind, record.value],
                )?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn written(&self, account: AccountId) -> Result<Vec<WrittenRecord>, StoreError> {
        self.database
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT name, kind, value, domain, way, zone, record_id, before, at, also_before FROM written_record
                     WHERE account_id = ? ORDER BY domain, name",
                )?;
                let mut rows = select.query([account.to_string()])?;
                let mut records = Vec::new();
                while let Some(row) = rows.next()? {
                    records.push(WrittenRecord {
                        name: row.get(0)?,
                        kind: row.get(1)?,
                        value: row.get(2)?,
                        domain: row.get(3)?,
                        way: DnsWay::from_word(&row.get::<_, String>(4)?),
                        zone: row.get(5)?,
                        record_id: row.get(6)?,
                        before: row.get(7)?,
                        at: columns::to_time(row.get(8)?)?,
                        also_before: to_values(&row.get::<_, String>(9)?)?,
                    });
                }
                Ok(records)
            })
            .await
    }
}

fn note(connection: &Connection, account: AccountId, record: &WrittenRecord) -> Result<(), StoreError> {
    let also_before = serde_json::to_string(&record.also_before).unwrap_or_default();
    // What stood there before the first time stays known; what is merged into the record later is added.
    connection.execute(
        "INSERT INTO written_record (account_id, name, kind, value, domain, way, zone, record_id, before, at,
             also_before)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT DO UPDATE SET way = ?6, zone = ?7, record_id = ?8, at = ?10, before = coalesce(before, ?9),
             also_before = CASE WHEN ?11 = '[]' THEN also_before ELSE ?11 END",
        params![
            account.to_string(),
            record.name,
            record.kind,
            record.value,
            record.domain,
            record.way.to_string(),
            record.zone,
            record.record_id,
            record.before,
            record.at.as_millisecond(),
            also_before,
        ],
    )?;
    Ok(())
}

fn to_values(json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged(format!("list of values {json:?}")))
}
