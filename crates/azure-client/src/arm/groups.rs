//! Resource groups.

use azure_types::requests::NewGroup;
use azure_types::resource_id::ResourceId;
use http_client::Method;
use serde::Deserialize;

use super::{ArmApi, Begun, CallError, RESOURCES, body};

/// A resource group.
#[derive(Clone, Debug, Deserialize)]
pub struct ResourceGroup {
    /// Where it is kept.
    pub location: String,
}

impl ArmApi {
    /// A resource group.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn group(&self, id: &ResourceId) -> Result<ResourceGroup, CallError> {
        self.0.get(&group_at(id)).await
    }

    /// Makes a resource group.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_group(&self, id: &ResourceId, location: &str) -> Result<(), CallError> {
        let body = body(&NewGroup { location: location.to_owned() });
        self.0.begin(Method::PUT, &group_at(id), Some(&body)).await.map(drop)
    }

    /// Deletes a resource group with all that is in it.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn delete_group(&self, id: &ResourceId) -> Result<Begun, CallError> {
        self.0.begin(Method::DELETE, &group_at(id), None).await
    }
}

fn group_at(id: &ResourceId) -> String {
    format!("{}?api-version={RESOURCES}", id.url_path())
}
