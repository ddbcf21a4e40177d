//! `/v1/secrets`.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All secrets are sealed under another key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct RewrappedView {
    /// How many there are.
    pub secrets: usize,
    /// Whether somebody has to see to it that the server is given the new key at its next start.
    pub key_is_kept_elsewhere: bool,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rewrap {
    /// 32 bytes in base64.
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub master_key: Option<SecretString>,
}
