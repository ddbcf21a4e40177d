//! Writing down what a report changes of a send. What that is, [`advance`] says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::delivery::{SendId, SendState};
use model::id::{AccountId, QueueId};
use model::tracking::{Advance, Change, Effect, Report, Split, Story, Tracked, advance};
use rusqlite::{Connection, OptionalExtension as _, params};
use tracing::warn;

use super::counts::{Counts, WaitingSince};
use super::{events, recipients, untold};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::journal::ledger;
use crate::sqlite::nodes::Node;
use crate::sqlite::suppressions;
use crate::sqlite::webhooks::{Feed, FeedRow};

/// What a transaction does not need any more.
#[derive(Debug, Default)]
pub(crate) struct Discarded {
    /// Messages whose file is not needed any more.
    pub(super) messages: Vec<QueueId>,
    /// Segments of which no message is needed any more.
    pub(super) segments: Vec<u64>,
    /// Submissions that came to nothing: the same message is welcome again.
    pub(super) undone: Vec<QueueId>,
    /// Whether addresses were suppressed.
    pub(super) has_suppressed: bool,
}

/// Reports that are applied in one transaction, with what is summed over all of them.
#[derive(Default)]
pub(crate) struct Reports {
    counts: Counts,
    discarded: Discarded,
    /// Messages by segment whose body is not needed any more.
    released: BTreeMap<u64, u64>,
    /// The process that settles.
    node: Option<Node>,
    /// What endpoints are told.
    row: FeedRow,
    /// Whether there are recipients of whom their senders are to hear.
    pub(super) has_untold: bool,
}

/// A send as it was before a report.
struct Before {
    account: AccountId,
    /// Since when it waits, or waited.
    since: WaitingSince,
    /// Who claimed it last.
    node: Option<u64>,
    tracked: Tracked,
}

impl Reports {
    /// Reports of a process about what it has claimed.
    pub(crate) fn of(node: Node, feed: &Feed) -> Self {
        Self { node: Some(node), ..Self::fed(feed) }
    }

    /// Reports about what is claimed by nobody.
    pub(crate) fn fed(feed: &Feed) -> Self {
        Self { row: feed.row(), ..Self::default() }
    }

    /// Applies one report. Says whether it changed anything: one that comes too late does not.
    pub(crate) fn apply(
        &mut self,
        connection: &Connection,
        id: SendId,
        report: Report,
    ) -> Result<bool, StoreError> {
        let Some(Before { account, since, node, tracked }) = load(connection, id, &report)? else {
            return Ok(false);
        };
        let is_lost = tracked.state == SendState::Sending && node != self.node.map(Node::number);
        if is_lost && matches!(report, Report::Settled(_)) {
            warn!(message.id = %id.message, message.part = id.part, "what came of a send is not noted: its lease was lost");
            return Ok(false);
        }
        let advance = advance(&tracked, report);
        if advance == Advance::unchanged(&tracked) {
            return Ok(false);
        }
        self.write(connection, id, &advance)?;
        if advance.state != tracked.state {
            self.counts.moved(account, tracked.state, advance.state);
            let (before, after) = (i64::from(waits(tracked.state)), i64::from(waits(advance.state)));
            self.counts.wait(since, after - before);
        }
        if let Some(split) = &advance.split {
            self.counts.add(account, split.state, 1);
            self.counts.wait(since, i64::from(waits(split.state)));
        }
        Ok(true)
    }

    /// Writes the sums; gives what can be discarded after the commit.
    pub(crate) fn finish(mut self, connection: &Connection) -> Result<Discarded, StoreError> {
        self.counts.write(connection)?;
        self.row.write(connection)?;
        for (segment, count) in self.released {
            if ledger::release(connection, segment, count)? {
                self.discarded.segments.push(segment);
            }
        }
        Ok(self.discarded)
    }

    fn write(&mut self, connection: &Connection, id: SendId, advance: &Advance) -> Result<(), StoreError> {
        let message = id.message.to_string();
        connection
            .prepare_cached(
                "UPDATE send SET state = ?, due_at = coalesce(?, due_at), attempts = attempts + ?, is_ready = 0
                 WHERE message_id = ? AND part = ?",
            )?
            .execute(params![
                advance.state.as_str(),
                advance.due_at.map(Timestamp::as_millisecond),
                advance.attempts,
                message,
                id.part
            ])?;
        for change in &advance.recipients {
            recipients::change(connection, &message, change)?;
            self.row.refused(id.message, change);
        }
        let split = advance.split.as_ref().map(|split| split_off(connection, id, split)).transpose()?;
        for event in &advance.events {
            let of = match (event.belongs_to, split) {
                (Story::Split, Some(split)) => split,
                _ => id,
            };
            events::append(connection, of, event)?;
            self.row.happened(connection, of, event)?;
        }
        redirect(connection, id, advance)?;
        advance.effects.iter().try_for_each(|effect| self.follow(connection, id, effect))
    }

