//! Accounts as the caller sees them, and audit entries under the caller's name.

use std::sync::Arc;

use model::account::Account;
use model::caller::Caller;
use model::fault::Fault;
use store::AuditEntry;

use super::Provisioning;

impl Provisioning {
    /// The same, on behalf of `caller`.
    #[must_use]
    pub fn by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// The account of that name.
    ///
    /// # Errors
    /// When there is none, or the caller does not see it.
    pub fn account(&self, name: &str) -> Result<Arc<Account>, Fault> {
        self.caller.may_list()?;
        let what = format!("account {name}");
        let directory = self.store.directory();
        let Some(account) = directory.account_named(name) else { return Err(Fault::NotFound { what }) };
        self.caller.may_read(account.id, what)?;
        Ok(Arc::clone(account))
    }

    /// The account of that name, to be changed.
    ///
    /// # Errors
    /// As [`Provisioning::account`], and when the caller may not change it.
    pub fn account_to_change(&self, name: &str) -> Result<Arc<Account>, Fault> {
        let account = self.account(name)?;
        self.caller.may_change(account.id, format!("account {name}"))?;
        Ok(account)
    }

    /// An entry for a change that is made now.
    #[must_use]
    pub fn entry(&self, action: &str, subject: impl ToString, detail: impl Into<String>) -> AuditEntry {
        AuditEntry {
            at: self.clock.now(),
            who: self.caller.identity.who.clone(),
            origin: self.caller.identity.origin.clone(),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail: detail.into(),
        }
    }
}
