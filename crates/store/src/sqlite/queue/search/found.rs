//! Comparing a message with a search, row by row.

use azure_types::ids::OperationId;
use jiff::Timestamp;
use model::delivery::{Reason, SendState};
use model::id::{AccountId, QueueId};
use model::queued::{HeaderMetadata, Origin};
use model::search::{Search, bare_message_id, folded};
use model::tracking::RecipientState;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::StoreError;
use crate::sqlite::columns;

/// A page of messages, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub messages: Vec<FoundMessage>,
    /// Where the next page begins ([`Search::before`]). `None` where there is nothing more. A page that is not full may have
    /// one: only so many messages are compared for a page.
    pub next: Option<QueueId>,
}

/// A message that was found.
#[derive(Clone, Debug)]
pub struct FoundMessage {
    pub id: QueueId,
    pub account: AccountId,
    pub origin: Origin,
    /// Where DSNs go; empty where none is sent.
    pub reverse_path: String,
    pub header: HeaderMetadata,
    pub size_bytes: u64,
    pub accepted_at: Timestamp,
    pub recipients: Vec<FoundRecipient>,
}

/// A recipient of a message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRecipient {
    pub address: String,
    /// Its own state, or that of its send.
    pub state: RecipientState,
}

/// A send, as far as it is compared.
struct SendRow {
    part: u16,
    state: SendState,
    operation: OperationId,
}

/// The message of an id, if it is there and all of the search applies to it.
pub(super) fn matching(
    connection: &Connection,
    search: &Search,
    id: QueueId,
) -> Result<Option<FoundMessage>, StoreError> {
    let message = connection
        .prepare_cached(
            "SELECT account_id, origin, origin_name, reverse_path, header_from, message_id, subject, size_bytes,
                    accepted_at
             FROM message WHERE id = ?",
        )?
        .query_row([id.to_string()], |row| Ok(read(id, row)))
        .optional()?
        .transpose()?;
    let Some(mut message) = message.filter(|message| has_envelope(message, search)) else { return Ok(None) };
    let sends = sends(connection, id)?;
    if search.operation.is_some_and(|wanted| sends.iter().all(|send| send.operation != wanted)) {
        return Ok(None);
    }
    if let Some(reason) = search.reason
        && !came_to_nothing_for(connection, id, reason)?
    {
        return Ok(None);
    }
    message.recipients = recipients(connection, id, &sends)?;
    Ok(Some(message).filter(|message| has_recipients(message, search)))
}

fn has_envelope(message: &FoundMessage, search: &Search) -> bool {
    let FoundMessage { account, reverse_path, header, origin, .. } = message;
    let login = columns::from_origin(origin).1;
    search.accounts.as_ref().is_none_or(|wanted| wanted.contains(account))
        && search
            .sender
            .as_ref()
            .is_none_or(|wanted| wanted.matches(&header.from) || wanted.matches(reverse_path))
        && search
            .message_id
            .as_ref()
            .is_none_or(|wanted| bare_message_id(wanted) == bare_message_id(&header.message_id))
        && search.login.as_ref().is_none_or(|wanted| folded(wanted) == folded(login))
        && search.subject.as_ref().is_none_or(|wanted| folded(&header.subject).contains(&folded(wanted)))
}

fn has_recipients(message: &FoundMessage, search: &Search) -> bool {
    let any = |wanted: &dyn Fn(&FoundRecipient) -> bool| message.recipients.iter().any(wanted);
    search.recipient.as_ref().is_none_or(|wanted| any(&|one| wanted.matches(&one.address)))
        && search.state.is_none_or(|wanted| any(&|one| one.state == wanted))
}

fn read(id: QueueId, row: &Row<'_>) -> Result<FoundMessage, StoreError> {
    Ok(FoundMessage {
        id,
        account: columns::to_id(&row.get::<_, String>(0)?)?,
        origin: columns::to_origin(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?)?,
        reverse_path: row.get(3)?,
        header: HeaderMetadata { from: row.get(4)?, message_id: row.get(5)?, subject: row.get(6)? },
        size_bytes: row.get(7)?,
        accepted_at: columns::to_time(row.get(8)?)?,
        recipients: Vec::new(),
    })
}

fn sends(connection: &Connection, id: QueueId) -> Result<Vec<SendRow>, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT part, state, operation_id FROM send WHERE message_id = ?")?;
    let mut rows = select.query([id.to_string()])?;
    let mut sends = Vec::new();
    while let Some(row) = rows.next()? {
        sends.push(SendRow {
            part: row.get(0)?,
            state: columns::to_word(&row.get::<_, String>(1)?)?,
            operation: columns::to_id(&row.get::<_, String>(2)?)?,
        });
    }
    Ok(sends)
}

fn came_to_nothing_for(connection: &Connection, id: QueueId, reason: Reason) -> Result<bool, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT 1 FROM message_event WHERE message_id = ? AND reason = ?")?;
    Ok(select.exists([id.to_string().as_str(), reason.as_str()])?)
}

fn recipients(
    connection: &Connection,
    id: QueueId,
    sends: &[SendRow],
) -> Result<Vec<FoundRecipient>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT mailbox, part, state FROM recipient WHERE message_id = ? ORDER BY position",
    )?;
    let mut rows = select.query([id.to_string()])?;
    let mut recipients = Vec::new();
    while let Some(row) = rows.next()? {
        let part: u16 = row.get(1)?;
        let shared = sends.iter().find(|send| send.part == part).map(|send| send.state);
        let own = row.get::<_, Option<String>>(2)?;
        let state = match own {
            Some(own) => columns::to_word(&own)?,
            None => RecipientState::shared(shared.unwrap_or(SendState::Queued)),
        };
        recipients.push(FoundRecipient { address: row.get(0)?, state });
    }
    Ok(recipients)
}
