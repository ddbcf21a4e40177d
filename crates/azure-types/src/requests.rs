//! Bodies of requests to Resource Manager: what is written of a resource, as Azure takes it.
//!
//! Senders, logins for SMTP, suppression lists and their addresses are written as they are read:
//! [`SenderUsername`](crate::communication::SenderUsername) and the like, in [`Properties`].

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::PrincipalId;
use crate::resource_id::ResourceId;

/// A body with properties and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Properties<P> {
    pub properties: P,
}

/// A resource group to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewGroup {
    /// `westeurope` and the like.
    pub location: String,
}

/// A question whether a name is free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameCheck {
    pub name: String,
    /// The type of resource that gets it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The domains that a communication service sends from, in place of those before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedDomains {
    /// ARM ids, those that Azure listed word for word.
    pub linked_domains: Vec<String>,
}

/// Whether opens and clicks are followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngagementTracking {
    pub user_engagement_tracking: Switch,
}

/// A part of a domain's verification to be begun or cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerificationRequest {
    /// `Domain`, `SPF`, `DKIM` or `DKIM2`.
    pub verification_type: String,
}

/// A role that a principal is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRoleAssignment {
    pub role_definition_id: ResourceId,
    pub principal_id: PrincipalId,
    pub principal_type: PrincipalType,
}

/// What kind of principal a role is given to. Without it, Azure rejects a principal that is new to its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PrincipalType {
    ServicePrincipal,
}

/// A custom role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRole {
    /// Unique in the directory.
    pub role_name: String,
    pub description: String,
    /// `CustomRole`: a role of Azure's own cannot be written.
    #[serde(rename = "type")]
    pub kind: String,
    pub permissions: Vec<RolePermission>,
    /// Where it may be given.
    pub assignable_scopes: Vec<String>,
}

/// What a custom role allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolePermission {
    pub actions: Vec<String>,
    pub not_actions: Vec<String>,
}

/// Azure's word for on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Switch {
    Enabled,
    Disabled,
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
        })
    }
}

impl From<bool> for Switch {
    fn from(is_on: bool) -> Self {
        if is_on { Self::Enabled } else { Self::Disabled }
    }
}

/// A resource with a location, as far as it can be written. A PUT replaces at Azure, so that it is read before it is
/// written: what is Azure's own is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writable {
    /// `Global` if absent.
    pub location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, Option<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    #[serde(default)]
    pub properties: Option<WritableProperties>,
}

/// The identities of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// `None`, `SystemAssigned` and the like.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_assigned_identities: Option<BTreeMap<String, UserAssigned>>,
}

/// An identity that is given by its id alone; what is shown of it is Azure's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserAssigned {}

/// Properties that can be written of services and domains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WritableProperties {
    /// `Europe` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_domains: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_local_auth: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<String>,
    /// `AzureManaged` or `CustomerManaged`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_management: Option<String>,
    /// `Enabled` or `Disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_engagement_tracking: Option<String>,
}

