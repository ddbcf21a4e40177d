//! `/v1/accounts/{name}/event-url` and `/v1/accounts/{name}/event-queue`.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request for the URL to which Event Grid posts an account's events.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventUrlRequest {
    /// Make a new key. The URL of before is rejected from then on.
    #[serde(default)]
    pub renew: bool,
}

/// The URL to which Event Grid posts an account's events.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct EventUrlView {
    /// It contains a secret key: who has it can report outcomes of the account's mail.
    pub url: String,
}

/// A request to pull an account's events from a queue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventQueueRequest {
    /// `https://ACCOUNT.queue.core.windows.net/QUEUE`, with a shared access signature as its query if the account's app
    /// has no access.
    #[schema(value_type = String, format = Password, write_only)]
    pub url: SecretString,
}

/// The queue from which an account's events are pulled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventQueueView {
    /// Without a signature.
    pub url: String,
    /// What opens it: `entra`, a token of the account's app, or `signature`.
    pub authorization: String,
}