    fn follow(&mut self, connection: &Connection, id: SendId, effect: &Effect) -> Result<(), StoreError> {
        match effect {
            Effect::DiscardBody => self.discard_body(connection, id.message),
            Effect::NothingSent => {
                let undone = nothing_sent(connection, id.message)?;
                self.discarded.undone.extend(undone.then_some(id.message));
                Ok(())
            }
            Effect::Suppress(found) => {
                self.discarded.has_suppressed = true;
                found.iter().try_for_each(|finding| suppressions::from_outcome(connection, id, finding))
            }
            Effect::TellSender(positions) => {
                self.has_untold = true;
                untold::insert(connection, id.message, positions)
            }
        }
    }

    /// One send of the message needs the body no more; with the last of them the body goes.
    fn discard_body(&mut self, connection: &Connection, id: QueueId) -> Result<(), StoreError> {
        let done: Option<(u64, u64)> = connection
            .prepare_cached(
                "SELECT segment, size_bytes FROM message WHERE id = ?1 AND NOT EXISTS
                 (SELECT 1 FROM send WHERE message_id = ?1 AND state IN ('queued', 'sending'))",
            )?
            .query_row([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((segment, size)) = done else { return Ok(()) };
        *self.released.entry(segment).or_default() += 1;
        if size >= crate::sqlite::body::INLINE_BYTES as u64 {
            self.discarded.messages.push(id);
        }
        Ok(())
    }
}

/// Whether a send waits or is under way.
fn waits(state: SendState) -> bool {
    matches!(state, SendState::Queued | SendState::Sending)
}

fn load(connection: &Connection, id: SendId, report: &Report) -> Result<Option<Before>, StoreError> {
    let message = id.message.to_string();
    let mut select = connection.prepare_cached(
        "SELECT account_id, state, due_at, node, lane, waits_since FROM send WHERE message_id = ? AND part = ?",
    )?;
    let mut rows = select.query(params![message, id.part])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let recipients = match report.is_about_recipients() {
        true => recipients::tracked(connection, &message, id.part)?,
        false => Vec::new(),
    };
    let account = columns::to_id(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
    let since: Option<i64> = row.get(5)?;
    let since = since.map_or_else(|| Ok(id.message.made_at()), columns::to_time)?;
    Ok(Some(Before {
        account,
        since: WaitingSince::new(account, row.get(4)?, since),
        node: row.get(3)?,
        tracked: Tracked {
            state: columns::to_word(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?,
            due_at: columns::to_time(row.get(2)?)?,
            recipients,
        },
    }))
}

/// Makes a send of its own of recipients that Azure has accepted, under the id that they were accepted under.
fn split_off(connection: &Connection, id: SendId, split: &Split) -> Result<SendId, StoreError> {
    let part = connection
        .prepare_cached(
            "INSERT INTO send (message_id, part, account_id, lane, operation_id, state, due_at, attempts, waits_since)
             SELECT message_id, (SELECT max(part) + 1 FROM send WHERE message_id = ?1), account_id, lane,
                    operation_id, ?3, coalesce(?4, due_at), 1, waits_since
             FROM send WHERE message_id = ?1 AND part = ?2
             RETURNING part",
        )?
        .query_row(
            params![
                id.message.to_string(),
                id.part,
                split.state.as_str(),
                split.due_at.map(Timestamp::as_millisecond),
            ],
            |row| row.get(0),
        )?;
    let new = SendId { message: id.message, part };
    recipients::hand_over(connection, new, &split.recipients)?;
    Ok(new)
}

/// Writes under which id, in which groups and by which transport a send goes on, where that is new.
fn redirect(connection: &Connection, id: SendId, advance: &Advance) -> Result<(), StoreError> {
    let keeps_division = advance.division == Change::Keep;
    if advance.operation.is_none() && keeps_division && advance.refused_by_rest.is_none() {
        return Ok(());
    }
    let division = match &advance.division {
        Change::Set(division) => Some(columns::from_division(division)),
        Change::Keep | Change::Clear => None,
    };
    connection
        .prepare_cached(
            "UPDATE send SET operation_id = coalesce(?, operation_id), division = iif(?, division, ?),
                 refused_by_rest = coalesce(?, refused_by_rest)
             WHERE message_id = ? AND part = ?",
        )?
        .execute(params![
            advance.operation.map(|operation| operation.to_string()),
            keeps_division,
            division,
            advance.refused_by_rest,
            id.message.to_string(),
            id.part
        ])?;
    Ok(())
}

/// Whether nothing of a message was sent and nothing is left.
fn nothing_sent(connection: &Connection, id: QueueId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM message WHERE id = ?1 AND NOT EXISTS
             (SELECT 1 FROM send WHERE message_id = ?1 AND state NOT IN ('failed', 'dropped'))",
        )?
        .exists([id.to_string()])?)
}

/// The parts of a message in a state.
pub(super) fn parts_in(
    connection: &Connection,
    id: QueueId,
    state: SendState,
) -> Result<Vec<u16>, StoreError> {
    let mut select = connection
        .prepare_cached("SELECT part FROM send WHERE message_id = ? AND state = ? ORDER BY part")?;
    let parts = select.query_map(params![id.to_string(), state.as_str()], |row| row.get(0))?;
    Ok(parts.collect::<Result<_, _>>()?)
}
