//! Looking at the queue: lists, and one message with all that happened to it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::credential::Lane;
use model::delivery::{Attempt, SendId, SendState};
use model::id::{AccountId, QueueId};
use model::queued::{Change, HeaderMetadata, Origin, Recipient};
use model::tracking::{RecipientOutcome, RecipientState};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use smtp::parameters::Ret;
use smtp::path::ReversePath;

use super::events::{self, StoredEvent};
use super::search::{Bounds, Candidates, Page, Standing, Wanted};
use super::{Queue, recipients};
use crate::error::StoreError;
use crate::sqlite::columns;

/// Which sends are listed, those of the newest messages first.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    /// [`Listed::next`] of the page before; the newest message comes first without one.
    pub before: Option<QueueId>,
    /// Only sends in this state.
    pub state: Option<SendState>,
    /// Only sends of these accounts; of all where this is `None`.
    pub accounts: Option<BTreeSet<AccountId>>,
    /// How many at most; more where one message has more.
    pub limit: usize,
}

/// A page of sends. It ends with the last send of a message.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub sends: Vec<ListedSend>,
    /// Where the next page begins. `None` where there is nothing more. A page that is not full may have one: only so many
    /// messages are read for a page.
    pub next: Option<QueueId>,
}

/// One line of a list.
#[derive(Clone, Debug)]
pub struct ListedSend {
    pub id: SendId,
    pub account: AccountId,
    /// Where it stands.
    pub state: SendState,
    /// When it is tried or its status is read next, while it waits.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    pub recipients: Vec<Recipient>,
    /// What its header says.
    pub header: HeaderMetadata,
    pub size_bytes: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    pub lane: Lane,
    /// When its sender has no use for it any more.
    pub deadline: Option<Timestamp>,
    /// When it is to be sent, where its sender asked for a later time.
    pub send_at: Option<Timestamp>,
    /// What the last try brought.
    pub last_text: Option<String>,
}

/// A message and all that happened to it.
#[derive(Clone, Debug)]
pub struct StoredMessage {
    /// Our name for it.
    pub id: QueueId,
    pub account: AccountId,
    /// Who brought it.
    pub origin: Origin,
    /// How urgent it is.
    pub lane: Lane,
    /// Where DSNs go.
    pub reverse_path: ReversePath,
    /// RET of the submission.
    pub ret: Option<Ret>,
    /// ENVID of the submission.
    pub envelope_id: Option<String>,
    /// What its header says.
    pub header: HeaderMetadata,
    /// What was changed in it on its way in.
    pub changes: Vec<Change>,
    pub size_bytes: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When delivery is given up.
    pub expires_at: Timestamp,
    /// When its sender has no use for it any more, where the sender said so.
    pub deadline: Option<Timestamp>,
    /// When it is to be sent, where its sender asked for a later time.
    pub send_at: Option<Timestamp>,
    pub sends: Vec<StoredSend>,
}

/// One send of a message.
#[derive(Clone, Debug)]
pub struct StoredSend {
    pub id: SendId,
    /// Where it stands.
    pub state: SendState,
    /// When it is tried or its status is read next, while it waits.
    pub due_at: Timestamp,
    /// Under which id Azure has it.
    pub operation: azure_types::ids::OperationId,
    pub recipients: Vec<Recipient>,
    /// What became of each of them, in the same order: of those without an outcome of their own, the send's.
    pub outcomes: Vec<RecipientOutcome>,
    /// What was tried.
    pub attempts: Vec<Attempt>,
    /// All that happened, attempts included, the oldest first.
    pub events: Vec<StoredEvent>,
}

impl Queue {
    pub(crate) async fn list(&self, cursor: Cursor) -> Result<Listed, StoreError> {
        self.caught_up().await;
        self.0.database.read(move |connection| list(connection, &cursor)).await
    }

    pub(crate) async fn counts(&self) -> Result<Vec<(SendState, u64)>, StoreError> {
        self.0.database.read(counts).await
    }

    pub(crate) async fn view(&self, id: QueueId) -> Result<Option<StoredMessage>, StoreError> {
        let read = || self.0.database.read(move |connection| view(connection, id));
        if let Some(known) = read().await? {
            return Ok(Some(known));
        }
        self.caught_up().await;
        match read().await? {
            None if self.0.journal.is_ahead() => Err(StoreError::Behind),
            known => Ok(known),
        }
    }

    pub(crate) async fn account_of(&self, id: QueueId) -> Result<AccountId, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let account: Option<String> = connection
                    .prepare_cached("SELECT account_id FROM message WHERE id = ?")?
                    .query_row([id.to_string()], |row| row.get(0))
                    .optional()?;
                columns::to_id(&account.ok_or_else(|| StoreError::Missing(format!("message {id}")))?)
            })
            .await
    }

    pub(crate) async fn open_sends(&self, account: AccountId) -> Result<u64, StoreError> {
        self.0.database.read(move |connection| open_sends(connection, account)).await
    }
}

