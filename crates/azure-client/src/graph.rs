//! Graph: an app's own registration, and its secrets.

use std::sync::Arc;

use azure_types::graph::{
    AddPassword, AppRoleAssignment, Application, DirectoryObject, PasswordCredential, RemovePassword,
};
use azure_types::ids::{ClientId, PrincipalId};
use clock::Sources;
use serde_json::Value;
use uuid::Uuid;

use crate::arm::CallError;
use crate::credential::Credential;
use crate::gate::Gate;
use crate::http::Http;
use crate::management::{Management, body};

/// Graph, for one account.
#[derive(Clone, Debug)]
pub struct GraphApi(Management);

impl GraphApi {
    /// Graph at `base_url`, to which the credential's tokens are addressed.
    #[must_use]
    pub fn new(
        http: Http,
        base_url: &str,
        credential: Arc<dyn Credential>,
        sources: Sources,
        gate: Arc<Gate>,
    ) -> Self {
        Self(Management::new(http, base_url, credential, sources, gate))
    }

    /// The registration of an app.
    ///
    /// # Errors
    /// As all calls: no token, no connection, or Azure says no.
    pub async fn application(&self, client: ClientId) -> Result<Application, CallError> {
        let select = "id,appId,displayName,passwordCredentials,keyCredentials";
        self.0.get(&format!("/v1.0/applications(appId='{client}')?$select={select}")).await
    }

    /// The service principal of an app.
    ///
    /// # Errors
    /// As [`GraphApi::application`].
    pub async fn principal(&self, client: ClientId) -> Result<PrincipalId, CallError> {
        let path = format!("/v1.0/servicePrincipals(appId='{client}')?$select=id");
        self.0.get::<DirectoryObject>(&path).await.map(|found| found.id)
    }

    /// Who owns the registration of an app.
    ///
    /// # Errors
    /// As [`GraphApi::application`].
    pub async fn owners(&self, client: ClientId) -> Result<Vec<PrincipalId>, CallError> {
        let path = format!("/v1.0/applications(appId='{client}')/owners?$select=id");
        let owners: Vec<DirectoryObject> = self.0.list(&path).await?;
        Ok(owners.into_iter().map(|owner| owner.id).collect())
    }

    /// The app roles that a service principal was given, by their ids.
    ///
    /// # Errors
    /// As [`GraphApi::application`]; an app that may change its own registration may not always read this.
    pub async fn app_roles(&self, principal: PrincipalId) -> Result<Vec<Uuid>, CallError> {
        let path = format!("/v1.0/servicePrincipals/{principal}/appRoleAssignments");
        let given: Vec<AppRoleAssignment> = self.0.list(&path).await?;
        Ok(given.into_iter().map(|one| one.app_role_id).collect())
    }

    /// Makes a client secret. Its value is in the answer and nowhere else.
    ///
    /// # Errors
    /// As [`GraphApi::application`].
    pub async fn add_password(
        &self,
        client: ClientId,
        password: &AddPassword,
    ) -> Result<PasswordCredential, CallError> {
        let path = format!("/v1.0/applications(appId='{client}')/addPassword");
        self.0.post(&path, Some(&body(password))).await
    }

    /// Takes a client secret away.
    ///
    /// # Errors
    /// As [`GraphApi::application`].
    pub async fn remove_password(&self, client: ClientId, key: &RemovePassword) -> Result<(), CallError> {
        let path = format!("/v1.0/applications(appId='{client}')/removePassword");
        self.0.post::<Value>(&path, Some(&body(key))).await.map(drop)
    }
}
