//! Noting what came of a send, and discarding bodies that nobody needs any more.

use std::sync::{Arc, Mutex, PoisonError};

use azure_types::ids::OperationId;
use jiff::Timestamp;
use model::delivery::{SendId, SendState};
use model::id::{AccountId, QueueId};
use model::operation;
use model::tracking::{self, DeliveryReport, Report};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use tracing::warn;

use super::apply::{self, Discarded, Reports};
use super::counts::Counts;
use super::{Queue, Settled, Settlement, search, untold};
use crate::error::StoreError;
use crate::sqlite::audit::AuditEntry;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;
use crate::sqlite::journal::ledger;
use crate::sqlite::rate_usage::{self, Usage};

/// What a delivery report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// The request to Azure of that operation id.
    Send(OperationId),
    /// All sends of a message, of which one has the recipient.
    Message(QueueId),
}

/// A delivery report, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedDelivery {
    pub about: Reported,
    pub report: DeliveryReport,
}

/// What a delivery report came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryNoted {
    /// Whether the account has such a send.
    pub is_known: bool,
    /// Whether the report changed the outcome of a recipient.
    pub is_news: bool,
}

impl ReportedDelivery {
    /// What was reported about a send, or about a message.
    #[must_use]
    pub fn new(about: impl Into<Reported>, report: DeliveryReport) -> Self {
        Self { about: about.into(), report }
    }
}

impl From<OperationId> for Reported {
    fn from(operation: OperationId) -> Self {
        Self::Send(operation)
    }
}

impl Queue {
    pub(crate) fn settle(&self, settlements: Vec<Settlement>, usage: Vec<Usage>) -> Settled {
        let discarded = Arc::new(Mutex::new(Discarded::default()));
        let (filled, (tell, told)) = (Arc::clone(&discarded), oneshot::channel());
        let (mut tell, node, feed) = (Some(tell), self.0.node, self.feed());
        let fed = self.feed();
        self.0.database.write_until_done(
            move |connection: &Connection| {
                let mut reports = Reports::of(node, &feed);
                for settlement in &settlements {
                    reports.apply(connection, settlement.id, settlement.report())?;
                }
                rate_usage::add(connection, &usage)?;
                *filled.lock().unwrap_or_else(PoisonError::into_inner) = reports.finish(connection)?;
                Ok(())
            },
            move |result| {
                if result.is_ok() {
                    fed.wake();
                    // The caller that waited may be gone.
                    let _ = tell.take().map(|tell| tell.send(()));
                }
            },
        );
        let queue = self.clone();
        Box::pin(async move {
            told.await.map_err(|_| StoreError::Closed)?;
            let discarded = std::mem::take(&mut *discarded.lock().unwrap_or_else(PoisonError::into_inner));
            queue.discard(discarded).await;
            Ok(())
        })
    }

    pub(crate) async fn retry(
        &self,
        id: QueueId,
        now: Timestamp,
        audit: AuditEntry,
    ) -> Result<usize, StoreError> {
        let feed = self.feed();
        let work = move |connection: &Connection| {
            ensure_known(connection, id)?;
            let mut reports = Reports::fed(&feed);
            let changed = report_waiting(connection, id, &Report::Retry { at: now }, &mut reports)?;
            reports.finish(connection)?;
            enter_count(connection, audit, changed)
        };
        let changed = self.0.database.write(Durability::Synced, work).await?;
        let account = self.account_of(id).await?;
        self.announce(account);
        Ok(changed)
    }

    pub(crate) async fn drop_message(&self, id: QueueId, audit: AuditEntry) -> Result<usize, StoreError> {
        let feed = self.feed();
        let work = move |connection: &Connection| {
            ensure_known(connection, id)?;
            let mut reports = Reports::fed(&feed);
            let dropped = drop_waiting(connection, id, audit.at, &mut reports)?;
            Ok((enter_count(connection, audit, dropped)?, reports.finish(connection)?))
        };
        let (dropped, discarded) = self.0.database.write(Durability::Synced, work).await?;
        self.0.feed.wake();
        self.discard(discarded).await;
        Ok(dropped)
    }

