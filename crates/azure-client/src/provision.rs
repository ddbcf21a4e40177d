//! Resource Manager, writing: what mail needs at Azure, one call for each kind of resource.
//!
//! `PUT` and `DELETE` may be made again: they end the same. Those that go on after the answer say so, and the
//! resource itself tells when they are done.

use azure_types::communication::{
    API_VERSION, CommunicationService, EmailService, Resource, SuppressedAddress, SuppressionList,
};
use azure_types::ids::{PrincipalId, SubscriptionId};
use azure_types::resource_id::ResourceId;
use http_client::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::arm::{ArmApi, Begun, CallError, Operation, at, list_at};

const GROUPS: &str = "2021-04-01";
const AUTHORIZATION: &str = "2022-04-01";
const AUTHORIZATION_NAMESPACE: &str = "Microsoft.Authorization";

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
    pub name_available: bool,
    /// Why it is not.
    #[serde(default)]
    pub message: Option<String>,
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
        let body = json!({ "location": location });
        self.0.begin(Method::PUT, &group_at(id), Some(&body)).await.map(drop)
    }

    /// Deletes a resource group with all that is in it.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn delete_group(&self, id: &ResourceId) -> Result<Begun, CallError> {
        self.0.begin(Method::DELETE, &group_at(id), None).await
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

    /// An email service.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn email_service(&self, id: &ResourceId) -> Result<Resource<EmailService>, CallError> {
        self.0.get(&at(id)).await
    }

    /// Makes an email service or a communication service, or writes one again whose making has failed.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_service(&self, id: &ResourceId, data_location: &str) -> Result<Begun, CallError> {
        self.put_whole(id, &json!({ "dataLocation": data_location })).await
    }

    /// Writes a resource that has a location. A PUT replaces at Azure: tags, identity and links that it does not
    /// repeat are gone, so that what is there is looked at first.
    async fn put_whole(&self, id: &ResourceId, properties: &Value) -> Result<Begun, CallError> {
        let there = match self.0.get::<Value>(&at(id)).await {
            Ok(there) => there,
            Err(error) if error.is(404) => Value::Null,
            Err(error) => return Err(error),
        };
        self.0.begin(Method::PUT, &at(id), Some(&repeated(&there, properties))).await
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
        let body = json!({ "properties": { "linkedDomains": domains } });
        self.0.patch(&at(service), &body).await
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

    /// Makes or changes a sender username.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_sender(
        &self,
        domain: &ResourceId,
        username: &str,
        display_name: Option<&str>,
    ) -> Result<(), CallError> {
        let id = domain.child("senderUsernames", username);
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
    pub async fn put(&self, id: &ResourceId, properties: &Value) -> Result<(), CallError> {
        self.0.begin(Method::PUT, &at(id), Some(&json!({ "properties": properties }))).await.map(drop)
    }

    /// The suppression lists of a domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn suppression_lists(
        &self,
        domain: &ResourceId,
    ) -> Result<Vec<Resource<SuppressionList>>, CallError> {
        self.0.list(&list_at(domain, "suppressionLists")).await
    }

    /// The addresses on a suppression list.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn suppressed_addresses(
        &self,
        list: &ResourceId,
    ) -> Result<Vec<Resource<SuppressedAddress>>, CallError> {
        self.0.list(&list_at(list, "suppressionListAddresses")).await
    }

    /// Deletes a resource of `Microsoft.Communication`.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn delete(&self, id: &ResourceId) -> Result<Begun, CallError> {
        self.0.begin(Method::DELETE, &at(id), None).await
    }

    /// Gives a role to a service principal, under an id that is chosen by whoever asks; a second time is no error.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn assign_role(
        &self,
        scope: &ResourceId,
        assignment: Uuid,
        role: &ResourceId,
        principal: PrincipalId,
    ) -> Result<(), CallError> {
        let id = scope.resource(AUTHORIZATION_NAMESPACE, "roleAssignments", &assignment.to_string());
        let path = format!("{}?api-version={AUTHORIZATION}", id.url_path());
        let properties = json!({
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        });
        let body = json!({ "properties": properties });
        match self.0.begin(Method::PUT, &path, Some(&body)).await {
            Err(error) if error.is(409) => Ok(()),
            made => made.map(drop),
        }
    }

    /// Makes or changes a role, under an id that is chosen by whoever asks.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put_role(
        &self,
        scope: &ResourceId,
        role: Uuid,
        properties: &Value,
    ) -> Result<ResourceId, CallError> {
        let id = scope.resource(AUTHORIZATION_NAMESPACE, "roleDefinitions", &role.to_string());
        let path = format!("{}?api-version={AUTHORIZATION}", id.url_path());
        let body = json!({ "properties": properties });
        self.0.begin(Method::PUT, &path, Some(&body)).await?;
        Ok(id)
    }

    /// What became of something that was begun; `None` where Azure has not said where to ask.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn operation(&self, begun: &Begun) -> Result<Option<Operation>, CallError> {
        self.0.operation(begun).await
    }

    async fn act(&self, id: &ResourceId, action: &str, body: &Value) -> Result<Begun, CallError> {
        self.0.begin(Method::POST, &list_at(id, action), Some(body)).await
    }
}

