//! What the caller may do.

use azure_types::permission::Permission;
use azure_types::resource_id::ResourceId;

use super::{ArmApi, CallError, authorization_at};

impl ArmApi {
    /// What the caller may do at a scope, entry by entry.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn permissions(&self, scope: &ResourceId) -> Result<Vec<Permission>, CallError> {
        self.0.list(&authorization_at(scope, "permissions")).await
    }
}
