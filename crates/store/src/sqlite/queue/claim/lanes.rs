//! What waits in a lane, in the order in which it leaves.

use std::vec;

use jiff::Timestamp;
use model::credential::Lane;
use model::delivery::SendId;
use model::id::AccountId;
use rusqlite::{CachedStatement, Connection, Rows, params};

use super::{claim_where, read_claim};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::queue::Claim;

macro_rules! by_turn {
    ($rank:literal) => {
        concat!(
            claim_where!("s.account_id = ?1 AND iif(s.is_ready, s.lane, 3) = "),
            $rank,
            " AND s.state = 'queued' ORDER BY iif(s.is_ready, s.turn, s.due_at), s.message_id, s.part LIMIT ?2"
        )
    };
}

/// What a lane has, by turn. One statement a lane: they are read side by side.
pub(super) const BY_TURN: [&str; Lane::ALL.len()] = [by_turn!(0), by_turn!(1), by_turn!(2)];

/// Of a lane, those whose deadline is near, the nearest first.
pub(super) const BY_DEADLINE: &str = claim_where!(
    "s.account_id = ?1 AND s.lane = ?2 AND s.state = 'queued' AND s.is_ready AND s.deadline <= ?3 ORDER BY s.deadline LIMIT ?4"
);

/// What is asked of a lane.
pub(super) struct Ask {
    pub(super) account: AccountId,
    pub(super) lane: Lane,
    /// Deadlines up to then go before their turn, where there are any.
    pub(super) near: Option<Timestamp>,
    pub(super) limit: usize,
}

/// What waits in a lane: first what has a deadline that is near, then by turn. It is read as far as it is claimed.
pub(super) struct WaitingIn<'s> {
    near: vec::IntoIter<Claim>,
    /// What is in front of its turn.
    in_front: Vec<SendId>,
    by_turn: Rows<'s>,
    next: Option<InTurn>,
    /// The highest number that was taken.
    pub(super) turn: Option<i64>,
}

struct InTurn {
    claim: Claim,
    turn: Option<i64>,
}

/// The statements of all lanes, the most urgent first.
pub(super) fn prepare(connection: &Connection) -> Result<Vec<CachedStatement<'_>>, StoreError> {
    BY_TURN.into_iter().map(|sql| Ok(connection.prepare_cached(sql)?)).collect()
}

impl<'s> WaitingIn<'s> {
    pub(super) fn open(
        connection: &Connection,
        by_turn: &'s mut CachedStatement<'_>,
        ask: &Ask,
    ) -> Result<Self, StoreError> {
        let near = match ask.near {
            Some(near) => read_near(connection, ask, near)?,
            None => Vec::new(),
        };
        let in_front: Vec<SendId> = near.iter().map(|claim| claim.send.id).collect();
        let by_turn = by_turn.query(params![ask.account.to_string(), ask.limit + in_front.len()])?;
        Ok(Self { near: near.into_iter(), in_front, by_turn, next: None, turn: None })
    }

    /// Whether another one waits.
    pub(super) fn has_next(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        if self.next.is_none() {
            self.next = match self.near.next() {
                Some(claim) => Some(InTurn { claim, turn: None }),
                None => self.read(connection)?,
            };
        }
        Ok(self.next.is_some())
    }

    /// Takes the one that waits longest.
    pub(super) fn take(&mut self) -> Option<Claim> {
        let InTurn { claim, turn } = self.next.take()?;
        self.turn = turn.or(self.turn);
        Some(claim)
    }

    fn read(&mut self, connection: &Connection) -> Result<Option<InTurn>, StoreError> {
        while let Some(row) = self.by_turn.next()? {
            let next = InTurn { claim: read_claim(connection, row)?, turn: row.get(13)? };
            if !self.in_front.contains(&next.claim.send.id) {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }
}

fn read_near(connection: &Connection, ask: &Ask, near: Timestamp) -> Result<Vec<Claim>, StoreError> {
    let mut select = connection.prepare_cached(BY_DEADLINE)?;
    let rank = columns::lane_rank(ask.lane);
    let mut rows = select.query(params![ask.account.to_string(), rank, near.as_millisecond(), ask.limit])?;
    let mut claims = Vec::new();
    while let Some(row) = rows.next()? {
        claims.push(read_claim(connection, row)?);
    }
    Ok(claims)
}
