//! Reading the feed for one endpoint: which entries it wants, and what the rows of the messages say of them.

use jiff::Timestamp;
use model::delivery::SendId;
use model::id::{AccountId, QueueId, WebhookId};
use model::tracking::RecipientState;
use model::upstream::Transport;
use model::webhook::{
    FeedPlace, MessageNews, ServerNews, Webhook, WebhookEvent, WebhookKind, WebhookSubject,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::NewNotice;
use super::feed::{self, ENTRY, EntrySource, FeedEntry};
use crate::error::StoreError;
use crate::sqlite::columns;

/// Which part of the feed is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// What follows this.
    pub(super) from: FeedPlace,
    /// Up to this one, if the end is known.
    pub(super) to: Option<FeedPlace>,
    /// Events at most.
    pub(super) most: usize,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct ReadEvents {
    pub(super) events: Vec<WebhookEvent>,
    /// The place of the last entry that was read.
    pub(super) reached: FeedPlace,
    /// When the first event was fed.
    pub(super) fed_at: Option<Timestamp>,
    /// Whether there may be more behind that place.
    pub(super) is_cut: bool,
}

/// Entries that are read at a time: a long read keeps the database's log from being emptied.
const MOST_READ: usize = 20_000;

/// Reads the events that an endpoint wants.
pub(super) fn read(
    connection: &Connection,
    webhook: &Webhook,
    stretch: Stretch,
) -> Result<ReadEvents, StoreError> {
    let end = stretch.to.unwrap_or(FeedPlace { row: i64::MAX as u64, entry: u32::MAX });
    let mut select = connection.prepare_cached(
        "SELECT number, at, entries FROM webhook_feed WHERE number BETWEEN ? AND ? ORDER BY number",
    )?;
    let mut rows = select.query(params![stretch.from.row, end.row])?;
    let mut left = MOST_READ;
    let mut found = ReadEvents { reached: stretch.from, ..ReadEvents::default() };
    while let Some(row) = rows.next()? {
        let (number, entries) = (row.get(0)?, row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?);
        for (entry, bytes) in (1..).zip(entries.as_chunks::<ENTRY>().0) {
            let place = FeedPlace { row: number, entry };
            if place <= stretch.from || place > end {
                continue;
            }
            if found.events.len() == stretch.most || left == 0 {
                found.is_cut = true;
                return Ok(found);
            }
            (found.reached, left) = (place, left - 1);
            let entry = FeedEntry::read(bytes)?;
            if !webhook.kinds.contains(&entry.kind) {
                continue;
            }
            if let Some(event) = event(connection, webhook, entry, number)? {
                found.fed_at = found.fed_at.or(Some(columns::to_time(row.get(1)?)?));
                found.events.push(event);
            }
        }
    }
    Ok(found)
}

/// Enters a problem as a row of its own.
pub(super) fn enter_notice(connection: &Connection, notice: &NewNotice) -> Result<(), StoreError> {
    let id = SendId { message: QueueId::from_bytes([0; 16]), part: 0 };
    let mut entries = Vec::with_capacity(ENTRY);
    FeedEntry { kind: notice.kind, source: EntrySource::Notice, id }.write(&mut entries);
    let feed = feed::insert(connection, notice.at, &entries)?;
    let account = notice.account.as_ref();
    connection.execute(
        "INSERT INTO webhook_notice (feed, account_id, account, code, message) VALUES (?, ?, ?, ?, ?)",
        params![
            feed,
            account.map(|(id, _)| id.to_string()),
            account.map(|(_, name)| name),
            notice.code,
            notice.message
        ],
    )?;
    Ok(())
}

/// The event of an entry; none if the endpoint is not told of its account, or the message is forgotten.
fn event(
    connection: &Connection,
    webhook: &Webhook,
    entry: FeedEntry,
    row: u64,
) -> Result<Option<WebhookEvent>, StoreError> {
    if entry.source == EntrySource::Notice {
        return notice(connection, webhook, entry.kind, row);
    }
    let Some((accepted_at, mut news)) = message(connection, webhook.account, entry.id.message)? else {
        return Ok(None);
    };
    let message = entry.id.message;
    let (id, at) = match entry.source {
        EntrySource::Message | EntrySource::Notice => {
            news.recipients = mailboxes(
                connection,
                "SELECT mailbox FROM recipient WHERE message_id = ? ORDER BY position",
                params![message.to_string()],
            )?;
            (format!("{message}-accepted"), accepted_at)
        }
        EntrySource::Event(number) => {
            let Some(at) = line(connection, entry, number, &mut news)? else { return Ok(None) };
            (format!("{message}-{}-{number}", entry.id.part), at)
        }
        EntrySource::Recipient(position) => {
            let Some(at) = outcome(connection, message, position, &mut news)? else { return Ok(None) };
            (format!("{message}-recipient-{position}"), at)
        }
    };
    if news.recipients.is_empty() {
        return Ok(None);
    }
    Ok(Some(WebhookEvent { id, kind: entry.kind, at, about: WebhookSubject::Message(Box::new(news)) }))
}

fn notice(
    connection: &Connection,
    webhook: &Webhook,
    kind: WebhookKind,
    row: u64,
) -> Result<Option<WebhookEvent>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT n.account_id, n.account, n.code, n.message, f.at
         FROM webhook_notice n JOIN webhook_feed f ON f.number = n.feed WHERE n.feed = ?",
    )?;
    let mut rows = select.query([row])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let account: Option<AccountId> =
        found.get::<_, Option<String>>(0)?.as_deref().map(columns::to_id).transpose()?;
    if webhook.account.is_some() && webhook.account != account {
        return Ok(None);
    }
    let at: i64 = found.get(4)?;
    let news = ServerNews { account: found.get(1)?, code: found.get(2)?, message: found.get(3)? };
    let id = format!("notice-{row}-{at}");
    Ok(Some(WebhookEvent { id, kind, at: columns::to_time(at)?, about: WebhookSubject::Server(news) }))
}

