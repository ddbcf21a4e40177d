//! Email domains and their verification.

use azure_types::communication::{Domain, Resource};
use azure_types::resource_id::ResourceId;
use http_client::Method;
use serde_json::{Value, json};

use super::super::{ArmApi, Begun, CallError};
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
        tracking: bool,
    ) -> Result<Begun, CallError> {
        let properties =
            json!({ "domainManagement": management, "userEngagementTracking": on_or_off(tracking) });
        self.put_whole(id, &properties).await
    }

    /// Says whether opens and clicks are followed.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn track(&self, domain: &ResourceId, tracking: bool) -> Result<Begun, CallError> {
        let body = json!({ "properties": { "userEngagementTracking": on_or_off(tracking) } });
        self.0.begin(Method::PATCH, &at(domain), Some(&body)).await
    }

    /// Asks for one part of a domain to be verified: `Domain`, `SPF`, `DKIM`, `DKIM2`. The answer comes long before
    /// the verdict, and until the operation is over that it begins, the domain may still show what became of the last
    /// attempt.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`]; 409 where that is under way or done.
    pub async fn initiate_verification(&self, domain: &ResourceId, part: &str) -> Result<Begun, CallError> {
        self.act(domain, "initiateVerification", &json!({ "verificationType": part })).await
    }

    /// Takes that back.
    ///
    /// # Errors
    /// As [`ArmApi::initiate_verification`].
    pub async fn cancel_verification(&self, domain: &ResourceId, part: &str) -> Result<Begun, CallError> {
        self.act(domain, "cancelVerification", &json!({ "verificationType": part })).await
    }

    async fn act(&self, id: &ResourceId, action: &str, body: &Value) -> Result<Begun, CallError> {
        self.0.begin(Method::POST, &below(id, action), Some(body)).await
    }
}

fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "Enabled" } else { "Disabled" }
}
