//! What a forecast needs of an account's queue, in queries of bounded cost: how much waits in each lane, and where in its
//! lane a send is.

use jiff::Timestamp;
use model::credential::Lane;
use model::delivery::SendId;
use model::fairness::{LaneShares, PerLane};
use model::forecast::{Backlog, InLane, Joining};
use model::id::{AccountId, QueueId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Queue;
use super::claim::send_id;
use crate::error::StoreError;
use crate::sqlite::columns;

/// A waiting send, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingSend {
    pub id: SendId,
    pub account: AccountId,
    pub in_lane: InLane,
}

/// So many rows of a lane are counted; what is behind them is estimated.
pub(super) const COUNTED: u64 = 2_048;
/// So many of those that may not leave yet are read one by one.
const JOINING: usize = 1_000;

/// How much waits in a lane, up to a limit.
pub(super) const IN_LANE: &str = "SELECT count(*) FROM (SELECT 1 FROM send
    WHERE account_id = ?1 AND iif(is_ready, lane, 3) = ?2 AND state = 'queued' LIMIT ?3)";

/// How much of a lane has an earlier turn, up to a limit.
pub(super) const AHEAD: &str = "SELECT count(*) FROM (SELECT 1 FROM send
    WHERE account_id = ?1 AND iif(is_ready, lane, 3) = ?2 AND state = 'queued' AND iif(is_ready, turn, due_at) <= ?3
      AND (iif(is_ready, turn, due_at) < ?3 OR message_id < ?4 OR (message_id = ?4 AND part < ?5)) LIMIT ?6)";

/// The turn of the one before which so many are counted.
pub(super) const TURN_AT: &str = "SELECT iif(is_ready, turn, due_at) FROM send
    WHERE account_id = ?1 AND iif(is_ready, lane, 3) = ?2 AND state = 'queued'
    ORDER BY iif(is_ready, turn, due_at) LIMIT 1 OFFSET ?3";

/// The highest turn of a lane.
pub(super) const HIGHEST: &str = "SELECT iif(is_ready, turn, due_at) FROM send
    WHERE account_id = ?1 AND iif(is_ready, lane, 3) = ?2 AND state = 'queued'
    ORDER BY iif(is_ready, turn, due_at) DESC LIMIT 1";

/// What may not leave yet, by its time.
pub(super) const JOINS: &str = "SELECT message_id, part, iif(is_ready, turn, due_at), lane, turn FROM send
    WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 3 AND state = 'queued'
    ORDER BY iif(is_ready, turn, due_at) LIMIT ?2";

const WAITING: &str = "SELECT message_id, part, account_id, lane, turn, is_ready, due_at, deadline FROM send
    WHERE message_id = ? AND state = 'queued' ORDER BY part";

impl Queue {
    pub(crate) async fn backlog(&self, account: AccountId) -> Result<Backlog, StoreError> {
        let shares = self.0.order.shares(account);
        self.0.database.read(move |connection| backlog(shares, connection, account)).await
    }

    pub(crate) async fn waiting_sends(&self, messages: Vec<QueueId>) -> Result<Vec<WaitingSend>, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let mut select = connection.prepare_cached(WAITING)?;
                let mut lanes = Vec::new();
                let mut found = Vec::new();
                for message in messages {
                    let mut rows = select.query([message.to_string()])?;
                    while let Some(row) = rows.next()? {
                        found.push(read_waiting(connection, &mut lanes, row)?);
                    }
                }
                Ok(found)
            })
            .await
    }
}

fn backlog(shares: LaneShares, connection: &Connection, account: AccountId) -> Result<Backlog, StoreError> {
    let waiting = queued(connection, account)?;
    let mut ready = PerLane::try_from_fn(|lane| count(connection, account, lane, COUNTED + 1))?;
    let mut joining = Vec::new();
    let mut select = connection.prepare_cached(JOINS)?;
    let mut rows = select.query(params![account.to_string(), JOINING])?;
    while let Some(row) = rows.next()? {
        let (at, lane) = (columns::to_time(row.get(2)?)?, columns::to_lane(row.get(3)?)?);
        joining.push(Joining { at, lane, turn: row.get(4)?, id: send_id(row)?, count: 1 });
    }
    let known = ready.iter().map(|(_, count)| count).sum::<u64>() + joining.len() as u64;
    let rest = waiting.saturating_sub(known);
    match share_out(connection, account, &mut ready, rest)? {
        0 => {}
        // They join with the last that was read.
        rest => joining.last_mut().into_iter().for_each(|last: &mut Joining| last.count += rest),
    }
    Ok(Backlog { ready, shares, joining })
}

