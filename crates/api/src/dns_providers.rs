//! `/v1/dns-providers`.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// A connection, without its token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DnsProviderView {
    /// Its name.
    pub name: String,
    /// `cloudflare`.
    pub kind: String,
    /// Where the API is.
    pub base_url: String,
    /// When it was added.
    pub created_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddDnsProvider {
    pub name: String,
    pub kind: String,
    pub token: SecretString,
    #[serde(default)]
    pub base_url: Option<String>,
    #[serde(default)]
    pub ca_pem: Option<String>,
}
