//! `/health/live` and `/health/ready`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether the server may get mail. The reasons are words alone: anybody may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthView {
    /// `ok`, or `unavailable`.
    pub status: String,
    /// Why it is not ready: `shutting_down`, `listener_down`, `storage_failing` or `disk_full`.
    pub reasons: Vec<String>,
}
