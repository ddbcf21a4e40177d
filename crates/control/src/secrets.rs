//! The key that all secrets are sealed under.

use store::{MasterKey, StoreError};

use crate::Control;
use crate::error::{Fault, Invalid};

impl Control {
    /// Seals all secrets under a new master key: a fresh one, or the one that is given in base64. Says how many
    /// secrets there are.
    ///
    /// # Errors
    /// When the key is not one, none is given although the server does not keep its key itself, or nothing can
    /// be written.
    pub async fn rewrap(&self, key: Option<&str>) -> Result<usize, Fault> {
        self.caller.may_administer()?;
        let key = match key {
            Some(text) => MasterKey::parse(text)
                .ok_or_else(|| Invalid::new("master_key", "it is not 32 bytes in base64"))?,
            None if self.store.keeps_its_key() => MasterKey::generate().map_err(StoreError::from)?,
            None => {
                let reason = "the server is given its key by POSTERN_MASTER_KEY: make a new one, for example with \
                              `openssl rand -base64 32`, and name its file with --key-file";
                return Err(Invalid::new("master_key", reason).into());
            }
        };
        let audit = self.entry("secrets.rewrap", format!("key {}", key.id()), "");
        Ok(self.store.rewrap(key, audit).await?)
    }
}