pub(super) fn counts(connection: &Connection) -> Result<Vec<(SendState, u64)>, StoreError> {
    let mut select = connection
        .prepare_cached("SELECT state, sum(count) FROM send_count WHERE count > 0 GROUP BY state")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (state, count) = row?;
        Ok((columns::to_word(&state)?, count))
    })
    .collect()
}

pub(crate) fn open_sends(connection: &Connection, account: AccountId) -> Result<u64, StoreError> {
    let count = connection
        .prepare_cached("SELECT count(*) FROM send WHERE account_id = ? AND state IN ('queued', 'sending')")?
        .query_row([account.to_string()], |row| row.get(0))?;
    Ok(count)
}

pub(super) fn list(connection: &Connection, cursor: &Cursor) -> Result<Listed, StoreError> {
    let (bounds, state) = (Bounds::before(cursor.before), cursor.state.map(Standing::Send));
    let wanted = Wanted::sends(bounds, cursor.accounts.clone(), state);
    let mut candidates = Candidates::of(connection, &wanted)?;
    let mut listed = Listed::default();
    let mut page = Page::default();
    while let Some(id) = candidates.next()? {
        let last = listed.sends.last().map(|send: &ListedSend| send.id.message);
        if listed.sends.len() >= cursor.limit || !page.has_room() {
            listed.next = Some(page.end(id, last));
            break;
        }
        let sends = sends_of(connection, id, cursor)?;
        if last.is_some() && listed.sends.len() + sends.len() > cursor.limit {
            listed.next = last;
            break;
        }
        listed.sends.extend(sends);
    }
    Ok(listed)
}

/// The sends of a message that are listed.
fn sends_of(connection: &Connection, id: QueueId, cursor: &Cursor) -> Result<Vec<ListedSend>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT s.message_id, s.part, s.account_id, s.state, s.due_at, s.attempts,
                m.header_from, m.message_id, m.subject, m.size_bytes, m.accepted_at,
                (SELECT e.text FROM message_event e WHERE e.message_id = s.message_id AND e.part = s.part
                 AND e.source IN ('attempt', 'status') ORDER BY e.number DESC LIMIT 1),
                s.lane, s.deadline, m.send_at
         FROM send s JOIN message m ON m.id = s.message_id
         WHERE s.message_id = ?1 AND (?2 IS NULL OR s.state = ?2) ORDER BY s.part",
    )?;
    let mut rows = select.query(params![id.to_string(), cursor.state.map(SendState::as_str)])?;
    let mut sends = Vec::new();
    while let Some(row) = rows.next()? {
        let account: AccountId = columns::to_id(&row.get::<_, String>(2)?)?;
        if cursor.accounts.as_ref().is_some_and(|accounts| !accounts.contains(&account)) {
            continue;
        }
        sends.push(ListedSend {
            id: SendId { message: id, part: row.get(1)? },
            account,
            state: columns::to_word(&row.get::<_, String>(3)?)?,
            due_at: columns::to_time(row.get(4)?)?,
            attempts: row.get(5)?,
            recipients: recipients::of(connection, &row.get::<_, String>(0)?, row.get(1)?)?,
            header: HeaderMetadata { from: row.get(6)?, message_id: row.get(7)?, subject: row.get(8)? },
            size_bytes: row.get(9)?,
            accepted_at: columns::to_time(row.get(10)?)?,
            last_text: row.get(11)?,
            lane: columns::to_lane(row.get(12)?)?,
            deadline: row.get::<_, Option<i64>>(13)?.map(columns::to_time).transpose()?,
            send_at: row.get::<_, Option<i64>>(14)?.map(columns::to_time).transpose()?,
        });
    }
    Ok(sends)
}

fn view(connection: &Connection, id: QueueId) -> Result<Option<StoredMessage>, StoreError> {
    let message = connection
        .prepare_cached(
            "SELECT account_id, origin, origin_name, lane, reverse_path, envelope_id,
                    header_from, message_id, subject, size_bytes, accepted_at, expires_at, changes, send_at,
                    (SELECT min(deadline) FROM send WHERE message_id = id), ret
             FROM message WHERE id = ?",
        )?
        .query_row([id.to_string()], |row| Ok(read_message(id, row)))
        .optional()?
        .transpose()?;
    let Some(mut message) = message else { return Ok(None) };
    let mut select = connection.prepare_cached(
        "SELECT part, state, due_at, operation_id FROM send WHERE message_id = ? ORDER BY part",
    )?;
    let mut rows = select.query([id.to_string()])?;
    while let Some(row) = rows.next()? {
        message.sends.push(read_send(connection, SendId { message: id, part: row.get(0)? }, row)?);
    }
    Ok(Some(message))
}

fn read_send(connection: &Connection, id: SendId, row: &Row<'_>) -> Result<StoredSend, StoreError> {
    let state = columns::to_word(&row.get::<_, String>(1)?)?;
    let (attempts, events) = (events::attempts(connection, id)?, events::of(connection, id)?);
    let known = recipients::known(connection, &id.message.to_string(), id.part)?;
    let shared = RecipientOutcome {
        state: RecipientState::shared(state),
        at: events.last().map_or(id.message.made_at(), |event| event.at),
        status: None,
        text: attempts.last().map(|attempt| attempt.text.clone()).unwrap_or_default(),
    };
    let (recipients, outcomes) =
        known.into_iter().map(|one| (one.recipient, one.outcome.unwrap_or_else(|| shared.clone()))).unzip();
    Ok(StoredSend {
        id,
        state,
        due_at: columns::to_time(row.get(2)?)?,
        operation: columns::to_id(&row.get::<_, String>(3)?)?,
        recipients,
        outcomes,
        attempts,
        events,
    })
}

