//! Sends whose recipients part ways: what is left of one, and the groups that became sends of their own.

use jiff::Timestamp;
use model::delivery::{SendId, SendState};
use model::queued::Recipient;
use rusqlite::{Connection, params};

use super::{NextStep, TakenGroup};
use crate::error::StoreError;
use crate::sqlite::columns;

/// Where a group stands that Azure has taken, and when it is looked at next.
pub(super) fn state_of(group: &TakenGroup) -> (SendState, Option<Timestamp>) {
    match group.read_status_at {
        Some(at) => (SendState::Submitted, Some(at)),
        None => (SendState::Sent, None),
    }
}

/// Makes a send of its own of a group that Azure has taken, under the id that it was taken under. It needs
/// the message no more, so that nothing changes in how long that is kept.
pub(super) fn split_off(
    connection: &Connection,
    id: SendId,
    group: &TakenGroup,
) -> Result<SendId, StoreError> {
    let (state, due_at) = state_of(group);
    let part = connection
        .prepare_cached(
            "INSERT INTO send (message_id, part, account_id, lane, operation_id, recipients, state, due_at, attempts)
             SELECT message_id, (SELECT max(part) + 1 FROM send WHERE message_id = ?1), account_id, lane,
                    operation_id, ?3, ?4, coalesce(?5, due_at), 1
             FROM send WHERE message_id = ?1 AND part = ?2
             RETURNING part",
        )?
        .query_row(
            params![
                id.message.to_string(),
                id.part,
                columns::from_recipients(&group.recipients),
                state.as_str(),
                due_at.map(Timestamp::as_millisecond),
            ],
            |row| row.get(0),
        )?;
    Ok(SendId { message: id.message, part })
}

/// Writes down what is left of a send, and under which id Azure gets it.
pub(super) fn rewrite(connection: &Connection, id: SendId, next: &NextStep) -> Result<(), StoreError> {
    let (recipients, operation, division): (&[Recipient], _, _) = match next {
        NextStep::AgainForOthers { recipients, operation, .. } => (recipients, Some(operation), None),
        NextStep::Divided { division, operation, .. } => (&division.left(), Some(operation), Some(division)),
        NextStep::FailedFor { recipients, .. } => (recipients, None, None),
        NextStep::LastGroup(group) => (&group.recipients, None, None),
        NextStep::BySmtp { refusal, .. } => return note_refusal(connection, id, refusal),
        NextStep::Again { .. } | NextStep::ReadStatus { .. } | NextStep::Sent | NextStep::Failed => {
            return Ok(());
        }
    };
    connection
        .prepare_cached(
            "UPDATE send SET recipients = ?, operation_id = coalesce(?, operation_id), division = ?
             WHERE message_id = ? AND part = ?",
        )?
        .execute(params![
            columns::from_recipients(recipients),
            operation.map(ToString::to_string),
            division.map(columns::from_division),
            id.message.to_string(),
            id.part
        ])?;
    Ok(())
}

fn note_refusal(connection: &Connection, id: SendId, refusal: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE send SET refused_by_rest = ? WHERE message_id = ? AND part = ?")?
        .execute(params![refusal, id.message.to_string(), id.part])?;
    Ok(())
}