/// What a message says of each of its events, and when it was accepted.
fn message(
    connection: &Connection,
    only: Option<AccountId>,
    id: QueueId,
) -> Result<Option<(Timestamp, MessageNews)>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT account_id, message_id, reverse_path, header_from, subject, accepted_at FROM message WHERE id = ?",
    )?;
    let mut rows = select.query([id.to_string()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let account = columns::to_id(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
    if only.is_some_and(|only| only != account) {
        return Ok(None);
    }
    let news = MessageNews {
        account,
        queue_id: id,
        message_id: row.get(1)?,
        reverse_path: columns::to_reverse_path(&row.get::<_, String>(2)?)?,
        header_from: row.get(3)?,
        subject: row.get(4)?,
        recipients: Vec::new(),
        state: RecipientState::Queued,
        transport: None,
        reason: None,
        status: None,
        text: String::new(),
    };
    Ok(Some((columns::to_time(row.get(5)?)?, news)))
}

/// A line of the story.
fn line(
    connection: &Connection,
    entry: FeedEntry,
    number: u32,
    news: &mut MessageNews,
) -> Result<Option<Timestamp>, StoreError> {
    let FeedEntry { kind, id, .. } = entry;
    let message = id.message.to_string();
    let mut select = connection.prepare_cached(
        "SELECT e.at, e.transport, e.text, e.reason, e.result, e.position, r.mailbox, r.status
         FROM message_event e LEFT JOIN recipient r ON r.message_id = e.message_id AND r.position = e.position
         WHERE e.message_id = ? AND e.part = ? AND e.number = ?",
    )?;
    let mut rows = select.query(params![message, id.part, number])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    news.transport = word(row, 1)?;
    news.text = row.get(2)?;
    news.reason = word(row, 3)?;
    let result: String = row.get(4)?;
    news.state = match (kind, result.parse()) {
        (WebhookKind::Suppressed, _) => RecipientState::Suppressed,
        // The words of attempts are not those of recipients, but for `failed`.
        (_, Ok(state)) => state,
        (WebhookKind::Sent, Err(_)) if news.transport == Some(Transport::Rest) => RecipientState::Submitted,
        (WebhookKind::Sent, Err(_)) => RecipientState::Sent,
        (_, Err(_)) => RecipientState::Queued,
    };
    if let Some(mailbox) = row.get(6)? {
        news.recipients = vec![mailbox];
        news.status = row.get(7)?;
    } else {
        // Who was refused alone has an event of his own.
        let select =
            "SELECT mailbox FROM recipient WHERE message_id = ? AND part = ? AND state IS NOT 'failed'
                      ORDER BY position";
        news.recipients = mailboxes(connection, select, params![message, id.part])?;
    }
    Ok(Some(columns::to_time(row.get(0)?)?))
}

/// What became of a recipient alone.
fn outcome(
    connection: &Connection,
    message: QueueId,
    position: u32,
    news: &mut MessageNews,
) -> Result<Option<Timestamp>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT mailbox, status, text, at FROM recipient WHERE message_id = ? AND position = ? AND state IS NOT NULL",
    )?;
    let mut rows = select.query(params![message.to_string(), position])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    news.recipients = vec![row.get(0)?];
    news.state = RecipientState::Failed;
    news.status = row.get(1)?;
    news.text = row.get::<_, Option<String>>(2)?.unwrap_or_default();
    Ok(Some(columns::to_time(row.get(3)?)?))
}

fn mailboxes(
    connection: &Connection,
    select: &str,
    of: &[&dyn rusqlite::ToSql],
) -> Result<Vec<String>, StoreError> {
    let mut select = connection.prepare_cached(select)?;
    let rows = select.query_map(of, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn word<T: std::str::FromStr<Err = model::word::UnknownWord>>(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<T>, StoreError> {
    row.get::<_, Option<String>>(column)?.as_deref().map(columns::to_word).transpose()
}

/// The first place at or behind a time: what follows it happened then or later.
pub(super) fn place_before(connection: &Connection, at: Timestamp) -> Result<Option<FeedPlace>, StoreError> {
    let number: Option<u64> = connection
        .prepare_cached("SELECT min(number) FROM webhook_feed WHERE at >= ?")?
        .query_row([at.as_millisecond()], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(number.map(|row| FeedPlace { row, entry: 0 }))
}

/// What the endpoint has accepted last.
pub(super) fn place_of(connection: &Connection, id: WebhookId) -> Result<FeedPlace, StoreError> {
    let place = connection
        .prepare_cached("SELECT row, entry FROM webhook WHERE id = ?")?
        .query_row([id.to_string()], |row| Ok(FeedPlace { row: row.get(0)?, entry: row.get(1)? }))
        .optional()?;
    place.ok_or_else(|| StoreError::Missing("the web hook".to_owned()))
}
