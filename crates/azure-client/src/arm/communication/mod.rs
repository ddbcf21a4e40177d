//! `Microsoft.Communication`: one file for each type of resource, and what the writing of all of them has in common.
//!
//! `PUT` and `DELETE` may be made again: they end the same. Those that go on after the answer say so, and the
//! resource itself tells when they are done.

mod domains;
mod email_services;
mod senders;
mod services;
mod smtp_usernames;
mod suppression;

use azure_types::communication::API_VERSION;
use azure_types::resource_id::ResourceId;
use http_client::Method;
use serde_json::{Map, Value, json};

pub use self::services::NameAnswer;

use super::{ArmApi, Begun, CallError};

impl ArmApi {
    /// Makes or changes a resource that is there at once and whole: a login for SMTP (Azure does not look whether its
    /// app exists), a suppression list, an address on one.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn put(&self, id: &ResourceId, properties: &Value) -> Result<(), CallError> {
        self.0.begin(Method::PUT, &at(id), Some(&json!({ "properties": properties }))).await.map(drop)
    }

    /// Deletes a resource of `Microsoft.Communication`.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn delete(&self, id: &ResourceId) -> Result<Begun, CallError> {
        self.0.begin(Method::DELETE, &at(id), None).await
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
}

/// A resource of `Microsoft.Communication`.
fn at(id: &ResourceId) -> String {
    format!("{}?api-version={API_VERSION}", id.url_path())
}

/// The list of one type of resources that are nested in it, or an action on it.
fn below(id: &ResourceId, word: &str) -> String {
    format!("{}/{word}?api-version={API_VERSION}", id.url_path())
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
}
