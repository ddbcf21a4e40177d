//! `/v1/accounts/{name}/rotation`.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rotation that is under way, or the last one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RotationView {
    /// What the new secret is called in Entra.
    pub label: String,
    /// `begun`, `added`, `proved`, `switched`, `done` or `rolled_back`.
    pub step: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it came to this step.
    pub changed_at: Timestamp,
    /// The new secret's id in Entra.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_key_id: Option<String>,
    /// The old secret's id in Entra, if it is removed in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_key_id: Option<String>,
    /// When the old secret is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_at: Option<Timestamp>,
    /// What is in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What a rotation would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RotationPlanView {
    /// The steps, in sentences.
    pub steps: Vec<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rotate {
    pub life_days: Option<u16>,
    pub grace_hours: Option<u16>,
    pub remove_old: bool,
    pub dry_run: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    #[schema(value_type = String, format = Password, write_only)]
    pub secret: SecretString,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}
