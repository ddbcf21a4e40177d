//! How many sends of each account are in each state, and since when those wait that do. Each transaction adds what it has changed, summed: the counts are
//! exact whenever the rows are, and nothing ever counts the rows.

use jiff::Timestamp;
use model::delivery::SendState;
use model::id::AccountId;
use rusqlite::{Connection, params};

use crate::error::StoreError;

/// What one transaction changes of the counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    states: Vec<Changed>,
    waiting: Vec<(WaitingSince, i64)>,
}

/// Sends of a lane that began to wait in the same minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitingSince {
    account: AccountId,
    lane: u8,
    minute: i64,
}

#[derive(Debug)]
struct Changed {
    account: AccountId,
    state: SendState,
    by: i64,
}

impl Counts {
    /// There are so many more sends in a state, or fewer.
    pub(crate) fn add(&mut self, account: AccountId, state: SendState, by: i64) {
        match self.states.iter_mut().find(|known| known.account == account && known.state == state) {
            Some(known) => known.by += by,
            None => self.states.push(Changed { account, state, by }),
        }
    }

    /// A send goes from one state to another.
    pub(crate) fn moved(&mut self, account: AccountId, from: SendState, to: SendState) {
        self.add(account, from, -1);
        self.add(account, to, 1);
    }

    /// There are so many more sends that wait, or fewer.
    pub(crate) fn wait(&mut self, since: WaitingSince, by: i64) {
        match self.waiting.iter_mut().find(|(known, _)| *known == since) {
            Some((_, sum)) => *sum += by,
            None => self.waiting.push((since, by)),
        }
    }

    /// Writes the sums.
    pub(crate) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        let mut upsert = connection.prepare_cached(
            "INSERT INTO send_count (account_id, state, count) VALUES (?, ?, ?)
             ON CONFLICT (account_id, state) DO UPDATE SET count = count + excluded.count",
        )?;
        for changed in self.states.iter().filter(|changed| changed.by != 0) {
            upsert.execute(params![changed.account.to_string(), changed.state.as_str(), changed.by])?;
        }
        write_waiting(connection, &self.waiting)
    }
}

impl WaitingSince {
    /// `lane` is its rank.
    pub(crate) fn new(account: AccountId, lane: u8, at: Timestamp) -> Self {
        Self { account, lane, minute: at.as_second().div_euclid(60) }
    }
}

fn write_waiting(connection: &Connection, waiting: &[(WaitingSince, i64)]) -> Result<(), StoreError> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO send_waiting_count (account_id, lane, minute, count) VALUES (?, ?, ?, ?)
         ON CONFLICT (account_id, lane, minute) DO UPDATE SET count = count + excluded.count",
    )?;
    let mut delete = connection.prepare_cached(
        "DELETE FROM send_waiting_count WHERE account_id = ? AND lane = ? AND minute = ? AND count = 0",
    )?;
    for (since, by) in waiting.iter().filter(|(_, by)| *by != 0) {
        let account = since.account.to_string();
        upsert.execute(params![account, since.lane, since.minute, by])?;
        if *by < 0 {
            delete.execute(params![account, since.lane, since.minute])?;
        }
    }
    Ok(())
}
