//! Locks of logins and networks that an operator lifts. The login guard keeps them in memory; that somebody lifted them is
//! entered here, before it is done.

use crate::Control;
use crate::error::ControlError;

impl Control {
    /// Enters that the locks of a credential's login are lifted.
    ///
    /// # Errors
    /// When nothing can be stored; nothing may be lifted then.
    pub async fn enter_unlock(&self, login: &str, detail: String) -> Result<(), ControlError> {
        Ok(self.store.audit().enter(self.entry("credential.unlock", login, detail)).await?)
    }

    /// Enters that a ban of a network, or of a login that no credential has, is lifted.
    ///
    /// # Errors
    /// When nothing can be stored; nothing may be lifted then.
    pub async fn enter_lift(&self, which: &str, detail: String) -> Result<(), ControlError> {
        Ok(self.store.audit().enter(self.entry("ban.lift", which, detail)).await?)
    }
}