fn read_message(id: QueueId, row: &Row<'_>) -> Result<StoredMessage, StoreError> {
    Ok(StoredMessage {
        id,
        account: columns::to_id(&row.get::<_, String>(0)?)?,
        origin: columns::to_origin(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?)?,
        lane: columns::to_word(&row.get::<_, String>(3)?)?,
        reverse_path: columns::to_reverse_path(&row.get::<_, String>(4)?)?,
        ret: row.get::<_, Option<String>>(15)?.as_deref().map(columns::to_ret).transpose()?,
        envelope_id: row.get(5)?,
        header: HeaderMetadata { from: row.get(6)?, message_id: row.get(7)?, subject: row.get(8)? },
        size_bytes: row.get(9)?,
        accepted_at: columns::to_time(row.get(10)?)?,
        expires_at: columns::to_time(row.get(11)?)?,
        changes: columns::to_changes(&row.get::<_, String>(12)?)?,
        send_at: row.get::<_, Option<i64>>(13)?.map(columns::to_time).transpose()?,
        deadline: row.get::<_, Option<i64>>(14)?.map(columns::to_time).transpose()?,
        sends: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use model::queued::{Cause, Change, NewSend, QueuedMessage};
    use model::repair::Repair;

    use super::*;
    use crate::sqlite::database::Durability;
    use crate::sqlite::store::SqliteStore as Store;
    use crate::{Body, DataDir, MasterKey, Options, RepairUse, Volatile};

    fn message(second: i64) -> QueuedMessage {
        let at = Timestamp::from_second(second).unwrap();
        let mailbox = "r@example.com".parse().unwrap();
        QueuedMessage {
            id: QueueId::new(at, [7; 10]),
            account: AccountId::from_bytes([1; 16]),
            origin: Origin::Credential("scanner1".into()),
            lane: Lane::Normal,
            reverse_path: ReversePath::Null,
            ret: None,
            envelope_id: None,
            header: HeaderMetadata::default(),
            changes: vec![
                Change { cause: Cause::Rule, text: "a rule".into() },
                Change { cause: Cause::Repair(Repair::From), text: "one".into() },
                Change { cause: Cause::Repair(Repair::From), text: "two".into() },
            ],
            size_bytes: 1,
            accepted_at: at,
            expires_at: at,
            deadline: None,
            send_at: None,
            idempotency_key: None,
            sends: vec![NewSend {
                operation: azure_types::ids::OperationId::new(uuid::Uuid::from_u128(1)),
                recipients: vec![Recipient { mailbox, notify: None, original: None }],
            }],
        }
    }

    #[tokio::test]
    async fn what_was_accepted_is_known_before_the_database_has_heard_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
        let key = MasterKey::from_bytes([1; 32]);
        let store = Store::open(&data_dir, key, &Options::default(), Timestamp::UNIX_EPOCH).unwrap();
        let queue = store.queue().clone();
        for look in 0..3 {
            // The database is busy until it is released.
            let (release, held) = mpsc::channel::<()>();
            let database = queue.0.database.clone();
            let busy = tokio::spawn(async move {
                database
                    .write(Durability::Written, move |_| {
                        let _ = held.recv();
                        Ok(())
                    })
                    .await
            });
            tokio::task::yield_now().await;
            let new = message(look);
            queue.accept(new.clone(), Body::inline(b"x".to_vec())).await.unwrap();
            let looking = tokio::spawn({
                let (queue, id) = (queue.clone(), new.id);
                async move {
                    match look {
                        0 => queue.view(id).await.unwrap().is_some(),
                        1 => {
                            let listed = queue.list(Cursor { limit: 1, ..Cursor::default() }).await.unwrap();
                            listed.sends[0].id.message == id
                        }
                        _ => queue.repairs().await.unwrap()[0].count == 3,
                    }
                }
            });
            tokio::task::yield_now().await;
            drop(release);
            assert!(looking.await.unwrap(), "look {look}");
            busy.await.unwrap().unwrap();
        }
        let view = queue.view(message(0).id).await.unwrap().unwrap();
        assert_eq!(view.changes, message(0).changes);
        let counted = RepairUse { login: "scanner1".into(), repair: "from".into(), count: 3 };
        assert_eq!(queue.repairs().await.unwrap(), [counted], "each message counts once");
        queue.count_repairs("scanner1", &message(0).changes).await.unwrap();
        assert_eq!(queue.repairs().await.unwrap()[0].count, 4);
        assert!(queue.view(QueueId::new(Timestamp::UNIX_EPOCH, [9; 10])).await.unwrap().is_none());
    }
}
