//! Communication services.

use azure_types::arm::GenericResource;
use azure_types::communication::{API_VERSION, CommunicationService, Resource};
use azure_types::ids::SubscriptionId;
use azure_types::requests::{LinkedDomains, NameCheck, Properties, WritableProperties};
use azure_types::resource_id::ResourceId;
use serde::Deserialize;

use super::super::{ArmApi, Begun, CallError, RESOURCES, body};
use super::at;

/// The resource type of communication services.
const SERVICE_TYPE: &str = "Microsoft.Communication/CommunicationServices";

/// Whether a name is free in the whole world.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameAnswer {
    pub name_available: bool,
    /// Why it is not.
    #[serde(default)]
    pub message: Option<String>,
}

impl ArmApi {
    /// The communication services that the caller sees, wherever it was let in.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn services(&self, id: SubscriptionId) -> Result<Vec<GenericResource>, CallError> {
        let filter = format!("resourceType%20eq%20'{SERVICE_TYPE}'");
        self.0.list(&format!("/subscriptions/{id}/resources?api-version={RESOURCES}&$filter={filter}")).await
    }

    /// A communication service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn service(&self, id: &ResourceId) -> Result<Resource<CommunicationService>, CallError> {
        self.0.get(&at(id)).await
    }

    /// Whether a communication service may have that name.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn check_name(&self, id: SubscriptionId, name: &str) -> Result<NameAnswer, CallError> {
        let path = format!("/subscriptions/{id}/providers/Microsoft.Communication/checkNameAvailability");
        let body = body(&NameCheck { name: name.to_owned(), kind: SERVICE_TYPE.to_owned() });
        self.0.post(&format!("{path}?api-version={API_VERSION}"), Some(&body)).await
    }

    /// Makes an email service or a communication service, or writes one again whose making has failed.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_service(&self, id: &ResourceId, data_location: &str) -> Result<Begun, CallError> {
        let data_location = Some(data_location.to_owned());
        self.put_whole(id, WritableProperties { data_location, ..WritableProperties::default() }).await
    }

    /// Says which domains a communication service sends from, in place of those before.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn link(
        &self,
        service: &ResourceId,
        domains: &[String],
    ) -> Result<Resource<CommunicationService>, CallError> {
        let body = body(&Properties { properties: LinkedDomains { linked_domains: domains.to_vec() } });
        self.0.patch(&at(service), &body).await
    }
}