impl Writable {
    /// The body of a PUT: these properties, and all else as it is there.
    #[must_use]
    pub fn over(properties: WritableProperties, there: Option<Self>) -> Self {
        let Self { location, tags, identity, properties: kept } = there.unwrap_or_default();
        let kept = kept.unwrap_or_default();
        Self {
            location: Some(location.unwrap_or_else(|| "Global".to_owned())),
            tags,
            identity: identity.filter(|identity| identity.kind.is_some()),
            properties: Some(WritableProperties {
                data_location: properties.data_location.or(kept.data_location),
                linked_domains: properties.linked_domains.or(kept.linked_domains),
                disable_local_auth: properties.disable_local_auth.or(kept.disable_local_auth),
                public_network_access: properties.public_network_access.or(kept.public_network_access),
                domain_management: properties.domain_management.or(kept.domain_management),
                user_engagement_tracking: properties
                    .user_engagement_tracking
                    .or(kept.user_engagement_tracking),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::communication::{SenderUsername, SmtpUsername, SuppressedAddress, SuppressionList};

    fn written(body: &impl Serialize) -> Value {
        serde_json::to_value(body).unwrap()
    }

    #[test]
    fn bodies_are_what_azure_takes() {
        let of = |properties: &Value| json!({ "properties": properties });
        let properties = |value: &Value| written(&Properties { properties: value });
        assert_eq!(properties(&json!({ "a": 1 })), of(&json!({ "a": 1 })));
        assert_eq!(written(&NewGroup { location: "westeurope".into() }), json!({ "location": "westeurope" }));
        let check =
            NameCheck { name: "n".into(), kind: "Microsoft.Communication/CommunicationServices".into() };
        let expected = json!({ "name": "n", "type": "Microsoft.Communication/CommunicationServices" });
        assert_eq!(written(&check), expected);
        let links = LinkedDomains { linked_domains: vec!["/d".into()] };
        assert_eq!(written(&links), json!({ "linkedDomains": ["/d"] }));
        for (is_on, word) in [(true, "Enabled"), (false, "Disabled")] {
            let tracking = EngagementTracking { user_engagement_tracking: is_on.into() };
            assert_eq!(written(&tracking), json!({ "userEngagementTracking": word }));
        }
        let request = VerificationRequest { verification_type: "SPF".into() };
        assert_eq!(written(&request), json!({ "verificationType": "SPF" }));
    }

    #[test]
    fn what_is_read_is_written_the_same_way() {
        let sender = |display_name| SenderUsername { username: "no-reply".into(), display_name };
        assert_eq!(written(&sender(None)), json!({ "username": "no-reply" }));
        let expected = json!({ "username": "no-reply", "displayName": "N" });
        assert_eq!(written(&sender(Some("N".into()))), expected);
        let login =
            SmtpUsername { username: "u".into(), entra_application_id: "a".into(), tenant_id: "t".into() };
        let expected = json!({ "username": "u", "entraApplicationId": "a", "tenantId": "t" });
        assert_eq!(written(&login), expected);
        assert_eq!(written(&SuppressionList { list_name: "l".into() }), json!({ "listName": "l" }));
        assert_eq!(written(&SuppressedAddress { email: "a@b".into() }), json!({ "email": "a@b" }));
    }

    #[test]
    fn roles_are_what_azure_takes() {
        let guid = "22222222-bbbb-4222-8222-222222222222";
        let id = format!("/subscriptions/{guid}/providers/Microsoft.Authorization/roleDefinitions/1");
        let assignment = NewRoleAssignment {
            role_definition_id: id.parse().unwrap(),
            principal_id: guid.parse().unwrap(),
            principal_type: PrincipalType::ServicePrincipal,
        };
        let expected =
            json!({ "roleDefinitionId": id, "principalId": guid, "principalType": "ServicePrincipal" });
        assert_eq!(written(&assignment), expected);
        let role = NewRole {
            role_name: "r".into(),
            description: "d".into(),
            kind: "CustomRole".into(),
            permissions: vec![RolePermission { actions: vec!["a".into()], not_actions: Vec::new() }],
            assignable_scopes: vec!["/subscriptions/s".into()],
        };
        let expected = json!({
            "roleName": "r", "description": "d", "type": "CustomRole",
            "permissions": [{ "actions": ["a"], "notActions": [] }], "assignableScopes": ["/subscriptions/s"],
        });
        assert_eq!(written(&role), expected);
    }

    #[test]
    fn a_put_repeats_what_is_there_and_nothing_that_is_azures_own() {
        let asked =
            WritableProperties { data_location: Some("Europe".into()), ..WritableProperties::default() };
        let put =
            |there: Value| written(&Writable::over(asked.clone(), serde_json::from_value(there).unwrap()));
        let new = json!({ "location": "Global", "properties": { "dataLocation": "Europe" } });
        assert_eq!(put(Value::Null), new);
        assert_eq!(put(json!({ "tags": null, "identity": null, "properties": null })), new);
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
        assert_eq!(put(there), expected);
    }
}
