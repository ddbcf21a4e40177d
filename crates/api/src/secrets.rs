//! `/v1/secrets`.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// All secrets are sealed under another key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RewrappedView {
    /// How many there are.
    pub secrets: usize,
    /// Whether somebody has to see to it that the server is given the new key at its next start.
    pub key_is_kept_elsewhere: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rewrap {
    /// 32 bytes in base64.
    pub master_key: Option<SecretString>,
}
