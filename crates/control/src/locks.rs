//! What is done elsewhere, at Azure, by the login guard or by the relay, and entered in the audit log here before it is done.

use crate::Control;
use crate::error::Fault;

impl Control {
    /// Enters that the locks of a credential's login are lifted.
    ///
    /// # Errors
    /// When nothing can be stored; nothing may be lifted then.
    pub async fn enter_unlock(&self, login: &str, detail: String) -> Result<(), Fault> {
        self.credential_to_change(login)?;
        Ok(self.store.audit().enter(self.entry("credential.unlock", login, detail)).await?)
    }

    /// Enters that a ban of a network, or of a login that no credential has, is lifted.
    ///
    /// # Errors
    /// When nothing can be stored; nothing may be lifted then.
    pub async fn enter_lift(&self, which: &str, detail: String) -> Result<(), Fault> {
        self.caller.may_change_server()?;
        Ok(self.store.audit().enter(self.entry("ban.lift", which, detail)).await?)
    }

    /// Enters what a verification does besides looking: registering resource providers, sending a test message.
    ///
    /// # Errors
    /// When nothing can be stored; nothing may be done then.
    pub async fn enter_verification(&self, account: &str, detail: String) -> Result<(), Fault> {
        self.account_to_change(account)?;
        Ok(self.store.audit().enter(self.entry("account.verify", account, detail)).await?)
    }

    /// Enters that a caller sends a message.
    ///
    /// # Errors
    /// When nothing can be stored; nothing may be sent then.
    pub async fn enter_message(&self, account: &str, detail: String) -> Result<(), Fault> {
        self.account_to_change(account)?;
        Ok(self.store.audit().enter(self.entry("message.send", account, detail)).await?)
    }
}
