//! Claiming the sends whose status is to be read.

use jiff::Timestamp;
use model::id::AccountId;
use rusqlite::{OptionalExtension as _, params};

use super::claim::send_id;
use super::{Queue, StatusCheck, recipients};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

impl Queue {
    pub(crate) async fn claim_status_checks(
        &self,
        account: AccountId,
        now: Timestamp,
        limit: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<StatusCheck>, StoreError> {
        self.0
            .database
            .write(Durability::Written, move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT s.message_id, s.part, s.operation_id, coalesce(
                       (SELECT max(e.at) FROM message_event e WHERE e.message_id = s.message_id AND e.part = s.part
                        AND e.source = 'attempt'),
                       m.accepted_at)
                     FROM send s JOIN message m ON m.id = s.message_id
                     WHERE s.account_id = ? AND s.state = 'submitted' AND s.due_at <= ?
                     ORDER BY s.due_at LIMIT ?",
                )?;
                let mut rows = select.query(params![account.to_string(), now.as_millisecond(), limit])?;
                let mut checks = Vec::new();
                while let Some(row) = rows.next()? {
                    let (message, part): (String, u16) = (row.get(0)?, row.get(1)?);
                    checks.push(StatusCheck {
                        id: send_id(row)?,
                        operation: columns::to_id(&row.get::<_, String>(2)?)?,
                        recipients: recipients::of(connection, &message, part)?,
                        submitted_at: columns::to_time(row.get(3)?)?,
                    });
                }
                let mut update = connection
                    .prepare_cached("UPDATE send SET due_at = ? WHERE message_id = ? AND part = ?")?;
                for check in &checks {
                    let id = check.id;
                    update.execute(params![lease_until.as_millisecond(), id.message.to_string(), id.part])?;
                }
                Ok(checks)
            })
            .await
    }

    pub(crate) async fn unread(&self, account: AccountId) -> Result<u32, StoreError> {
        self.0
            .database
            .read(move |connection| {
                Ok(connection
                    .prepare_cached("SELECT count(*) FROM send WHERE account_id = ? AND state = 'submitted'")?
                    .query_row([account.to_string()], |row| row.get(0))?)
            })
            .await
    }

    pub(crate) async fn next_status_check(
        &self,
        account: AccountId,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let due: Option<i64> = connection
                    .prepare_cached(
                        "SELECT min(due_at) FROM send WHERE account_id = ? AND state = 'submitted'",
                    )?
                    .query_row([account.to_string()], |row| row.get(0))
                    .optional()?
                    .flatten();
                due.map(columns::to_time).transpose()
            })
            .await
    }
}
