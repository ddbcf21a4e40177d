//! Email services: what domains are part of.

use azure_types::arm::GenericResource;
use azure_types::communication::{API_VERSION, EmailService, Resource};
use azure_types::ids::SubscriptionId;
use azure_types::resource_id::ResourceId;

use super::super::{ArmApi, CallError};
use super::at;

impl ArmApi {
    /// The email services of a subscription.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn email_services(&self, id: SubscriptionId) -> Result<Vec<GenericResource>, CallError> {
        let path = format!("/subscriptions/{id}/providers/Microsoft.Communication/emailServices");
        self.0.list(&format!("{path}?api-version={API_VERSION}")).await
    }

    /// An email service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn email_service(&self, id: &ResourceId) -> Result<Resource<EmailService>, CallError> {
        self.0.get(&at(id)).await
    }
}