/// Gives what was not counted to the lanes that have more than is counted, by the turns that they have; what is left belongs to
/// none of them.
fn share_out(
    connection: &Connection,
    account: AccountId,
    ready: &mut PerLane<u64>,
    rest: u64,
) -> Result<u64, StoreError> {
    let mut long = PerLane::<u64>::default();
    for lane in Lane::ALL.into_iter().filter(|lane| ready[*lane] > COUNTED) {
        let turns = turns(connection, account, lane)?;
        long[lane] = u64::try_from(turns.highest - turns.counted).unwrap_or(0) + 1;
    }
    let all: u64 = long.iter().map(|(_, turns)| turns).sum();
    if all == 0 {
        return Ok(rest);
    }
    for lane in Lane::ALL {
        ready[lane] +=
            u64::try_from(u128::from(rest) * u128::from(long[lane]) / u128::from(all)).unwrap_or(0);
    }
    Ok(0)
}

fn queued(connection: &Connection, account: AccountId) -> Result<u64, StoreError> {
    let count: Option<i64> = connection
        .prepare_cached("SELECT count FROM send_count WHERE account_id = ? AND state = 'queued'")?
        .query_row([account.to_string()], |row| row.get(0))
        .optional()?;
    Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
}

fn count(connection: &Connection, account: AccountId, lane: Lane, most: u64) -> Result<u64, StoreError> {
    let key = params![account.to_string(), columns::lane_rank(lane), most];
    Ok(connection.prepare_cached(IN_LANE)?.query_row(key, |row| row.get(0))?)
}

/// The turns of a lane of which more waits than is counted.
struct Turns {
    /// Of the last one that is counted.
    counted: i64,
    highest: i64,
}

fn turns(connection: &Connection, account: AccountId, lane: Lane) -> Result<Turns, StoreError> {
    let (account, rank) = (account.to_string(), columns::lane_rank(lane));
    let counted = connection
        .prepare_cached(TURN_AT)?
        .query_row(params![account, rank, COUNTED], |row| row.get(0))
        .optional()?;
    let highest: Option<i64> =
        connection.prepare_cached(HIGHEST)?.query_row(params![account, rank], |row| row.get(0)).optional()?;
    let highest = highest.unwrap_or_default();
    Ok(Turns { counted: counted.unwrap_or(highest), highest })
}

/// A turn of a lane.
struct WaitingTurn {
    account: AccountId,
    lane: Lane,
    turn: i64,
}

/// A lane of which more waits than is counted.
struct LongLane {
    account: AccountId,
    lane: Lane,
    turns: Turns,
    count: u64,
}

fn read_waiting(
    connection: &Connection,
    long: &mut Vec<LongLane>,
    row: &Row<'_>,
) -> Result<WaitingSend, StoreError> {
    let (id, account): (_, AccountId) = (send_id(row)?, columns::to_id(&row.get::<_, String>(2)?)?);
    let (lane, turn) = (columns::to_lane(row.get(3)?)?, row.get(4)?);
    let is_ready: bool = row.get(5)?;
    let due_at = columns::to_time(row.get(6)?)?;
    let key = params![
        account.to_string(),
        columns::lane_rank(lane),
        turn,
        id.message.to_string(),
        id.part,
        COUNTED + 1
    ];
    let mut ahead: u64 = connection.prepare_cached(AHEAD)?.query_row(key, |row| row.get(0))?;
    if ahead > COUNTED {
        ahead = estimated(connection, long, &WaitingTurn { account, lane, turn })?;
    }
    let in_lane = InLane {
        lane,
        turn,
        id,
        ahead,
        not_before: if is_ready { Timestamp::MIN } else { due_at },
        deadline: row.get::<_, Option<i64>>(7)?.map(columns::to_time).transpose()?,
    };
    Ok(WaitingSend { id, account, in_lane })
}

/// Where a turn of a long lane is, if the turns behind those that are counted are spread evenly.
fn estimated(
    connection: &Connection,
    long: &mut Vec<LongLane>,
    wanted: &WaitingTurn,
) -> Result<u64, StoreError> {
    let WaitingTurn { account, lane, turn } = *wanted;
    if !long.iter().any(|one| one.account == account && one.lane == lane) {
        let count = LongLane::count(connection, account, lane)?;
        long.push(LongLane { account, lane, turns: turns(connection, account, lane)?, count });
    }
    let found = long.iter().find(|one| one.account == account && one.lane == lane);
    Ok(found.map_or(COUNTED, |one| one.place_of(turn)))
}

impl LongLane {
    fn count(connection: &Connection, account: AccountId, lane: Lane) -> Result<u64, StoreError> {
        Ok(backlog(LaneShares::default(), connection, account)?.ready[lane])
    }

    fn place_of(&self, turn: i64) -> u64 {
        let Turns { counted, highest } = self.turns;
        let (behind, all) = (turn.saturating_sub(counted).max(0), highest.saturating_sub(counted).max(1));
        let rest = i128::from(self.count.saturating_sub(COUNTED + 1));
        let behind = rest * i128::from(behind.min(all)) / i128::from(all);
        COUNTED + u64::try_from(behind).unwrap_or(0)
    }
}
