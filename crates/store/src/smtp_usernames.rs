//! SMTP usernames as rows: what Azure listed last, for those who log in by them.

use model::id::AccountId;
use model::name::ServiceName;
use model::smtp_username::SmtpUsername;

use crate::StoreError;
use crate::engine::{Engine, on_engine};

/// A handle to the SMTP usernames.
#[derive(Clone)]
pub struct SmtpUsernames(Engine);

impl SmtpUsernames {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// Keeps what Azure lists of one service in place of what it listed before.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn replace(
        &self,
        account: AccountId,
        service: ServiceName,
        listed: Vec<SmtpUsername>,
    ) -> Result<(), StoreError> {
        on_engine!(self.0, smtp_usernames.replace(account, service, listed).await)
    }
}
