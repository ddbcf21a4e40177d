//! Entering what the journal has synced, and where each message stands in it.

use std::sync::Arc;

use jiff::Timestamp;
use model::delivery::SendState;
use model::id::QueueId;
use model::queued::QueuedMessage;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};

use super::counts::{Counts, WaitingSince};
use super::order::Order;
use super::recipients::Placed;
use super::search::{NewMessages, Tail};
use super::{Arrivals, recipients, repairs};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::journal::{Entry, JournalPosition, Sink, ledger};
use crate::sqlite::webhooks::Feed;

/// Enters what the journal has synced.
pub(super) struct Intake {
    pub(super) arrivals: Arc<Arrivals>,
    /// What messages are found by.
    pub(super) tail: Arc<Tail>,
    /// When it leaves.
    pub(super) order: Arc<Order>,
    /// What endpoints may be told.
    pub(super) feed: Arc<Feed>,
}

impl Sink for Intake {
    fn enter(&self, connection: &Connection, entries: &[Entry]) -> Result<usize, StoreError> {
        let (mut needed, mut counts, mut new) = (0, Counts::default(), NewMessages::default());
        let mut row = self.feed.row();
        let mut inserts = Inserts::prepare(connection, &self.order)?;
        for entry in entries {
            let is_new = inserts.enter(connection, entry, &mut counts)?;
            if is_new {
                new.add(&entry.message);
                row.accepted(entry.message.id, entry.message.accepted_at);
            }
            // A message that is known already has been moved here from an older segment.
            needed += usize::from(is_new || enter_move(connection, entry)?);
        }
        counts.write(connection)?;
        self.tail.append(connection, &new)?;
        row.write(connection)?;
        Ok(needed)
    }

    fn needs_body(&self, connection: &Connection, id: QueueId) -> Result<bool, StoreError> {
        Ok(place_of(connection, id)?.is_some())
    }

    fn entered(&self, entries: &[Entry]) {
        self.arrivals.announce(entries);
        self.feed.wake();
    }
}

/// Statements that a batch of messages shares.
struct Inserts<'c> {
    message: CachedStatement<'c>,
    send: CachedStatement<'c>,
    recipient: CachedStatement<'c>,
    order: &'c Order,
}

impl<'c> Inserts<'c> {
    fn prepare(connection: &'c Connection, order: &'c Order) -> Result<Self, StoreError> {
        Ok(Self {
            message: connection.prepare_cached(
                "INSERT INTO message (id, account_id, origin, origin_name, lane, reverse_path, ret, envelope_id,
                     header_from, message_id, subject, size_bytes, accepted_at, expires_at, fingerprint, segment,
                     position, changes, send_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (id) DO NOTHING",
            )?,
            send: connection.prepare_cached(
                "INSERT INTO send (message_id, part, account_id, lane, operation_id, state, due_at, turn, is_ready, deadline,
                     waits_since)
                 VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)",
            )?,
            recipient: connection.prepare_cached(recipients::INSERT)?,
            order,
        })
    }

    /// Enters one message; says whether it was new.
    fn enter(
        &mut self,
        connection: &Connection,
        entry: &Entry,
        counts: &mut Counts,
    ) -> Result<bool, StoreError> {
        let message: &QueuedMessage = &entry.message;
        if !self.enter_message(message, entry.place)? {
            return Ok(false);
        }
        let (_, origin_name) = columns::from_origin(&message.origin);
        repairs::count(connection, origin_name, &message.changes)?;
        let (id, account) = (message.id.to_string(), message.account.to_string());
        let mut position = 0;
        for (part, send) in (0_u16..).zip(&message.sends) {
            self.send.execute(params![
                id,
                part,
                account,
                columns::lane_rank(message.lane),
                send.operation.to_string(),
                message.send_at.unwrap_or(message.accepted_at).as_millisecond(),
                self.order.take(connection, message)?,
                message.send_at.is_none(),
                message.deadline.map(Timestamp::as_millisecond),
                message.send_at.map(Timestamp::as_millisecond),
            ])?;
            for recipient in &send.recipients {
                let placed = Placed { message: &id, position, part, recipient };
                recipients::insert(&mut self.recipient, &placed)?;
                position += 1;
            }
            counts.add(message.account, SendState::Queued, 1);
            let since = message.send_at.unwrap_or(message.id.made_at());
            counts.wait(WaitingSince::new(message.account, columns::lane_rank(message.lane), since), 1);
        }
        Ok(true)
    }

    fn enter_message(&mut self, message: &QueuedMessage, place: JournalPosition) -> Result<bool, StoreError> {
        let (origin, origin_name) = columns::from_origin(&message.origin);
        let inserted = self.message.execute(params![
            message.id.to_string(),
            message.account.to_string(),
            origin,
            origin_name,
            message.lane.as_str(),
            columns::from_reverse_path(&message.reverse_path),
            message.ret.map(columns::from_ret),
            message.envelope_id,
            message.header.from,
            message.header.message_id,
            message.header.subject,
            message.size_bytes,
            message.accepted_at.as_millisecond(),
            message.expires_at.as_millisecond(),
            message.idempotency_key.map(|idempotency_key| idempotency_key.0),
            place.segment,
            place.position,
            columns::from_changes(&message.changes),
            message.send_at.map(Timestamp::as_millisecond),
        ])?;
        Ok(inserted > 0)
    }
}

/// Enters that a message stands elsewhere now; says whether it was still needed.
fn enter_move(connection: &Connection, entry: &Entry) -> Result<bool, StoreError> {
    let id = entry.message.id.to_string();
    let Some(old) = place_of(connection, entry.message.id)? else { return Ok(false) };
    if old == entry.place {
        return Ok(false);
    }
    connection
        .prepare_cached("UPDATE message SET segment = ?, position = ? WHERE id = ?")?
        .execute(params![entry.place.segment, entry.place.position, id])?;
    ledger::release(connection, old.segment, 1)?;
    Ok(true)
}

/// Where a message stands, or stood when it was needed last.
pub(super) fn last_place_of(
    connection: &Connection,
    id: QueueId,
) -> Result<Option<JournalPosition>, StoreError> {
    let mut select = connection.prepare_cached("SELECT segment, position FROM message WHERE id = ?")?;
    let place = select.query_row([id.to_string()], |row| {
        Ok(JournalPosition { segment: row.get(0)?, position: row.get(1)? })
    });
    Ok(place.optional()?)
}

/// Where a message stands that is still needed.
pub(crate) fn place_of(connection: &Connection, id: QueueId) -> Result<Option<JournalPosition>, StoreError> {
    let place = connection
        .prepare_cached(
            "SELECT segment, position FROM message WHERE id = ?1 AND EXISTS
             (SELECT 1 FROM send WHERE message_id = ?1 AND state IN ('queued', 'sending'))",
        )?
        .query_row([id.to_string()], |row| {
            Ok(JournalPosition { segment: row.get(0)?, position: row.get(1)? })
        })
        .optional()?;
    Ok(place)
}
