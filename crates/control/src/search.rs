//! Finding messages, as far as the caller sees them.

use std::collections::BTreeSet;

use model::caller::AccountScope;
use model::id::AccountId;
use model::search::Search;
use store::Found;

use crate::Control;
use crate::error::Fault;

impl Control {
    /// Messages, the newest first: those of the account of that name, or of all that the caller sees.
    ///
    /// # Errors
    /// When there is no such account, the caller does not see it, or the store fails.
    pub async fn search(&self, account: Option<&str>, search: Search) -> Result<Found, Fault> {
        let accounts = self.accounts_of(account)?;
        Ok(self.store.queue().search(Search { accounts, ..search }).await?)
    }

    /// The accounts whose messages are read: the one of that name, or those that the caller sees; `None` is all.
    pub(crate) fn accounts_of(&self, name: Option<&str>) -> Result<Option<BTreeSet<AccountId>>, Fault> {
        self.caller.may_list()?;
        Ok(match (name, &self.caller.accounts) {
            (Some(name), _) => Some(BTreeSet::from([self.account(name)?.id])),
            (None, AccountScope::Only(accounts)) => Some(accounts.clone()),
            (None, AccountScope::All) => None,
        })
    }
}
