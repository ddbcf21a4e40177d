//! Mail of whose fate the sender hears because time has passed: what waits for long, and what Azure took and reported
//! nothing about. Each is looked at once, as its time comes: how far that went is on record.

use jiff::Timestamp;
use model::delivery::SendId;
use model::id::{AccountId, QueueId};
use model::queued::Recipient;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Queue, recipients};
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// It waits still.
    Waiting,
    /// Azure has it, and has reported nothing of recipients for whom a success is to be reported.
    Unreported,
}

/// From when to when a message was to be sent first. The end belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub after: Timestamp,
    pub up_to: Timestamp,
}

/// A send that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueSend {
    pub id: SendId,
    pub account: AccountId,
    /// Whom it is for: of [`Overdue::Unreported`] those of whom nothing was reported.
    pub recipients: Vec<Recipient>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is given up.
    pub expires_at: Timestamp,
}

model::words!(Overdue {
    Waiting = "waiting",
    Unreported = "unreported",
});

/// A page of what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverduePage {
    pub what: Overdue,
    pub period: Period,
    /// The last send of the page before.
    pub behind: Option<SendId>,
    pub limit: usize,
}

/// What every query reads, and the mail that nobody hears of.
macro_rules! overdue_where {
    ($from:literal, $where:literal) => {
        concat!(
            "SELECT s.message_id, s.part, s.account_id, s.attempts, m.expires_at FROM ",
            $from,
            " WHERE m.origin <> 'notice' AND m.reverse_path <> '' AND ",
            $where
        )
    };
}

/// An id begins with the time at which its message was accepted.
const ACCEPTED: &str = overdue_where!(
    "send s JOIN message m ON m.id = s.message_id",
    "s.message_id > ?1 AND s.message_id <= ?2 AND (s.message_id, s.part) > (?3, ?4) AND m.send_at IS NULL
     AND s.state IN (?5, ?6) ORDER BY s.message_id, s.part LIMIT ?7"
);

const SCHEDULED: &str = overdue_where!(
    "message m JOIN send s ON s.message_id = m.id",
    "m.send_at > ?1 AND m.send_at <= ?2 AND s.state IN (?3, ?4) ORDER BY m.send_at"
);

impl Queue {
    pub(crate) async fn overdue(&self, page: OverduePage) -> Result<Vec<OverdueSend>, StoreError> {
        self.caught_up().await;
        self.0.database.read(move |connection| find(connection, &page)).await
    }

    pub(crate) async fn overdue_up_to(&self, what: Overdue) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .database
            .read(move |connection| {
                let mut select =
                    connection.prepare_cached("SELECT up_to FROM notice_progress WHERE occasion = ?")?;
                let up_to: Option<i64> = select.query_row([what.as_str()], |row| row.get(0)).optional()?;
                up_to.map(columns::to_time).transpose()
            })
            .await
    }

    pub(crate) async fn note_overdue(&self, what: Overdue, up_to: Timestamp) -> Result<(), StoreError> {
        self.0
            .database
            .write(Durability::Written, move |connection| {
                connection
                    .prepare_cached(
                        "INSERT INTO notice_progress (occasion, up_to) VALUES (?1, ?2)
                         ON CONFLICT (occasion) DO UPDATE SET up_to = ?2",
                    )?
                    .execute(params![what.as_str(), up_to.as_millisecond()])?;
                Ok(())
            })
            .await
    }
}

fn find(connection: &Connection, page: &OverduePage) -> Result<Vec<OverdueSend>, StoreError> {
    let OverduePage { what, period, behind, limit } = *page;
    let states = match what {
        Overdue::Waiting => ["queued", "sending"],
        Overdue::Unreported => ["sent", "submitted"],
    };
    let mut found = Vec::new();
    let (after, up_to) = (last_id(period.after), last_id(period.up_to));
    let (behind_id, part) = match behind {
        Some(id) => (id.message.to_string(), id.part),
        None => (String::new(), 0),
    };
    let mut select = connection.prepare_cached(ACCEPTED)?;
    let mut rows = select.query(params![after, up_to, behind_id, part, states[0], states[1], limit])?;
    while let Some(row) = rows.next()? {
        found.push(read(connection, what, row)?);
    }
    if behind.is_none() {
        let mut select = connection.prepare_cached(SCHEDULED)?;
        let (after, up_to) = (period.after.as_millisecond(), period.up_to.as_millisecond());
        let mut rows = select.query(params![after, up_to, states[0], states[1]])?;
        let mut scheduled = Vec::new();
        while let Some(row) = rows.next()? {
            scheduled.push(read(connection, what, row)?);
        }
        found.splice(0..0, scheduled);
    }
    Ok(found)
}

fn read(connection: &Connection, what: Overdue, row: &Row<'_>) -> Result<OverdueSend, StoreError> {
    let (message, part): (String, u16) = (row.get(0)?, row.get(1)?);
    let known = recipients::known(connection, &message, part)?.into_iter();
    Ok(OverdueSend {
        id: SendId { message: columns::to_id(&message)?, part },
        account: columns::to_id(&row.get::<_, String>(2)?)?,
        recipients: match what {
            Overdue::Waiting => known.map(|one| one.recipient).collect(),
            Overdue::Unreported => {
                known.filter(|one| one.outcome.is_none()).map(|one| one.recipient).collect()
            }
        },
        attempts: row.get(3)?,
        expires_at: columns::to_time(row.get(4)?)?,
    })
}

/// The last id of a moment.
fn last_id(at: Timestamp) -> String {
    QueueId::new(at, [0xff; 10]).to_string()
}
