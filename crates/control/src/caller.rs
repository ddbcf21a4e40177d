//! Who a change is made for: every change is checked against the caller's role, and entered under the caller's name.

use std::sync::Arc;

use model::account::Account;
use model::caller::Caller;
use model::fault::Fault;
use store::AuditEntry;

use crate::Control;

impl Control {
    /// The same, on behalf of `caller`.
    #[must_use]
    pub fn by(&self, caller: Caller) -> Self {
        Self { provisioning: self.provisioning.by(caller.clone()), caller, ..self.clone() }
    }

    /// Who this acts for.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The account of that name.
    ///
    /// # Errors
    /// When there is none, or the caller does not see it.
    pub fn account(&self, name: &str) -> Result<Arc<Account>, Fault> {
        self.provisioning.account(name)
    }

    /// The account of that name, to be changed.
    ///
    /// # Errors
    /// As [`Control::account`], and when the caller may not change it.
    pub fn account_to_change(&self, name: &str) -> Result<Arc<Account>, Fault> {
        self.provisioning.account_to_change(name)
    }

    /// An entry for a change that is made now.
    pub(crate) fn entry(
        &self,
        action: &str,
        subject: impl ToString,
        detail: impl Into<String>,
    ) -> AuditEntry {
        self.provisioning.entry(action, subject, detail)
    }
}