/// Properties that can be written; the others are Azure's own, and it refuses or ignores them.
const WRITABLE: [&str; 6] = [
    "dataLocation",
    "linkedDomains",
    "disableLocalAuth",
    "publicNetworkAccess",
    "domainManagement",
    "userEngagementTracking",
];

/// The body of a PUT: some properties, and all else as it was found.
fn repeated(there: &Value, properties: &Value) -> Value {
    let mut whole = json!({});
    for name in WRITABLE {
        let value = properties.get(name).or_else(|| there["properties"].get(name));
        if let Some(value) = value.filter(|value| !value.is_null()) {
            whole[name] = value.clone();
        }
    }
    let location = there["location"].as_str().unwrap_or("Global");
    let mut body = json!({ "location": location, "properties": whole });
    if let Some(tags) = there["tags"].as_object() {
        body["tags"] = json!(tags);
    }
    if let Some(kind) = there["identity"]["type"].as_str() {
        body["identity"] = json!({ "type": kind });
        if let Some(users) = there["identity"]["userAssignedIdentities"].as_object() {
            // What is shown of each is Azure's; its id alone is written.
            let ids: Map<String, Value> = users.keys().map(|id| (id.clone(), json!({}))).collect();
            body["identity"]["userAssignedIdentities"] = ids.into();
        }
    }
    body
}

fn group_at(id: &ResourceId) -> String {
    format!("{}?api-version={GROUPS}", id.url_path())
}

fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "Enabled" } else { "Disabled" }
}

/// One segment of a path, percent-encoded.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_put_repeats_what_is_there_and_nothing_that_is_azures_own() {
        let asked = json!({ "dataLocation": "Europe" });
        let new = json!({ "location": "Global", "properties": asked });
        assert_eq!(repeated(&Value::Null, &asked), new);
        assert_eq!(repeated(&json!({ "tags": null, "identity": null, "properties": null }), &asked), new);
        let there = json!({
            "id": "/s", "name": "s", "type": "t", "location": "global", "systemData": {}, "tags": { "a": "b" },
            "identity": {
                "type": "SystemAssigned,UserAssigned", "principalId": "p", "tenantId": "t",
                "userAssignedIdentities": { "/u": { "clientId": "c", "principalId": "p" } },
            },
            "properties": {
                "provisioningState": "Failed", "hostName": "s.europe", "immutableResourceId": "i",
                "dataLocation": "europe", "linkedDomains": ["/d"], "disableLocalAuth": true,
                "publicNetworkAccess": null,
            },
        });
        let expected = json!({
            "location": "global", "tags": { "a": "b" },
            "identity": { "type": "SystemAssigned,UserAssigned", "userAssignedIdentities": { "/u": {} } },
            "properties": { "dataLocation": "Europe", "linkedDomains": ["/d"], "disableLocalAuth": true },
        });
        assert_eq!(repeated(&there, &asked), expected);
    }

    #[test]
    fn a_segment_is_one_whatever_is_in_it() {
        assert_eq!(segment("no-reply_1.x~"), "no-reply_1.x~");
        assert_eq!(segment("$(reboot)/../?a"), "%24%28reboot%29%2F..%2F%3Fa");
    }
}
