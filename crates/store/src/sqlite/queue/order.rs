//! In what order an account's waiting sends leave: what [`model::fairness`] says, with its numbers in rows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use model::credential::Lane;
use model::fairness::{Flow, LaneShares, Turns};
use model::id::AccountId;
use model::queued::QueuedMessage;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Database;

/// The numbers and shares of all accounts. What a transaction that failed took of them is a gap, and does no harm.
#[derive(Default)]
pub(super) struct Order {
    turns: Mutex<Turns>,
    shares: Mutex<HashMap<AccountId, LaneShares>>,
    /// Whether any message had a deadline since this process began. Most servers never see one, and are spared the
    /// question which of them are near.
    has_deadlines: AtomicBool,
}

/// Sends whose time came are put into their lanes so many at once.
const TOGETHER: usize = 1_000;

/// Whether there is anything of which the time has come, or of which the deadline is near.
pub(super) const NEWS: &str = "SELECT
    EXISTS (SELECT 1 FROM send WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 3 AND state = 'queued'
        AND iif(is_ready, turn, due_at) <= ?2),
    EXISTS (SELECT 1 FROM send WHERE account_id = ?1 AND state = 'queued' AND deadline <= ?3)";

const DEADLINE: &str = "SELECT 1 FROM send WHERE state = 'queued' AND deadline IS NOT NULL LIMIT 1";

/// The number that leaves next of a lane.
pub(super) const LOWEST: &str = "SELECT iif(is_ready, turn, due_at) FROM send
    WHERE account_id = ? AND iif(is_ready, lane, 3) = ? AND state = 'queued' ORDER BY iif(is_ready, turn, due_at) LIMIT 1";

/// Puts sends whose time has come into their lanes, the longest waiting first.
pub(super) const MAKE_READY: &str = "UPDATE send SET is_ready = 1 WHERE (message_id, part) IN
    (SELECT message_id, part FROM send
     WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 3 AND state = 'queued' AND iif(is_ready, turn, due_at) <= ?2
     ORDER BY iif(is_ready, turn, due_at) LIMIT ?3)";

impl Order {
    /// The order in which an earlier process left the mail.
    pub(super) fn load(database: &Database) -> Result<Arc<Self>, StoreError> {
        let order = Self::default();
        database.read_blocking(|connection| {
            let mut turns = order.turns();
            let mut accounts = connection.prepare("SELECT id FROM account")?;
            let mut lowest = connection.prepare(LOWEST)?;
            let mut rows = accounts.query([])?;
            while let Some(row) = rows.next()? {
                let account: AccountId = columns::to_id(&row.get::<_, String>(0)?)?;
                for lane in Lane::ALL {
                    let key = params![account.to_string(), columns::lane_rank(lane)];
                    let lowest: Option<i64> = lowest.query_row(key, |row| row.get(0)).optional()?;
                    lowest.into_iter().for_each(|lowest| turns.restore(account, lane, lowest));
                }
            }
            let any = connection.prepare(DEADLINE)?.exists([])?;
            order.has_deadlines.store(any, Ordering::Relaxed);
            let mut kept = connection.prepare("SELECT account_id, lane, sender, next FROM turn")?;
            let mut rows = kept.query([])?;
            while let Some(row) = rows.next()? {
                let account = columns::to_id(&row.get::<_, String>(0)?)?;
                let flow = Flow { account, lane: columns::to_lane(row.get(1)?)?, sender: row.get(2)? };
                turns.restore_flow(flow, row.get(3)?);
            }
            Ok(())
        })?;
        Ok(Arc::new(order))
    }

    /// The number of a new send of a message.
    pub(super) fn take(&self, connection: &Connection, message: &QueuedMessage) -> Result<i64, StoreError> {
        if message.deadline.is_some() {
            self.has_deadlines.store(true, Ordering::Relaxed);
        }
        let flow = Flow { account: message.account, lane: message.lane, sender: message.header.from.clone() };
        let (turn, kept) = self.turns().take(flow);
        if let Some(next) = kept {
            connection
                .prepare_cached(
                    "INSERT INTO turn (account_id, lane, sender, next) VALUES (?, ?, ?, ?)
                     ON CONFLICT (account_id, lane, sender) DO UPDATE SET next = excluded.next",
                )?
                .execute(params![
                    message.account.to_string(),
                    columns::lane_rank(message.lane),
                    message.header.from,
                    next
                ])?;
        }
        Ok(turn)
    }

    /// Whether anything may have a deadline.
    pub(super) fn has_deadlines(&self) -> bool {
        self.has_deadlines.load(Ordering::Relaxed)
    }

    /// What is owed to the lanes of an account.
    pub(super) fn shares(&self, account: AccountId) -> LaneShares {
        self.all_shares().get(&account).copied().unwrap_or_default()
    }

    /// What is owed to the lanes of an account from now on.
    pub(super) fn share(&self, account: AccountId, shares: LaneShares) {
        self.all_shares().insert(account, shares);
    }

    /// Sends of a lane leave, this one the last of them.
    pub(super) fn leave(&self, account: AccountId, lane: Lane, turn: i64) {
        self.turns().leave(account, lane, turn);
    }

    /// Forgets senders of whom nothing waits.
    pub(super) fn prune(&self, connection: &Connection) -> Result<(), StoreError> {
        for flow in self.turns().prune() {
            connection
                .prepare_cached("DELETE FROM turn WHERE account_id = ? AND lane = ? AND sender = ?")?
                .execute(params![flow.account.to_string(), columns::lane_rank(flow.lane), flow.sender])?;
        }
        Ok(())
    }

    fn all_shares(&self) -> MutexGuard<'_, HashMap<AccountId, LaneShares>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked of an account's queue before a claim.
pub(super) struct MakeReady {
    pub(super) account: AccountId,
    pub(super) now: Timestamp,
    /// Deadlines up to then are near.
    pub(super) near: Timestamp,
}

/// Puts what has become due into its lane. Says whether anything has a deadline that is near.
pub(super) fn make_ready(connection: &Connection, ask: &MakeReady) -> Result<bool, StoreError> {
    let (account, now) = (ask.account.to_string(), ask.now.as_millisecond());
    let mut news = connection.prepare_cached(NEWS)?;
    let (is_due, has_near) = news
        .query_row(params![account, now, ask.near.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if is_due {
        connection.prepare_cached(MAKE_READY)?.execute(params![account, now, TOGETHER])?;
    }
    Ok(has_near)
}
