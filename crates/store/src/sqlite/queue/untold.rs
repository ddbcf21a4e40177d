//! Recipients that were not reached, and of whom their sender has not been told. A report is not given again, so that
//! what follows from it is written in its transaction and stays until it is done.

use model::delivery::SendId;
use model::id::{AccountId, QueueId};
use model::queued::Recipient;
use model::tracking::RecipientOutcome;
use rusqlite::{Connection, Row, params};

use super::{Queue, recipients};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

/// A recipient that was not reached, and of whom the sender has not been told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// The send that carried the recipient.
    pub id: SendId,
    pub account: AccountId,
    /// Its place among all recipients of the message.
    pub position: u32,
    pub recipient: Recipient,
    /// As it is now: another report may have come.
    pub outcome: Option<RecipientOutcome>,
}

impl Queue {
    pub(crate) async fn untold(
        &self,
        after: Option<&Untold>,
        limit: usize,
    ) -> Result<Vec<Untold>, StoreError> {
        let (message, position) =
            after.map_or((String::new(), 0), |last| (last.id.message.to_string(), last.position));
        self.0.database.read(move |connection| page(connection, &message, position, limit)).await
    }

    pub(crate) async fn told(&self, told: &Untold) -> Result<(), StoreError> {
        let (message, position) = (told.id.message.to_string(), told.position);
        let work = move |connection: &Connection| {
            let mut delete =
                connection.prepare_cached("DELETE FROM untold WHERE message_id = ? AND position = ?")?;
            delete.execute(params![message, position])?;
            Ok(())
        };
        // A DSN that is lost to be told of is queued again, as the same one.
        self.0.database.write(Durability::Written, work).await
    }

    pub(crate) async fn untold_added(&self) {
        self.0.untold_added.notified().await;
    }
}

/// Notes recipients of whom the sender is to be told.
pub(super) fn insert(connection: &Connection, id: QueueId, positions: &[u32]) -> Result<(), StoreError> {
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO untold (message_id, position) VALUES (?, ?)")?;
    let message = id.to_string();
    for position in positions {
        insert.execute(params![message, position])?;
    }
    Ok(())
}

/// Those of a message that is forgotten.
pub(super) fn forget(connection: &Connection, message: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM untold WHERE message_id = ?")?.execute([message])?;
    Ok(())
}

fn page(
    connection: &Connection,
    message: &str,
    position: u32,
    limit: usize,
) -> Result<Vec<Untold>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT r.mailbox, r.notify, r.original_kind, r.original, r.state, r.status, r.text, r.at,
                r.message_id, r.part, r.position, s.account_id
         FROM untold u
         JOIN recipient r ON r.message_id = u.message_id AND r.position = u.position
         JOIN send s ON s.message_id = r.message_id AND s.part = r.part
         WHERE (u.message_id, u.position) > (?, ?) ORDER BY u.message_id, u.position LIMIT ?",
    )?;
    let mut rows = select.query(params![message, position, limit])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(untold(row)?);
    }
    Ok(all)
}

fn untold(row: &Row<'_>) -> Result<Untold, StoreError> {
    let (message, account): (String, String) = (row.get(8)?, row.get(11)?);
    Ok(Untold {
        id: SendId { message: columns::to_id(&message)?, part: row.get(9)? },
        account: columns::to_id(&account)?,
        position: row.get(10)?,
        recipient: recipients::recipient(row)?,
        outcome: recipients::outcome(row, 4)?,
    })
}
