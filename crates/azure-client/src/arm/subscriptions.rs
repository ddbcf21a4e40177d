//! Subscriptions.

use azure_types::arm::Subscription;
use azure_types::ids::{SubscriptionId, TenantId};
use http_client::{Method, header};
use url::Url;

use super::{ArmApi, CallError};
use crate::failure::RequestFailure;
use crate::http::Http;

const API_VERSION: &str = "2022-12-01";

impl ArmApi {
    /// One subscription.
    ///
    /// # Errors
    /// As all calls: no token, no connection, or Azure says no.
    pub async fn subscription(&self, id: SubscriptionId) -> Result<Subscription, CallError> {
        self.0.get(&format!("/subscriptions/{id}?api-version={API_VERSION}")).await
    }

    /// All subscriptions that the caller sees.
    ///
    /// # Errors
    /// As [`ArmApi::subscription`].
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, CallError> {
        self.0.list(&format!("/subscriptions?api-version={API_VERSION}")).await
    }
}

/// The directory that a subscription trusts, as Resource Manager answers a request without a token: the way by
/// which clients learn where to log in. `None` if it does not say.
///
/// # Errors
/// When Resource Manager cannot be asked.
pub async fn tenant_of(
    http: &Http,
    base_url: &str,
    id: SubscriptionId,
) -> Result<Option<TenantId>, RequestFailure> {
    let host = base_url.trim_start_matches("https://").to_owned();
    let url = Url::parse(&format!("{base_url}/subscriptions/{id}?api-version={API_VERSION}"))
        .map_err(|error| RequestFailure::Garbled { host: host.clone(), what: error.to_string() })?;
    let reply = http.head_of(http.request(Method::GET, url)).await?;
    let challenge = reply.headers.get(header::WWW_AUTHENTICATE);
    let challenge = challenge.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = challenge.split('"').find(|part| part.starts_with("https://")).unwrap_or_default();
    Ok(authority.split('/').find_map(|segment| segment.parse().ok()))
}
