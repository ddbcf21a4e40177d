//! `/v1/accounts/{name}/event-url`.

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
