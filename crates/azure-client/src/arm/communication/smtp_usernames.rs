//! Logins for SMTP of a communication service.

use azure_types::communication::{Resource, SmtpUsername};
use azure_types::resource_id::ResourceId;

use super::super::{ArmApi, CallError};
use super::below;

impl ArmApi {
    /// The logins for SMTP of a communication service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn smtp_usernames(
        &self,
        service: &ResourceId,
    ) -> Result<Vec<Resource<SmtpUsername>>, CallError> {
        self.0.list(&below(service, "smtpUsernames")).await
    }

    /// Makes or changes a login for SMTP. Azure does not look whether its app exists.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_smtp_username(&self, id: &ResourceId, login: SmtpUsername) -> Result<(), CallError> {
        self.put(id, login).await
    }
}
