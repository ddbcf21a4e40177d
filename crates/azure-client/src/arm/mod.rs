//! Resource Manager: what a subscription is and has, and what may be done there. One file for each type of resource.

mod communication;
mod dns_zones;
mod groups;
mod permissions;
mod providers;
mod role_assignments;
mod role_definitions;
mod subscriptions;

use std::sync::Arc;

use azure_types::resource_id::ResourceId;
use clock::Sources;

pub use self::communication::NameAnswer;
pub use self::groups::ResourceGroup;
pub use self::subscriptions::tenant_of;
pub use crate::management::{Begun, CallError, Operation};

use crate::credential::Credential;
use crate::failure::RequestFailure;
use crate::gate::Gate;
use crate::http::Http;
use crate::management::{Management, body};

/// Resource Manager, for one account.
#[derive(Clone, Debug)]
pub struct ArmApi(Management);

const RESOURCES: &str = "2021-04-01";
const AUTHORIZATION: &str = "2022-04-01";

impl ArmApi {
    /// Resource Manager at `base_url`, to which the credential's tokens are addressed.
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

    /// An id that Azure wrote: of a linked domain and the like.
    ///
    /// # Errors
    /// When it is none.
    pub fn resource_id(&self, text: &str) -> Result<ResourceId, RequestFailure> {
        text.parse().map_err(|error| self.0.garbled(&error))
    }

    /// What became of something that was begun; `None` where Azure has not said where to ask.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn operation(&self, begun: &Begun) -> Result<Option<Operation>, CallError> {
        self.0.operation(begun).await
    }
}

/// What `Microsoft.Authorization` has of a scope.
fn authorization_at(scope: &ResourceId, what: &str) -> String {
    format!("{}/providers/Microsoft.Authorization/{what}?api-version={AUTHORIZATION}", scope.url_path())
}
