//! Email domains and their verification.

use azure_types::communication::{Domain, Resource};
use azure_types::requests::{
    EngagementTracking, Properties, Switch, VerificationRequest, WritableProperties,
};
use azure_types::resource_id::ResourceId;
use http_client::Method;

use super::super::{ArmApi, Begun, CallError, body};
use super::{at, below};

impl ArmApi {
    /// The domains of an email service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn domains(&self, email_service: &ResourceId) -> Result<Vec<Resource<Domain>>, CallError> {
        self.0.list(&below(email_service, "domains")).await
    }

    /// An email domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn domain(&self, id: &ResourceId) -> Result<Resource<Domain>, CallError> {
        self.0.get(&at(id)).await
    }

    /// Makes a domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_domain(
        &self,
        id: &ResourceId,
        management: &str,
        tracking: Switch,
    ) -> Result<Begun, CallError> {
        let properties = WritableProperties {
            domain_management: Some(management.to_owned()),
            user_engagement_tracking: Some(tracking.to_string()),
            ..WritableProperties::default()
        };
        self.put_whole(id, properties).await
    }

    /// Says whether opens and clicks are followed.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn track(&self, domain: &ResourceId, tracking: Switch) -> Result<Begun, CallError> {
        let body =
            body(&Properties { properties: EngagementTracking { user_engagement_tracking: tracking } });
        self.0.begin(Method::PATCH, &at(domain), Some(&body)).await
    }

    /// Asks for one part of a domain to be verified: `Domain`, `SPF`, `DKIM`, `DKIM2`. The answer comes long before
    /// the verdict, and until the operation is over that it begins, the domain may still show what became of the last
    /// attempt.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`]; 409 where that is under way or done.
    pub async fn initiate_verification(&self, domain: &ResourceId, part: &str) -> Result<Begun, CallError> {
        self.ask_of(domain, "initiateVerification", part).await
    }

    /// Takes that back.
    ///
    /// # Errors
    /// As [`ArmApi::initiate_verification`].
    pub async fn cancel_verification(&self, domain: &ResourceId, part: &str) -> Result<Begun, CallError> {
        self.ask_of(domain, "cancelVerification", part).await
    }

    async fn ask_of(&self, domain: &ResourceId, action: &str, part: &str) -> Result<Begun, CallError> {
        let body = body(&VerificationRequest { verification_type: part.to_owned() });
        self.0.begin(Method::POST, &below(domain, action), Some(&body)).await
    }
}
