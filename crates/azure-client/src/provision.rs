//! Resource Manager, writing: what mail needs at Azure, one call for each kind of resource.
//!
//! `PUT` and `DELETE` may be made again: they end the same. Those that go on after the answer say so, and the
//! resource itself tells when they are done.

use azure_types::communication::{
    API_VERSION, CommunicationService, EmailService, Resource, SuppressedAddress, SuppressionList,
};
use azure_types::ids::{PrincipalId, SubscriptionId};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arm::{ArmApi, Begun, CallError, Operation};

const GROUPS: &str = "2021-04-01";
const AUTHORIZATION: &str = "2022-04-01";

/// A resource group.
#[derive(Clone, Debug, Deserialize)]
pub struct ResourceGroup {
    /// Where it is kept.
    pub location: String,
}

/// Whether a name is free in the whole world.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameAnswer {
    /// It is.
    pub name_available: bool,
    /// Why it is not.
    #[serde(default)]
    pub message: Option<String>,
}

impl ArmApi {
    /// A resource group, by its ARM id.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn group(&self, id: &str) -> Result<ResourceGroup, CallError> {
        self.0.get(&format!("{id}?api-version={GROUPS}")).await
    }

    /// Makes a resource group.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_group(&self, id: &str, location: &str) -> Result<(), CallError> {
        let body = json!({ "location": location });
        self.0.begin(Method::PUT, &format!("{id}?api-version={GROUPS}"), Some(&body)).await.map(drop)
    }

    /// Deletes a resource group with all that is in it.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn delete_group(&self, id: &str) -> Result<Begun, CallError> {
        self.0.begin(Method::DELETE, &format!("{id}?api-version={GROUPS}"), None).await
    }

    /// Whether a communication service may have that name.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn check_name(&self, id: SubscriptionId, name: &str) -> Result<NameAnswer, CallError> {
        let path = format!("/subscriptions/{id}/providers/Microsoft.Communication/checkNameAvailability");
        let body = json!({ "name": name, "type": "Microsoft.Communication/CommunicationServices" });
        self.0.post(&format!("{path}?api-version={API_VERSION}"), Some(&body)).await
    }

    /// An email service by its ARM id.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn email_service(&self, id: &str) -> Result<Resource<EmailService>, CallError> {
        self.0.get(&at(id)).await
    }

    /// Makes an email service or a communication service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_service(&self, id: &str, data_location: &str) -> Result<Begun, CallError> {
        let body = json!({ "location": "Global", "properties": { "dataLocation": data_location } });
        self.0.begin(Method::PUT, &at(id), Some(&body)).await
    }

    /// Says which domains a communication service sends from, in place of those before.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn link(
        &self,
        service: &str,
        domains: &[String],
    ) -> Result<Resource<CommunicationService>, CallError> {
        let body = json!({ "properties": { "linkedDomains": domains } });
        self.0.patch(&at(service), &body).await
    }

    /// Makes a domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_domain(&self, id: &str, management: &str, tracking: bool) -> Result<Begun, CallError> {
        let properties =
            json!({ "domainManagement": management, "userEngagementTracking": on_or_off(tracking) });
        let body = json!({ "location": "Global", "properties": properties });
        self.0.begin(Method::PUT, &at(id), Some(&body)).await
    }

    /// Says whether opens and clicks are followed.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn track(&self, domain: &str, tracking: bool) -> Result<Begun, CallError> {
        let body = json!({ "properties": { "userEngagementTracking": on_or_off(tracking) } });
        self.0.begin(Method::PATCH, &at(domain), Some(&body)).await
    }

    /// Asks for one part of a domain to be verified: `Domain`, `SPF`, `DKIM`, `DKIM2`. The answer comes long before
    /// the verdict.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`]; 409 where that is under way or done.
    pub async fn initiate_verification(&self, domain: &str, part: &str) -> Result<(), CallError> {
        self.act(domain, "initiateVerification", &json!({ "verificationType": part })).await
    }

    /// Takes that back.
    ///
    /// # Errors
    /// As [`ArmApi::initiate_verification`].
    pub async fn cancel_verification(&self, domain: &str, part: &str) -> Result<(), CallError> {
        self.act(domain, "cancelVerification", &json!({ "verificationType": part })).await
    }

    /// Makes or changes a sender username.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_sender(
        &self,
        domain: &str,
        username: &str,
        display_name: Option<&str>,
    ) -> Result<(), CallError> {
        let id = format!("{domain}/senderUsernames/{}", segment(username));
        let mut properties = json!({ "username": username });
        if let Some(name) = display_name {
            properties["displayName"] = name.into();
        }
        self.0.begin(Method::PUT, &at(&id), Some(&json!({ "properties": properties }))).await.map(drop)
    }

    /// Makes or changes a resource that is there at once and whole: a login for SMTP (Azure does not look whether its
    /// app exists), a suppression list, an address on one.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put(&self, id: &str, properties: &Value) -> Result<(), CallError> {
        self.0.begin(Method::PUT, &at(id), Some(&json!({ "properties": properties }))).await.map(drop)
    }

    /// The suppression lists of a domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn suppression_lists(&self, domain: &str) -> Result<Vec<Resource<SuppressionList>>, CallError> {
        self.0.list(&at(&format!("{domain}/suppressionLists"))).await
    }

    /// The addresses on a suppression list.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn suppressed_addresses(
        &self,
        list: &str,
    ) -> Result<Vec<Resource<SuppressedAddress>>, CallError> {
        self.0.list(&at(&format!("{list}/suppressionListAddresses"))).await
    }

    /// Deletes a resource of `Microsoft.Communication`, by its ARM id.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn delete(&self, id: &str) -> Result<Begun, CallError> {
        self.0.begin(Method::DELETE, &at(id), None).await
    }

    /// Gives a role to a service principal, under an id that is chosen by whoever asks; a second time is no error.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn assign_role(
        &self,
        scope: &str,
        assignment: Uuid,
        role: &str,
        principal: PrincipalId,
    ) -> Result<(), CallError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}");
        let properties = json!({
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        });
        let body = json!({ "properties": properties });
        let made =
            self.0.begin(Method::PUT, &format!("{path}?api-version={AUTHORIZATION}"), Some(&body)).await;
        match made {
            Err(error) if error.is(409) => Ok(()),
            made => made.map(drop),
        }
    }

    /// Makes or changes a role, under an id that is chosen by whoever asks.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_role(&self, scope: &str, role: Uuid, properties: &Value) -> Result<String, CallError> {
        let id = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}");
        let body = json!({ "properties": properties });
        self.0.begin(Method::PUT, &format!("{id}?api-version={AUTHORIZATION}"), Some(&body)).await?;
        Ok(id)
    }

    /// What became of something that was begun; `None` where Azure has not said where to ask.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn operation(&self, begun: &Begun) -> Result<Option<Operation>, CallError> {
        self.0.operation(begun).await
    }

    async fn act(&self, id: &str, action: &str, body: &Value) -> Result<(), CallError> {
        let path = format!("{id}/{action}?api-version={API_VERSION}");
        self.0.begin(Method::POST, &path, Some(body)).await.map(drop)
    }
}

fn at(id: &str) -> String {
    format!("{id}?api-version={API_VERSION}")
}

fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "Enabled" } else { "Disabled" }
}

/// One segment of a path, percent-encoded.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            encoded.push_str(&format!("%{octet:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_one_whatever_is_in_it() {
        assert_eq!(segment("no-reply_1.x~"), "no-reply_1.x~");
        assert_eq!(segment("$(reboot)/../?a"), "%24%28reboot%29%2F..%2F%3Fa");
    }
}
