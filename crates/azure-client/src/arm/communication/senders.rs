//! Sender usernames of a domain.

use azure_types::communication::{Resource, SenderUsername};
use azure_types::resource_id::ResourceId;

use super::super::{ArmApi, CallError};
use super::below;

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
        let display_name = display_name.map(str::to_owned);
        self.put(&id, SenderUsername { username: username.to_owned(), display_name }).await
    }
}
