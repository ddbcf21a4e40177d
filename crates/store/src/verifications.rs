//! What the last look at each account found.

use model::id::AccountId;

use crate::engine::{Engine, on_engine};
use crate::{KeptVerification, StoreError};

/// A handle to the verifications.
#[derive(Clone)]
pub struct Verifications(Engine);

impl Verifications {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Keeps a verification in place of the one before.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn keep(&self, account: AccountId, kept: KeptVerification) -> Result<(), StoreError> {
        on_engine!(self.0, verifications.keep(account, kept).await)
    }

    /// The last one of an account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last(&self, account: AccountId) -> Result<Option<KeptVerification>, StoreError> {
        on_engine!(self.0, verifications.last(account).await)
    }
}
