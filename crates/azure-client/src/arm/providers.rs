//! Resource providers.

use azure_types::arm::Provider;
use azure_types::ids::SubscriptionId;

use super::{ArmApi, CallError, RESOURCES};

impl ArmApi {
    /// A resource provider, as the subscription has it.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn provider(&self, id: SubscriptionId, namespace: &str) -> Result<Provider, CallError> {
        self.0.get(&format!("/subscriptions/{id}/providers/{namespace}?api-version={RESOURCES}")).await
    }

    /// Asks for a resource provider; it takes a while.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn register(&self, id: SubscriptionId, namespace: &str) -> Result<Provider, CallError> {
        let path = format!("/subscriptions/{id}/providers/{namespace}/register?api-version={RESOURCES}");
        self.0.post(&path, None).await
    }
}
