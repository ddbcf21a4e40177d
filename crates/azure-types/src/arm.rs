//! Azure Resource Manager: subscriptions, resource providers, lists.
//!
//! Subscriptions 2022-12-01, Resources 2025-04-01; members that are not needed are left out.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::absent::or_default;
use crate::ids::{SubscriptionId, TenantId};
use crate::resource_id::ResourceId;

/// The provider of communication services.
pub const COMMUNICATION_NAMESPACE: &str = "Microsoft.Communication";

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    #[serde(default = "Vec::new", deserialize_with = "items")]
    pub value: Vec<T>,
    /// Where the next page is, to be followed word for word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Where everything is in a cloud (`/metadata/endpoints`), as far as the Azure CLI insists on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudMetadata {
    /// What the cloud is called.
    pub name: String,
    pub portal: String,
    /// Resource Manager itself.
    pub resource_manager: String,
    /// Graph, which is also what its tokens are for.
    pub microsoft_graph_resource_id: String,
    /// The same once more.
    pub graph_audience: String,
    /// How to log in.
    pub authentication: CloudAuthentication,
    /// Suffixes of host names, by service.
    pub suffixes: BTreeMap<String, String>,
}

/// How to log in to a cloud.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudAuthentication {
    pub login_endpoint: String,
    /// What tokens for Resource Manager are for; the first is the one that is asked for.
    pub audiences: Vec<String>,
    pub tenant: String,
    pub identity_provider: String,
}

/// A subscription, as Resource Manager lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// `/subscriptions/{guid}`.
    pub id: String,
    pub subscription_id: SubscriptionId,
    #[serde(default, deserialize_with = "or_default")]
    pub display_name: String,
    /// The directory that it trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Whether it can be used.
    pub state: SubscriptionState,
}

/// A resource of any kind, as far as lists tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenericResource {
    pub id: ResourceId,
    /// The last part of the id.
    pub name: String,
}

/// A role that somebody was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    /// What it says.
    pub properties: RoleAssignmentProperties,
}

/// What a role assignment says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignmentProperties {
    /// The role's ARM id.
    pub role_definition_id: String,
    /// Where it holds.
    pub scope: String,
    /// When it was made.
    #[serde(default)]
    pub created_on: Option<Timestamp>,
}

/// Whether a subscription can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum SubscriptionState {
    Enabled,
    /// It can, and will be disabled unless somebody acts.
    Warned,
    /// It can, and has not been paid.
    PastDue,
    /// It can only be read.
    Disabled,
    /// It is gone.
    Deleted,
    /// A word that is not known here.
    Unknown(String),
}

/// A resource provider, as a subscription has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// `/subscriptions/{guid}/providers/{namespace}`.
    pub id: String,
    /// `Microsoft.Communication` and the like.
    pub namespace: String,
    /// `Registered`, `Registering`, `NotRegistered` and others.
    pub registration_state: String,
    /// What it has.
    #[serde(default, deserialize_with = "or_default")]
    pub resource_types: Vec<ResourceType>,
}

/// A kind of resource of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceType {
    /// `CommunicationServices` and the like.
    pub resource_type: String,
    /// Where it can be.
    #[serde(default, deserialize_with = "or_default")]
    pub locations: Vec<String>,
    /// Versions, the newest first.
    #[serde(default, deserialize_with = "or_default")]
    pub api_versions: Vec<String>,
}

impl From<String> for SubscriptionState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "Enabled" => Self::Enabled,
            "Warned" => Self::Warned,
            "PastDue" => Self::PastDue,
            "Disabled" => Self::Disabled,
            "Deleted" => Self::Deleted,
            _ => Self::Unknown(word),
        }
    }
}

impl From<SubscriptionState> for String {
    fn from(state: SubscriptionState) -> Self {
        state.to_string()
    }
}

impl fmt::Display for SubscriptionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enabled => "Enabled",
            Self::Warned => "Warned",
            Self::PastDue => "PastDue",
            Self::Disabled => "Disabled",
            Self::Deleted => "Deleted",
            Self::Unknown(word) => word,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_not_known_are_kept() {
        let json = r#"{"id":"/subscriptions/22222222-bbbb-4222-8222-222222222222",
            "subscriptionId":"22222222-bbbb-4222-8222-222222222222","displayName":"s","state":"Frozen","tags":{}}"#;
        let subscription: Subscription = serde_json::from_str(json).unwrap();
        assert_eq!(subscription.state, SubscriptionState::Unknown("Frozen".into()));
        assert!(serde_json::to_string(&subscription).unwrap().contains(r#""state":"Frozen""#));
    }
}
