//! Sender usernames of a domain.

use azure_types::communication::{Resource, SenderUsername};
use azure_types::resource_id::ResourceId;
use http_client::Method;
use serde_json::json;

use super::super::{ArmApi, CallError};
use super::{at, below};

impl ArmApi {
    /// The sender usernames of a domain.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn senders(&self, domain: &ResourceId) -> Result<Vec<Resource<SenderUsername>>, CallError> {
        self.0.list(&below(domain, "senderUsernames")).await
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
}
