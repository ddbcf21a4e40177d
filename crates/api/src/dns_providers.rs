//! `/v1/dns-providers`.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A connection, without its token.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDnsProvider {
    pub name: String,
    pub kind: String,
    #[schema(value_type = String, format = Password, write_only)]
    pub token: SecretString,
    #[serde(default)]
    pub base_url: Option<String>,
    #[serde(default)]
    pub ca_pem: Option<String>,
}
