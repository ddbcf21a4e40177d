//! Azure Resource Manager: subscriptions, resource providers, lists.
//!
//! Subscriptions 2022-12-01, Resources 2025-04-01; members that are not needed are left out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{SubscriptionId, TenantId};

/// The provider of communication services.
pub const COMMUNICATION_NAMESPACE: &str = "Microsoft.Communication";

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items.
    pub value: Vec<T>,
    /// Where the next page is, to be followed word for word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// `/subscriptions/{guid}`.
    pub id: String,
    /// The GUID.
    pub subscription_id: SubscriptionId,
    /// Its name.
    pub display_name: String,
    /// The directory that it trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Whether it can be used.
    pub state: SubscriptionState,
}

/// Whether a subscription can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum SubscriptionState {
    /// It can.
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
