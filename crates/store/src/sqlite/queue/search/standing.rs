//! Messages by where they stand: indexes of the few that wait, and of those that did not go well. Kept counts say when that
//! leads to fewer messages than the accounts do.

use std::collections::BTreeSet;

use model::delivery::SendState;
use model::id::{AccountId, QueueId};
use model::tracking::RecipientState;
use rusqlite::Connection;

use super::pages::{Bounds, Pages};
use crate::error::StoreError;
use crate::sqlite::columns;

/// The state of a send, or of a recipient, which shares that of its send or has its own.
#[derive(Clone, Copy, Debug)]
pub(in crate::sqlite::queue) enum Standing {
    Send(SendState),
    Recipient(RecipientState),
}

/// Messages that are few because of where they stand.
pub(super) enum Rare {
    /// All of them.
    Known(BTreeSet<QueueId>),
    Pages(Pages),
}

/// As many messages that wait are read at once and sorted. Where there are more, some are among the newest messages.
const FEW: u64 = 2_000;

/// Messages in a state, if they are few enough to be read on that account.
pub(super) fn rare(
    connection: &Connection,
    state: Standing,
    bounds: Bounds,
    accounts: Option<&BTreeSet<AccountId>>,
) -> Result<Option<Rare>, StoreError> {
    let sends = state.sends();
    let count = sends.iter().map(|state| in_state(connection, *state)).sum::<Result<u64, _>>()?;
    if let Some(accounts) = accounts
        && of_accounts(connection, accounts)? < count
    {
        return Ok(None);
    }
    if let Some(sql) = ended(state) {
        return Ok(Some(Rare::Pages(Pages::new(sql, bounds))));
    }
    if sends.is_empty() || count > FEW || sends == [SendState::Sent] {
        return Ok(None);
    }
    let mut ids = BTreeSet::new();
    for state in sends {
        let mut select = connection.prepare_cached(&waiting(*state))?;
        let rows = select.query_map([], |row| row.get::<_, String>(0))?;
        for row in rows {
            ids.insert(columns::to_id(&row?)?);
        }
    }
    ids.retain(|id| bounds.has(*id));
    Ok(Some(Rare::Known(ids)))
}

impl Standing {
    /// The states of sends that this is.
    fn sends(self) -> &'static [SendState] {
        match self {
            Self::Send(SendState::Queued) => &[SendState::Queued],
            Self::Send(SendState::Sending) => &[SendState::Sending],
            Self::Send(SendState::Submitted) | Self::Recipient(RecipientState::Submitted) => {
                &[SendState::Submitted]
            }
            Self::Send(SendState::Sent) | Self::Recipient(RecipientState::Sent) => &[SendState::Sent],
            Self::Send(SendState::Failed) | Self::Recipient(RecipientState::Failed) => &[SendState::Failed],
            Self::Send(SendState::Dropped) | Self::Recipient(RecipientState::Dropped) => {
                &[SendState::Dropped]
            }
            Self::Recipient(RecipientState::Queued) => &[SendState::Queued, SendState::Sending],
            Self::Recipient(_) => &[],
        }
    }
}

/// The statement for a state that waits, which has a partial index; the word in it shows SQLite which.
pub(super) fn waiting(state: SendState) -> String {
    format!("SELECT message_id FROM send WHERE state = '{state}'")
}

/// The statement for a state that did not go well.
pub(super) fn ended(state: Standing) -> Option<String> {
    let between = "message_id >= ?1 AND message_id < ?2";
    let own = |word| format!("SELECT message_id FROM recipient WHERE state = '{word}' AND {between}");
    let sends = |word| format!("SELECT message_id FROM send WHERE state = '{word}' AND {between}");
    let order = "ORDER BY message_id DESC LIMIT ?3";
    match state {
        Standing::Send(state @ (SendState::Failed | SendState::Dropped)) => {
            Some(format!("SELECT DISTINCT message_id FROM ({}) {order}", sends(state.as_str())))
        }
        Standing::Recipient(state @ (RecipientState::Failed | RecipientState::Dropped)) => {
            Some(format!("{} UNION {} {order}", sends(state.as_str()), own(state.as_str())))
        }
        Standing::Recipient(state) if state.is_failure() => {
            Some(format!("SELECT DISTINCT message_id FROM ({}) {order}", own(state.as_str())))
        }
        _ => None,
    }
}

fn in_state(connection: &Connection, state: SendState) -> Result<u64, StoreError> {
    let sum = "SELECT coalesce(sum(count), 0) FROM send_count WHERE state = ?";
    Ok(connection.prepare_cached(sum)?.query_row([state.as_str()], |row| row.get(0))?)
}

fn of_accounts(connection: &Connection, accounts: &BTreeSet<AccountId>) -> Result<u64, StoreError> {
    let sum = "SELECT coalesce(sum(count), 0) FROM send_count WHERE account_id = ?";
    let mut select = connection.prepare_cached(sum)?;
    let mut all = 0;
    for account in accounts {
        all += select.query_row([account.to_string()], |row| row.get::<_, u64>(0))?;
    }
    Ok(all)
}
