//! The smallest role that sends, for the app of the account.

use azure_client::fault::explain;

use super::super::role::{properties, smallest_role};
use super::senders::named;
use super::{Context, NotDone};

impl Context {
    /// Makes the role and gives it to the app. Ids follow from the service, so that a second time changes nothing.
    pub(super) async fn give_access(&self) -> Result<(), NotDone> {
        let (azure, scope) = (&self.azure, self.ids.service());
        let principal = azure.graph.principal(azure.connection.client).await.map_err(|error| {
            let why = explain(&error);
            let client = azure.connection.client;
            NotDone::Failed(format!(
                "Graph does not tell who the app is at Entra ({why}). Somebody who may gives it the role: \
                 az role assignment create --assignee {client} --role \"Communication and Email Service Owner\" \
                 --scope \"{scope}\""
            ))
        })?;
        // Roles are defined for groups, and given at the service itself.
        let group = self.ids.group();
        let role = smallest_role(azure.account.name.as_str(), &group.to_string());
        let id = named(group, &role.name);
        let id = azure.arm.put_role(group, id, properties(role)).await?;
        let assignment = named(scope, &format!("role for {principal}"));
        azure.arm.assign_role(scope, assignment, &id, principal).await?;
        Ok(())
    }
}
