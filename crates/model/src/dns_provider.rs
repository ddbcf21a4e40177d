//! Connections to DNS providers.

use jiff::Timestamp;
use url::Url;

use crate::id::DnsProviderId;
use crate::name::AccountName;

/// Where zones are written. Its token is kept apart, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsProvider {
    pub id: DnsProviderId,
    /// The operator's name for it.
    pub name: AccountName,
    /// The DNS provider.
    pub kind: DnsProviderKind,
    /// Where the API is.
    pub base_url: Url,
    /// CA certificates to trust instead of the system's, in PEM.
    pub ca_pem: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A DNS provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsProviderKind {
    /// Cloudflare, API v4.
    Cloudflare,
}

crate::words!(DnsProviderKind {
    Cloudflare = "cloudflare",
});
