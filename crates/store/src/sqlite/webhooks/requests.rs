//! The request that an endpoint is being sent: composed, written down, and ended.

use jiff::Timestamp;
use model::id::WebhookId;
use model::webhook::{FeedPlace, Webhook, WebhookEvent};
use rusqlite::{Connection, params};

use super::Webhooks;
use super::dead_letters::{self, Replay};
use super::events::{self, ReadEvents, Stretch};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

/// A request that an endpoint has not accepted yet. In each try it has the same events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRequest {
    pub webhook: WebhookId,
    /// The events in their order; empty if all of them are forgotten.
    pub events: Vec<WebhookEvent>,
    /// Tries until now.
    pub tries: u32,
    /// When it was tried first.
    pub first_at: Option<Timestamp>,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When the first of its events was fed.
    pub fed_at: Option<Timestamp>,
    from: FeedPlace,
    to: FeedPlace,
    /// What it delivers again.
    replay: Option<u64>,
}

/// How a try of a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestEnd {
    /// The endpoint has it.
    Accepted {
        /// The time of the answer.
        at: Timestamp,
    },
    /// It is tried again.
    Again {
        /// When it was tried now.
        at: Timestamp,
        due_at: Timestamp,
        problem: String,
    },
    /// It is given up, and can be delivered by hand.
    Dead { at: Timestamp, problem: String },
}

/// How things stand with an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookStanding {
    /// When it accepted something last.
    pub delivered_at: Option<Timestamp>,
    /// Tries of the request that it does not accept.
    pub tries: u32,
    /// Since when it does not accept it.
    pub failing_since: Option<Timestamp>,
    /// When that is tried next.
    pub next_at: Option<Timestamp>,
    /// What the last try came to.
    pub problem: Option<String>,
    /// When the oldest that it has not accepted was fed.
    pub waits_since: Option<Timestamp>,
    /// Requests that were given up.
    pub dead_letters: u64,
}

impl Webhooks {
    /// The request to try next: the one that is written down, or a new one of what was fed behind `seen`, which the
    /// endpoint is not told of. `None` if there is nothing; then `seen` is moved.
    pub(crate) async fn next(
        &self,
        webhook: &Webhook,
        seen: &mut FeedPlace,
        now: Timestamp,
    ) -> Result<Option<WebhookRequest>, StoreError> {
        let (of, behind) = (webhook.clone(), *seen);
        let found = self.database.read(move |connection| compose(connection, &of, behind, now)).await?;
        let request = match found {
            Composed::Known(request) => return Ok(Some(request)),
            Composed::New(request) => request,
            Composed::Nothing(reached) => {
                *seen = reached;
                return Ok(None);
            }
            // What is to be delivered again is forgotten, or is nothing for this endpoint.
            Composed::Skip(replay, to) => {
                let skip = move |connection: &Connection| dead_letters::advance(connection, replay, to);
                self.database.write(Durability::Written, skip).await?;
                return Box::pin(self.next(webhook, seen, now)).await;
            }
        };
        let written = request.clone();
        self.database.write(Durability::Written, move |connection| written.insert(connection)).await?;
        Ok(Some(request))
    }

    pub(crate) async fn end(&self, request: WebhookRequest, end: RequestEnd) -> Result<(), StoreError> {
        self.database.write(Durability::Written, move |connection| request.end(connection, &end)).await
    }

    pub(crate) async fn standing(&self, id: WebhookId) -> Result<WebhookStanding, StoreError> {
        self.database.read(move |connection| standing(connection, id)).await
    }

    pub(crate) async fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.database
            .write(Durability::Written, move |connection| {
                let gone = connection.execute(
                    "DELETE FROM webhook_feed WHERE number IN
                     (SELECT number FROM webhook_feed WHERE at < ? ORDER BY at LIMIT ?)",
                    params![before.as_millisecond(), limit],
                )?;
                for table in ["webhook_dead_letter", "webhook_replay"] {
                    connection.execute(
                        &format!(
                            "DELETE FROM {table}
                             WHERE NOT EXISTS (SELECT 1 FROM webhook_feed WHERE number BETWEEN from_row AND to_row)"
                        ),
                        [],
                    )?;
                }
                connection.execute(
                    "DELETE FROM webhook_notice WHERE feed < (SELECT coalesce(min(number), 0) FROM webhook_feed)",
                    [],
                )?;
                Ok(gone)
            })
            .await
    }
}

enum Composed {
    Known(WebhookRequest),
    New(WebhookRequest),
    /// There is nothing new up to there.
    Nothing(FeedPlace),
    /// Nothing that is to be delivered again is up to there.
    Skip(u64, FeedPlace),
}

fn compose(
    connection: &Connection,
    webhook: &Webhook,
    seen: FeedPlace,
    now: Timestamp,
) -> Result<Composed, StoreError> {
    if let Some(mut request) = under_way(connection, webhook.id)? {
        let stretch = Stretch { from: request.from, to: Some(request.to), most: usize::MAX };
        let ReadEvents { events, fed_at, .. } = events::read(connection, webhook, stretch)?;
        (request.events, request.fed_at) = (events, fed_at);
        return Ok(Composed::Known(request));
    }
    let new = |from, replay, read: ReadEvents| WebhookRequest {
        webhook: webhook.id,
        events: read.events,
        tries: 0,
        first_at: None,
        due_at: now,
        fed_at: read.fed_at,
        from,
        to: read.reached,
        replay,
    };
    if let Some(Replay { number, from, to, is_whole }) = dead_letters::first(connection, webhook.id)? {
        let most = if is_whole { usize::MAX } else { webhook.form.most() };
        let read = events::read(connection, webhook, Stretch { from, to: Some(to), most })?;
        if read.events.is_empty() {
            return Ok(Composed::Skip(number, if read.is_cut { read.reached } else { to }));
        }
        return Ok(Composed::New(new(from, Some(number), read)));
    }
    let from = events::place_of(connection, webhook.id)?.max(seen);
    let read = events::read(connection, webhook, Stretch { from, to: None, most: webhook.form.most() })?;
    match read.events.is_empty() {
        true => Ok(Composed::Nothing(read.reached)),
        false => Ok(Composed::New(new(from, None, read))),
    }
}

