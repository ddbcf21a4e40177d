//! Claiming what is due, under a lease: a crash delivers again rather than loses.

mod lanes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use model::credential::Lane;
use model::delivery::{ClaimedSend, SendId, SendState};
use model::fairness::PerLane;
use model::forecast::NEAR_DEADLINE;
use model::id::AccountId;
use rusqlite::{Connection, Row, params};

use self::lanes::WaitingIn;
use super::counts::Counts;
use super::order::{self, MakeReady, Order};
use super::{Claim, Deadline, Queue, recipients};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;
use crate::sqlite::journal::JournalPosition;
use crate::sqlite::nodes::Node;

impl Queue {
    pub(crate) async fn claim_due(
        &self,
        account: AccountId,
        now: Timestamp,
        limit: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        let (asked, lease) = (Asked { account, now, limit }, self.lease(lease_until));
        let order = Arc::clone(&self.0.order);
        self.0
            .database
            .write(Durability::Synced, move |connection| claim(&order, connection, asked, lease))
            .await
    }

    pub(crate) async fn claim_expired(
        &self,
        account: AccountId,
        now: Timestamp,
        limit: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        let any = self
            .0
            .database
            .read(move |connection| {
                let key = params![account.to_string(), now.as_millisecond(), 1];
                Ok(connection.prepare_cached(EXPIRED)?.exists(key)?)
            })
            .await?;
        if !any {
            return Ok(Vec::new());
        }
        let lease = self.lease(lease_until);
        self.0
            .database
            .write(Durability::Written, move |connection| {
                let mut select = connection.prepare_cached(EXPIRED)?;
                let mut rows = select.query(params![account.to_string(), now.as_millisecond(), limit])?;
                let mut claims = Vec::new();
                while let Some(row) = rows.next()? {
                    claims.push(read_claim(connection, row)?);
                }
                lease.take(connection, account, &claims)?;
                Ok(claims)
            })
            .await
    }

    pub(crate) async fn deadlines(
        &self,
        account: AccountId,
        limit: usize,
    ) -> Result<Vec<Deadline>, StoreError> {
        if !self.0.order.has_deadlines() {
            return Ok(Vec::new());
        }
        self.0
            .database
            .read(move |connection| {
                let mut select = connection.prepare_cached(DEADLINES)?;
                let mut rows = select.query(params![account.to_string(), limit])?;
                let mut deadlines = Vec::new();
                while let Some(row) = rows.next()? {
                    let deadline = columns::to_time(row.get(2)?)?;
                    deadlines.push(Deadline { id: send_id(row)?, deadline });
                }
                Ok(deadlines)
            })
            .await
    }

    pub(crate) async fn claim_waiting(
        &self,
        sends: Vec<SendId>,
        lease_until: Timestamp,
    ) -> Result<Vec<Claim>, StoreError> {
        let lease = self.lease(lease_until);
        self.0
            .database
            .write(Durability::Written, move |connection| {
                let mut select = connection.prepare_cached(ONE)?;
                let mut claims = Vec::new();
                for id in sends {
                    let mut rows = select.query(params![id.message.to_string(), id.part])?;
                    let Some(row) = rows.next()? else { continue };
                    let account = columns::to_id(&row.get::<_, String>(14)?)?;
                    let claim = read_claim(connection, row)?;
                    lease.take(connection, account, std::slice::from_ref(&claim))?;
                    claims.push(claim);
                }
                Ok(claims)
            })
            .await
    }

    pub(crate) async fn next_due(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let mut select = connection.prepare_cached(NEXT_DUE)?;
                let next: Option<i64> = select.query_row([account.to_string()], |row| row.get(0))?;
                next.map(columns::to_time).transpose()
            })
            .await
    }

    pub(crate) async fn release_leases(&self, now: Timestamp) -> Result<Vec<(AccountId, u32)>, StoreError> {
        self.0.database.write(Durability::Synced, move |connection| release_dead(connection, now)).await
    }

    fn lease(&self, until: Timestamp) -> Lease {
        Lease { node: self.0.node, until }
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Asked {
    account: AccountId,
    now: Timestamp,
    limit: usize,
}

/// What a claim is: until then, nobody but that process works on the send.
#[derive(Clone, Copy)]
struct Lease {
    node: Node,
    until: Timestamp,
}

/// What every claim reads.
macro_rules! claim_where {
    ($where:literal) => {
        concat!(
            "SELECT s.message_id, s.part, s.operation_id, s.attempts,
                m.expires_at, m.segment, m.position, m.reverse_path, m.header_from, m.size_bytes,
                s.division, s.refused_by_rest, s.deadline, s.turn, s.account_id
             FROM send s JOIN message m ON m.id = s.message_id WHERE ",
            $where
        )
    };
}
use claim_where;

const EXPIRED: &str = claim_where!(
    "s.account_id = ?1 AND iif(s.is_ready, s.lane, 3) BETWEEN 0 AND 3 AND s.state = 'queued'
     AND s.due_at <= ?2 AND m.expires_at <= ?2 LIMIT ?3"
);

const ONE: &str = claim_where!("s.message_id = ?1 AND s.part = ?2 AND s.state = 'queued'");

const DEADLINES: &str = "SELECT message_id, part, deadline FROM send
    WHERE account_id = ? AND state = 'queued' AND deadline IS NOT NULL ORDER BY deadline LIMIT ?";

/// Of a lane that has mail, any of it: it may leave now.
const NEXT_DUE: &str = "SELECT min(due) FROM (
    SELECT (SELECT due_at FROM send WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 0 AND state = 'queued' LIMIT 1) AS due
    UNION ALL
    SELECT (SELECT due_at FROM send WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 1 AND state = 'queued' LIMIT 1)
    UNION ALL
    SELECT (SELECT due_at FROM send WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 2 AND state = 'queued' LIMIT 1)
    UNION ALL
    SELECT (SELECT iif(is_ready, turn, due_at) FROM send
            WHERE account_id = ?1 AND iif(is_ready, lane, 3) = 3 AND state = 'queued'
            ORDER BY iif(is_ready, turn, due_at) LIMIT 1))";

