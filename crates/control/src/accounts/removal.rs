//! Removing an account with its logins and its waiting mail, in the full knowledge of what that is.

use std::sync::Arc;

use model::account::{Account, AccountState};
use model::id::QueueId;
use store::{Losses, StoreError};

use super::AccountChange;
use crate::Control;
use crate::error::Fault;

/// An account that is about to be removed: it is disabled, so that what depends on it stays the same meanwhile.
#[derive(Debug)]
pub struct Removal {
    pub account: Arc<Account>,
    /// What goes with it.
    pub losses: Losses,
}

impl Control {
    /// What would be lost with an account.
    ///
    /// # Errors
    /// When there is none of that name, or the store fails.
    pub async fn losses(&self, name: &str) -> Result<Losses, Fault> {
        Ok(self.store.losses(self.account(name)?.id).await?)
    }

    /// Disables an account that is to be removed with all that `known` says, so that nothing more goes out or comes in,
    /// and enters that senders are about to be told.
    ///
    /// # Errors
    /// When something else would be lost than is known, mail is being handed to Azure, or the store fails.
    pub async fn begin_removal(&self, name: &str, known: &Losses) -> Result<Removal, Fault> {
        let account = self.account_to_change(name)?;
        if account.is_enabled() {
            let change = AccountChange { state: Some(AccountState::Disabled), ..AccountChange::default() };
            self.change_account(name, change).await?;
        }
        let losses = self.store.losses(account.id).await?;
        if losses.under_way() > 0 {
            let by = format!(
                "{} that Azure is being given at this moment: the account is disabled now, try again in a minute",
                counted(losses.under_way(), "message")
            );
            return Err(StoreError::InUse { what: format!("account {name}"), by }.into());
        }
        if losses != *known {
            return Err(StoreError::Changed(format!(
                "what depends on account {name}, which is disabled now,"
            ))
            .into());
        }
        if !losses.messages.is_empty() {
            let detail = format!(
                "begins: the senders of {} are told",
                counted(losses.messages.len(), "waiting message")
            );
            self.store.audit().enter(self.entry("account.remove", name, detail)).await?;
        }
        Ok(Removal { account: self.account(name)?, losses })
    }

    /// Removes it, with everything. The change and its entries in the log are one transaction.
    ///
    /// # Errors
    /// When something else depends on it by now, or nothing can be stored.
    pub async fn finish_removal(&self, removal: Removal, untold: &[QueueId]) -> Result<(), Fault> {
        let Removal { account, losses } = removal;
        let with = format!("with account {}", account.name);
        let mut audit: Vec<_> = losses
            .credentials
            .iter()
            .map(|login| self.entry("credential.remove", login, with.as_str()))
            .collect();
        audit.extend(
            losses.messages.iter().map(|message| self.entry("queue.drop", message.id, with.as_str())),
        );
        let mut detail = format!(
            "with {}, {}, {} and {}",
            counted(losses.credentials.len(), "login"),
            counted(losses.messages.len(), "waiting message"),
            counted(losses.senders.len(), "sender"),
            counted(losses.domains.len(), "domain")
        );
        if !untold.is_empty() {
            let ids: Vec<String> = untold.iter().map(ToString::to_string).collect();
            detail.push_str(&format!("; the senders of {} were not told", ids.join(", ")));
        }
        audit.push(self.entry("account.remove", &account.name, detail));
        Ok(self.store.discard_account(&account, losses, audit).await?)
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
