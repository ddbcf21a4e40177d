//! Roles that principals were given.

use azure_types::arm::RoleAssignment;
use azure_types::ids::PrincipalId;
use azure_types::requests::{NewRoleAssignment, PrincipalType, Properties};
use azure_types::resource_id::ResourceId;
use http_client::Method;
use uuid::Uuid;

use super::{ArmApi, CallError, authorization_at, body};

impl ArmApi {
    /// The roles that were assigned to a principal, at a scope and above.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn role_assignments(
        &self,
        scope: &ResourceId,
        principal: PrincipalId,
    ) -> Result<Vec<RoleAssignment>, CallError> {
        let filter = format!("assignedTo('{principal}')");
        self.0.list(&format!("{}&$filter={filter}", authorization_at(scope, "roleAssignments"))).await
    }

    /// Gives a role to a service principal, under an id that the caller chooses; a second time is no error.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn assign_role(
        &self,
        scope: &ResourceId,
        assignment: Uuid,
        role: &ResourceId,
        principal: PrincipalId,
    ) -> Result<(), CallError> {
        let path = authorization_at(scope, &format!("roleAssignments/{assignment}"));
        let properties = NewRoleAssignment {
            role_definition_id: role.clone(),
            principal_id: principal,
            principal_type: PrincipalType::ServicePrincipal,
        };
        let body = body(&Properties { properties });
        match self.0.begin(Method::PUT, &path, Some(&body)).await {
            Err(error) if error.is(409) => Ok(()),
            made => made.map(drop),
        }
    }
}
