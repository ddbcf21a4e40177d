//! Claiming what is due, under a lease: a crash delivers again rather than loses.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::delivery::{ClaimedSend, SendId, SendState};
use model::id::AccountId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::counts::Counts;
use super::{Claim, Queue, StatusCheck, recipients};
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
        self.0.database.write(Durability::Synced, move |connection| claim(connection, asked, lease)).await
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
                let mut select = connection.prepare_cached(EXPIRED)?;
                Ok(select.exists(params![account.to_string(), now.as_millisecond(), 1])?)
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

    pub(crate) async fn next_due(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT min(due_at) FROM send WHERE account_id = ? AND lane = ? AND state = 'queued'",
                )?;
                let mut next: Option<i64> = None;
                for lane in 0..3 {
                    let due: Option<i64> =
                        select.query_row(params![account.to_string(), lane], |row| row.get(0))?;
                    next = [next, due].into_iter().flatten().min();
                }
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

    pub(crate) async fn claim_status_checks(
        &self,
        account: AccountId,
        now: Timestamp,
        limit: usize,
        lease_until: Timestamp,
    ) -> Result<Vec<StatusCheck>, StoreError> {
        self.0
            .database
            .write(Durability::Written, move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT s.message_id, s.part, s.operation_id, coalesce(
                       (SELECT max(e.at) FROM message_event e WHERE e.message_id = s.message_id AND e.part = s.part
                        AND e.source = 'attempt'),
                       m.accepted_at)
                     FROM send s JOIN message m ON m.id = s.message_id
                     WHERE s.account_id = ? AND s.state = 'submitted' AND s.due_at <= ?
                     ORDER BY s.due_at LIMIT ?",
                )?;
                let mut rows = select.query(params![account.to_string(), now.as_millisecond(), limit])?;
                let mut checks = Vec::new();
                while let Some(row) = rows.next()? {
                    let (message, part): (String, u16) = (row.get(0)?, row.get(1)?);
                    checks.push(StatusCheck {
                        id: send_id(row)?,
                        operation: columns::to_id(&row.get::<_, String>(2)?)?,
                        recipients: recipients::of(connection, &message, part)?,
                        submitted_at: columns::to_time(row.get(3)?)?,
                    });
                }
                let mut update = connection
                    .prepare_cached("UPDATE send SET due_at = ? WHERE message_id = ? AND part = ?")?;
                for check in &checks {
                    let id = check.id;
                    update.execute(params![lease_until.as_millisecond(), id.message.to_string(), id.part])?;
                }
                Ok(checks)
            })
            .await
    }

    pub(crate) async fn unread(&self, account: AccountId) -> Result<u32, StoreError> {
        self.0
            .database
            .read(move |connection| {
                Ok(connection
                    .prepare_cached("SELECT count(*) FROM send WHERE account_id = ? AND state = 'submitted'")?
                    .query_row([account.to_string()], |row| row.get(0))?)
            })
            .await
    }

    pub(crate) async fn next_status_check(
        &self,
        account: AccountId,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let due: Option<i64> = connection
                    .prepare_cached(
                        "SELECT min(due_at) FROM send WHERE account_id = ? AND state = 'submitted'",
                    )?
                    .query_row([account.to_string()], |row| row.get(0))
                    .optional()?
                    .flatten();
                due.map(columns::to_time).transpose()
            })
            .await
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

fn claim(connection: &Connection, asked: Asked, lease: Lease) -> Result<Vec<Claim>, StoreError> {
    let Asked { account, now, limit } = asked;
    let mut select = connection.prepare_cached(
        "SELECT s.message_id, s.part, s.operation_id, s.attempts,
                m.expires_at, m.segment, m.position, m.reverse_path, m.header_from, m.size_bytes,
                s.division, s.refused_by_rest
         FROM send s JOIN message m ON m.id = s.message_id
         WHERE s.account_id = ? AND s.lane = ? AND s.state = 'queued' AND s.due_at <= ?
         ORDER BY s.due_at LIMIT ?",
    )?;
    let mut claims = Vec::new();
    for lane in 0..3 {
        if claims.len() == limit {
            break;
        }
        let mut rows =
            select.query(params![account.to_string(), lane, now.as_millisecond(), limit - claims.len()])?;
        while let Some(row) = rows.next()? {
            claims.push(read_claim(connection, row)?);
        }
    }
    lease.take(connection, account, &claims)?;
    Ok(claims)
}

const EXPIRED: &str = "SELECT s.message_id, s.part, s.operation_id, s.attempts,
        m.expires_at, m.segment, m.position, m.reverse_path, m.header_from, m.size_bytes,
                s.division, s.refused_by_rest
     FROM send s JOIN message m ON m.id = s.message_id
     WHERE s.account_id = ?1 AND s.lane BETWEEN 0 AND 2 AND s.state = 'queued'
     AND s.due_at <= ?2 AND m.expires_at <= ?2 LIMIT ?3";

impl Lease {
    fn take(self, connection: &Connection, account: AccountId, claims: &[Claim]) -> Result<(), StoreError> {
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
        "UPDATE send SET state = 'queued', due_at = ?1
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
        },
        place: JournalPosition { segment: row.get(5)?, position: row.get(6)? },
        body: None,
    })
}

/// The first two columns of every query here.
fn send_id(row: &Row<'_>) -> Result<SendId, StoreError> {
    Ok(SendId { message: columns::to_id(&row.get::<_, String>(0)?)?, part: row.get(1)? })
}
