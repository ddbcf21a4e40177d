//! How many sends of each account are in each state. Each transaction adds what it has changed, summed: the counts are
//! exact whenever the rows are, and nothing ever counts the rows.

use model::delivery::SendState;
use model::id::AccountId;
use rusqlite::{Connection, params};

use crate::error::StoreError;

/// What one transaction changes of the counts.
#[derive(Debug, Default)]
pub(crate) struct Counts(Vec<Changed>);

#[derive(Debug)]
struct Changed {
    account: AccountId,
    state: SendState,
    by: i64,
}

impl Counts {
    /// There are so many more sends in a state, or fewer.
    pub(crate) fn add(&mut self, account: AccountId, state: SendState, by: i64) {
        match self.0.iter_mut().find(|known| known.account == account && known.state == state) {
            Some(known) => known.by += by,
            None => self.0.push(Changed { account, state, by }),
        }
    }

    /// A send goes from one state to another.
    pub(crate) fn moved(&mut self, account: AccountId, from: SendState, to: SendState) {
        self.add(account, from, -1);
        self.add(account, to, 1);
    }

    /// Writes the sums.
    pub(crate) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        let mut upsert = connection.prepare_cached(
            "INSERT INTO send_count (account_id, state, count) VALUES (?, ?, ?)
             ON CONFLICT (account_id, state) DO UPDATE SET count = count + excluded.count",
        )?;
        for changed in self.0.iter().filter(|changed| changed.by != 0) {
            upsert.execute(params![changed.account.to_string(), changed.state.as_str(), changed.by])?;
        }
        Ok(())
    }
}