/// Claims of each lane its share, and of a lane what [`WaitingIn`] gives.
fn claim(
    order: &Order,
    connection: &Connection,
    asked: Asked,
    lease: Lease,
) -> Result<Vec<Claim>, StoreError> {
    let Asked { account, now, limit } = asked;
    let near = now.saturating_add(NEAR_DEADLINE).unwrap_or(Timestamp::MAX);
    let has_near = order::make_ready(connection, &MakeReady { account, now, near })?;
    let mut selects = lanes::prepare(connection)?;
    let mut waiting = Vec::with_capacity(selects.len());
    for (lane, select) in Lane::ALL.into_iter().zip(&mut selects) {
        let near = has_near.then_some(near);
        waiting.push(WaitingIn::open(connection, select, &lanes::Ask { account, lane, near, limit })?);
    }
    let (mut shares, mut claims) = (order.shares(account), PerLane::<Vec<Claim>>::default());
    for _ in 0..limit {
        let with_mail =
            PerLane::try_from_fn(|lane| waiting[lane as usize].has_next(connection).map(usize::from))?;
        let Some(lane) = shares.next(with_mail) else { break };
        claims[lane].extend(waiting[lane as usize].take());
    }
    for (lane, waiting) in Lane::ALL.into_iter().zip(waiting) {
        waiting.turn.into_iter().for_each(|turn| order.leave(account, lane, turn));
    }
    order.share(account, shares);
    let claims: Vec<Claim> = claims.into_values().flatten().collect();
    lease.take(connection, account, &claims)?;
    order.prune(connection)?;
    Ok(claims)
}

impl Lease {
    fn take(self, connection: &Connection, account: AccountId, claims: &[Claim]) -> Result<(), StoreError> {
        if claims.is_empty() {
            return Ok(());
        }
        let mut update = connection.prepare_cached(
            "UPDATE send SET state = 'sending', due_at = ?, node = ? WHERE message_id = ? AND part = ?",
        )?;
        for claim in claims {
            let id = claim.send.id;
            let (until, node) = (self.until.as_millisecond(), self.node.number());
            update.execute(params![until, node, id.message.to_string(), id.part])?;
        }
        let mut counts = Counts::default();
        let count = i64::try_from(claims.len()).unwrap_or(i64::MAX);
        counts.add(account, SendState::Queued, -count);
        counts.add(account, SendState::Sending, count);
        counts.write(connection)
    }
}

fn release_dead(connection: &Connection, now: Timestamp) -> Result<Vec<(AccountId, u32)>, StoreError> {
    let mut select = connection.prepare(
        "UPDATE send SET state = 'queued', due_at = ?1, is_ready = 0
         WHERE state = 'sending'
           AND (node IS NULL OR node NOT IN (SELECT number FROM node WHERE alive_until > ?1))
         RETURNING account_id",
    )?;
    let (mut released, mut counts) = (BTreeMap::new(), Counts::default());
    let mut rows = select.query([now.as_millisecond()])?;
    while let Some(row) = rows.next()? {
        let account = columns::to_id(&row.get::<_, String>(0)?)?;
        *released.entry(account).or_default() += 1;
        counts.moved(account, SendState::Sending, SendState::Queued);
    }
    drop(rows);
    counts.write(connection)?;
    Ok(released.into_iter().collect())
}

fn read_claim(connection: &Connection, row: &Row<'_>) -> Result<Claim, StoreError> {
    let (message, part): (String, u16) = (row.get(0)?, row.get(1)?);
    Ok(Claim {
        send: ClaimedSend {
            id: send_id(row)?,
            operation: columns::to_id(&row.get::<_, String>(2)?)?,
            recipients: recipients::of(connection, &message, part)?,
            division: row.get::<_, Option<String>>(10)?.as_deref().map(columns::to_division).transpose()?,
            refused_by_rest: row.get(11)?,
            reverse_path: columns::to_reverse_path(&row.get::<_, String>(7)?)?,
            author: row.get(8)?,
            size_bytes: row.get(9)?,
            attempts: row.get(3)?,
            expires_at: columns::to_time(row.get(4)?)?,
            deadline: row.get::<_, Option<i64>>(12)?.map(columns::to_time).transpose()?,
        },
        place: JournalPosition { segment: row.get(5)?, position: row.get(6)? },
        body: None,
    })
}

/// The first two columns of every query here.
pub(super) fn send_id(row: &Row<'_>) -> Result<SendId, StoreError> {
    Ok(SendId { message: columns::to_id(&row.get::<_, String>(0)?)?, part: row.get(1)? })
}