    pub(crate) async fn delivered(
        &self,
        account: AccountId,
        deliveries: Vec<ReportedDelivery>,
    ) -> Result<Vec<DeliveryNoted>, StoreError> {
        let feed = self.feed();
        let work = move |connection: &Connection| {
            let mut reports = Reports::fed(&feed);
            let mut noted = Vec::with_capacity(deliveries.len());
            for ReportedDelivery { about, report } in &deliveries {
                let mut one = DeliveryNoted::default();
                for id in sends_of(connection, account, *about)? {
                    one.is_known = true;
                    one.is_news |= reports.apply(connection, id, Report::Delivery(report.clone()))?;
                }
                noted.push(one);
            }
            let has_untold = reports.has_untold;
            Ok((noted, has_untold, reports.finish(connection)?))
        };
        let (noted, has_untold, discarded) = self.0.database.write(Durability::Synced, work).await?;
        self.0.feed.wake();
        if has_untold {
            self.0.untold_added.notify_one();
        }
        self.discard(discarded).await;
        Ok(noted)
    }

    pub(crate) async fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let headers = self.0.headers.clone();
        let pruned = tokio::task::spawn_blocking(move || headers.prune(before));
        pruned.await.map_err(|_| StoreError::Closed)??;
        self.0
            .database
            .write(Durability::Written, move |connection| {
                let mut counts = Counts::default();
                let ids = done_before(connection, before, limit)?;
                ids.iter().try_for_each(|id| forget(connection, *id, &mut counts))?;
                counts.write(connection)?;
                search::remove(connection, &ids)?;
                Ok(ids.len())
            })
            .await
    }

    pub(crate) async fn discard(&self, discarded: Discarded) {
        for id in &discarded.undone {
            self.0.recent.forget(*id);
        }
        for segment in discarded.segments {
            self.0.maintenance.retire(segment);
        }
        if discarded.has_suppressed && self.0.suppressed.follow(&self.0.database).await.is_err() {
            // It is in the database; the next entry or the next start brings it into memory.
            warn!("what was suppressed could not be read again");
        }
        if !discarded.messages.is_empty() {
            // The file may only go when it is certain that nobody looks for it after a power cut.
            let synced = self.0.database.write(Durability::Synced, ledger::touch).await;
            if synced.is_err() {
                return;
            }
            let inner = Arc::clone(&self.0);
            let remove = move || {
                for id in &discarded.messages {
                    inner.large.keep_header(*id, &inner.headers);
                    inner.large.remove(*id);
                }
            };
            // A file that stays is swept up at the next start.
            let _ = tokio::task::spawn_blocking(remove).await;
        }
    }
}

/// Takes what waits of a message out of the queue; says how many sends that were.
pub(crate) fn drop_waiting(
    connection: &Connection,
    id: QueueId,
    at: Timestamp,
    reports: &mut Reports,
) -> Result<usize, StoreError> {
    report_waiting(connection, id, &Report::Drop { at }, reports)
}

/// Reports the same of all that waits of a message; says how many sends that changed.
fn report_waiting(
    connection: &Connection,
    id: QueueId,
    report: &Report,
    reports: &mut Reports,
) -> Result<usize, StoreError> {
    let mut changed = 0;
    for part in apply::parts_in(connection, id, SendState::Queued)? {
        let id = SendId { message: id, part };
        changed += usize::from(reports.apply(connection, id, report.clone())?);
    }
    Ok(changed)
}

