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
use azure_types::requests::{Properties, Writable, WritableProperties};
use azure_types::resource_id::ResourceId;
use http_client::Method;
use serde::Serialize;

pub use self::services::NameAnswer;

use super::{ArmApi, Begun, CallError, body};

impl ArmApi {
    /// Makes or changes a resource that is there at once and whole.
    async fn put(&self, id: &ResourceId, properties: impl Serialize) -> Result<(), CallError> {
        self.0.begin(Method::PUT, &at(id), Some(&body(&Properties { properties }))).await.map(drop)
    }

    /// Deletes a resource of `Microsoft.Communication`.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn delete(&self, id: &ResourceId) -> Result<Begun, CallError> {
        self.0.begin(Method::DELETE, &at(id), None).await
    }

    /// Writes a resource that has a location. A PUT replaces at Azure: tags, identity and links that it does not
    /// repeat are gone, so that what is there is read first.
    async fn put_whole(&self, id: &ResourceId, properties: WritableProperties) -> Result<Begun, CallError> {
        let there = match self.0.get::<Writable>(&at(id)).await {
            Ok(there) => Some(there),
            Err(error) if error.is(404) => None,
            Err(error) => return Err(error),
        };
        self.0.begin(Method::PUT, &at(id), Some(&body(&Writable::over(properties, there)))).await
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