fn under_way(connection: &Connection, webhook: WebhookId) -> Result<Option<WebhookRequest>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT from_row, from_entry, to_row, to_entry, tries, first_at, due_at, replay
         FROM webhook_request WHERE webhook_id = ?",
    )?;
    let mut rows = select.query([webhook.to_string()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(WebhookRequest {
        webhook,
        events: Vec::new(),
        tries: row.get(4)?,
        first_at: row.get::<_, Option<i64>>(5)?.map(columns::to_time).transpose()?,
        due_at: columns::to_time(row.get(6)?)?,
        fed_at: None,
        from: FeedPlace { row: row.get(0)?, entry: row.get(1)? },
        to: FeedPlace { row: row.get(2)?, entry: row.get(3)? },
        replay: row.get(7)?,
    }))
}

impl WebhookRequest {
    /// Whether somebody asked for it to be delivered again.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.replay.is_some()
    }

    fn insert(&self, connection: &Connection) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "INSERT INTO webhook_request (webhook_id, replay, from_row, from_entry, to_row, to_entry, tries, due_at)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, 0, ?7 WHERE EXISTS (SELECT 1 FROM webhook WHERE id = ?1)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                self.webhook.to_string(),
                self.replay,
                self.from.row,
                self.from.entry,
                self.to.row,
                self.to.entry,
                self.due_at.as_millisecond(),
            ])?;
        Ok(())
    }

    fn end(&self, connection: &Connection, end: &RequestEnd) -> Result<(), StoreError> {
        match end {
            RequestEnd::Again { at, due_at, problem } => {
                connection
                    .prepare_cached(
                        "UPDATE webhook_request SET tries = tries + 1, first_at = coalesce(first_at, ?), due_at = ?,
                             problem = ? WHERE webhook_id = ?",
                    )?
                    .execute(params![
                        at.as_millisecond(),
                        due_at.as_millisecond(),
                        problem,
                        self.webhook.to_string()
                    ])?;
                return Ok(());
            }
            RequestEnd::Accepted { at } => {
                connection
                    .prepare_cached("UPDATE webhook SET delivered_at = ? WHERE id = ?")?
                    .execute(params![at.as_millisecond(), self.webhook.to_string()])?;
            }
            RequestEnd::Dead { at, problem } => {
                connection.execute(
                    "INSERT INTO webhook_dead_letter (webhook_id, from_row, from_entry, to_row, to_entry, events,
                         tries, at, problem)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    params![
                        self.webhook.to_string(),
                        self.from.row,
                        self.from.entry,
                        self.to.row,
                        self.to.entry,
                        self.events.len(),
                        self.tries,
                        at.as_millisecond(),
                        problem
                    ],
                )?;
            }
        }
        self.move_on(connection)
    }

    /// What follows is next. A request that is not the one written down any more was ended by somebody else.
    fn move_on(&self, connection: &Connection) -> Result<(), StoreError> {
        let webhook = self.webhook.to_string();
        let ended = connection
            .prepare_cached(
                "DELETE FROM webhook_request WHERE webhook_id = ? AND to_row = ? AND to_entry = ? AND replay IS ?",
            )?
            .execute(params![webhook, self.to.row, self.to.entry, self.replay])?;
        if ended == 0 {
            return Ok(());
        }
        match self.replay {
            Some(replay) => dead_letters::advance(connection, replay, self.to),
            None => {
                connection
                    .prepare_cached("UPDATE webhook SET row = ?, entry = ? WHERE id = ?")?
                    .execute(params![self.to.row, self.to.entry, webhook])?;
                Ok(())
            }
        }
    }
}

fn standing(connection: &Connection, id: WebhookId) -> Result<WebhookStanding, StoreError> {
    let id = id.to_string();
    let mut standing = WebhookStanding::default();
    let mut select = connection.prepare_cached(
        "SELECT w.delivered_at, r.tries, r.first_at, r.due_at, r.problem,
                (SELECT at FROM webhook_feed WHERE number = r.from_row + (r.from_entry = 4294967295)),
                (SELECT count(*) FROM webhook_dead_letter d WHERE d.webhook_id = w.id)
         FROM webhook w LEFT JOIN webhook_request r ON r.webhook_id = w.id WHERE w.id = ?",
    )?;
    let mut rows = select.query([&id])?;
    let Some(row) = rows.next()? else { return Ok(standing) };
    let time = |column| -> Result<Option<Timestamp>, StoreError> {
        row.get::<_, Option<i64>>(column)?.map(columns::to_time).transpose()
    };
    standing.delivered_at = time(0)?;
    standing.tries = row.get::<_, Option<u32>>(1)?.unwrap_or(0);
    if standing.tries > 0 {
        (standing.failing_since, standing.next_at, standing.problem) = (time(2)?, time(3)?, row.get(4)?);
        standing.waits_since = time(5)?.or(standing.failing_since);
    }
    standing.dead_letters = row.get(6)?;
    Ok(standing)
}