/// The sends that Azure has under an id. Ids that older builds chose lead to no message.
fn sends_of(
    connection: &Connection,
    account: AccountId,
    reported: Reported,
) -> Result<Vec<SendId>, StoreError> {
    let (messages, operation) = match reported {
        Reported::Send(operation) => (operation::candidates(operation), Some(operation.to_string())),
        Reported::Message(id) => (id..=id, None),
    };
    let mut select = connection.prepare_cached(
        "SELECT message_id, part FROM send
         WHERE message_id BETWEEN ?1 AND ?2 AND account_id = ?3 AND (?4 IS NULL OR operation_id = ?4)
         ORDER BY message_id, part",
    )?;
    let rows = select.query_map(
        params![messages.start().to_string(), messages.end().to_string(), account.to_string(), operation],
        |row| Ok((row.get::<_, String>(0)?, row.get(1)?)),
    )?;
    rows.map(|row| {
        let (message, part) = row?;
        Ok(SendId { message: columns::to_id(&message)?, part })
    })
    .collect()
}

impl Settlement {
    fn report(&self) -> Report {
        let (attempt, next, refused) = (self.attempt.clone(), self.next.clone(), self.refused.clone());
        Report::Settled(tracking::Settled { attempt, next, refused })
    }
}

/// What is in a lane is due.
pub(super) const MAKE_DUE: &str = "UPDATE send SET due_at = ?2
    WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 3 AND state = 'queued' AND due_at > ?2";

/// Makes all waiting sends of an account due.
pub(crate) fn make_due_now(
    connection: &Connection,
    account: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(MAKE_DUE, params![account.to_string(), now.as_millisecond()])?;
    Ok(())
}

/// Enters how many waiting sends an operator changed, if there were any.
fn enter_count(connection: &Connection, audit: AuditEntry, count: usize) -> Result<usize, StoreError> {
    if count > 0 {
        let detail = if count == 1 { "1 waiting send".to_owned() } else { format!("{count} waiting sends") };
        AuditEntry { detail, ..audit }.store(connection)?;
    }
    Ok(count)
}

/// Messages that were accepted before a time and of which nothing is expected any more.
/// An id begins with a time that is not after that, so that newer messages are not read.
fn done_before(connection: &Connection, before: Timestamp, limit: usize) -> Result<Vec<QueueId>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT m.id FROM message m WHERE m.id < ? AND m.accepted_at < ?
         AND NOT EXISTS (SELECT 1 FROM send s WHERE s.message_id = m.id
                         AND s.state IN ('queued', 'sending', 'submitted'))
         ORDER BY m.id LIMIT ?",
    )?;
    let end = QueueId::new(before, [0; 10]).to_string();
    let ids =
        select.query_map(params![end, before.as_millisecond(), limit], |row| row.get::<_, String>(0))?;
    ids.map(|id| columns::to_id(&id?)).collect()
}

/// Deletes all that is known of a message.
fn forget(connection: &Connection, id: QueueId, counts: &mut Counts) -> Result<(), StoreError> {
    let id = id.to_string();
    connection.prepare_cached("DELETE FROM message_event WHERE message_id = ?")?.execute([&id])?;
    connection.prepare_cached("DELETE FROM recipient WHERE message_id = ?")?.execute([&id])?;
    untold::forget(connection, &id)?;
    let mut delete =
        connection.prepare_cached("DELETE FROM send WHERE message_id = ? RETURNING account_id, state")?;
    let mut rows = delete.query([&id])?;
    while let Some(row) = rows.next()? {
        let state = columns::to_word(&row.get::<_, String>(1)?)?;
        counts.add(columns::to_id(&row.get::<_, String>(0)?)?, state, -1);
    }
    connection.prepare_cached("DELETE FROM message WHERE id = ?")?.execute([&id])?;
    Ok(())
}

fn ensure_known(connection: &Connection, id: QueueId) -> Result<(), StoreError> {
    let known = connection.prepare_cached("SELECT 1 FROM message WHERE id = ?")?.exists([id.to_string()])?;
    if known { Ok(()) } else { Err(StoreError::Missing(format!("message {id}"))) }
}
