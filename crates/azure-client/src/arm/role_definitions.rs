//! Roles.

use azure_types::requests::{NewRole, Properties};
use azure_types::resource_id::ResourceId;
use http_client::Method;
use uuid::Uuid;

use super::{AUTHORIZATION, ArmApi, CallError, body};

impl ArmApi {
    /// Makes or changes a role, under an id that the caller chooses.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_role(
        &self,
        scope: &ResourceId,
        role: Uuid,
        properties: NewRole,
    ) -> Result<ResourceId, CallError> {
        let id = scope.resource("Microsoft.Authorization", "roleDefinitions", &role.to_string());
        let path = format!("{}?api-version={AUTHORIZATION}", id.url_path());
        let body = body(&Properties { properties });
        self.0.begin(Method::PUT, &path, Some(&body)).await?;
        Ok(id)
    }
}
