//! Messages of builds that had no index: they are added to it behind all other work, the newest first, and are searched
//! one by one until then.

use azure_types::ids::OperationId;
use model::id::QueueId;
use rusqlite::{Connection, OptionalExtension as _};

use super::tail::{NewMessages, Tail};
use super::terms::Terms;
use crate::error::StoreError;
use crate::sqlite::columns;

/// Messages added at a time; more would keep other work waiting.
const STEP: usize = 200;

/// Up to which id messages are not in the index, if any are not.
pub(super) fn up_to(connection: &Connection) -> Result<Option<QueueId>, StoreError> {
    let up_to: Option<String> = connection
        .prepare_cached("SELECT up_to FROM message_index_backlog")?
        .query_row([], |row| row.get(0))
        .optional()?;
    up_to.as_deref().map(columns::to_id).transpose()
}

/// Adds some messages to the index. Says whether there are more.
pub(in crate::sqlite::queue) fn step(connection: &Connection, tail: &Tail) -> Result<bool, StoreError> {
    let Some(up_to) = up_to(connection)? else { return Ok(false) };
    let mut select =
        connection.prepare_cached("SELECT id FROM message WHERE id <= ? ORDER BY id DESC LIMIT ?")?;
    let ids = select.query_map((up_to.to_string(), STEP + 1), |row| row.get::<_, String>(0))?;
    let mut ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    let next = if ids.len() > STEP { ids.pop() } else { None };
    let mut new = NewMessages::default();
    for id in &ids {
        new.push(columns::to_id(id)?, terms_of(connection, id)?);
    }
    tail.append(connection, &new)?;
    match &next {
        Some(next) => connection.execute("UPDATE message_index_backlog SET up_to = ?", [next])?,
        None => connection.execute("DELETE FROM message_index_backlog", [])?,
    };
    Ok(next.is_some())
}

fn terms_of(connection: &Connection, id: &str) -> Result<Terms, StoreError> {
    let mut terms = Terms::default();
    let mut select = connection.prepare_cached(
        "SELECT account_id, origin_name, header_from, reverse_path, message_id FROM message WHERE id = ?",
    )?;
    let mut rows = select.query([id])?;
    if let Some(row) = rows.next()? {
        terms.account(columns::to_id(&row.get::<_, String>(0)?)?);
        terms.login(&row.get::<_, String>(1)?);
        terms.sender(&row.get::<_, String>(2)?);
        terms.sender(&row.get::<_, String>(3)?);
        terms.message_id(&row.get::<_, String>(4)?);
    }
    let mut select = connection.prepare_cached("SELECT mailbox FROM recipient WHERE message_id = ?")?;
    let mut rows = select.query([id])?;
    while let Some(row) = rows.next()? {
        terms.recipient(&row.get::<_, String>(0)?);
    }
    let mut select = connection.prepare_cached("SELECT operation_id FROM send WHERE message_id = ?")?;
    let mut rows = select.query([id])?;
    while let Some(row) = rows.next()? {
        let operation: OperationId = columns::to_id(&row.get::<_, String>(0)?)?;
        terms.operation(columns::to_id(id)?, operation);
    }
    Ok(terms)
}
