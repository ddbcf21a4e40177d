//! Connections to DNS providers.

use std::time::Duration;

use dns::cloudflare::CloudflareError;
use model::dns_provider::{DnsProvider, DnsProviderKind};
use model::id::DnsProviderId;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::Control;
use crate::error::{Fault, Invalid};

/// A connection as the operator describes it.
#[derive(Clone, Debug)]
pub struct NewDnsProvider {
    /// A name for it.
    pub name: String,
    /// The DNS provider: `cloudflare`.
    pub kind: String,
    /// The API token.
    pub token: SecretString,
    /// Another place than the provider's own.
    pub base_url: Option<String>,
    /// CA certificates to trust, in PEM.
    pub ca_pem: Option<String>,
}

/// A name that nobody has (RFC 2606 section 2).
const NOBODYS: &str = "postern.invalid";
/// Words that mean something else where a connection is named.
const RESERVED: [&str; 2] = ["manual", "azure"];

/// A provider that did not answer may do so a minute later.
const SOON: Duration = Duration::from_secs(60);

impl Control {
    /// Connects a DNS provider.
    ///
    /// # Errors
    /// When a field is not valid, the name is taken, the provider cannot be asked, or nothing can be stored.
    pub async fn add_dns_provider(&self, new: NewDnsProvider) -> Result<DnsProvider, Fault> {
        self.caller.may_change_server()?;
        let kind: DnsProviderKind =
            new.kind.trim().parse().map_err(|unknown| Invalid::new("kind", unknown))?;
        let name: model::name::AccountName =
            new.name.trim().parse().map_err(|error| Invalid::new("name", error))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(Invalid::new("name", format!("{name} needs no connection")).into());
        }
        let token = new.token.expose_secret().trim().trim_matches(['"', '\'']);
        if token.is_empty() || token.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Invalid::new("token", "it is empty, or more than a token").into());
        }
        let base_url = match new.base_url {
            None => dns::cloudflare::BASE_URL.to_owned(),
            Some(text) => text.trim().trim_end_matches('/').to_owned(),
        };
        let base_url = Url::parse(&base_url).ok().filter(|url| {
            let has_more = url.query().is_some() || url.password().is_some() || !url.username().is_empty();
            url.scheme() == "https" && url.has_host() && !has_more
        });
        let base_url = base_url.ok_or_else(|| Invalid::new("base_url", "it is not a plain https address"))?;
        let now = self.clock.now();
        let id = DnsProviderId::new(now, self.entropy.bytes());
        let connection = DnsProvider { id, name, kind, base_url, ca_pem: new.ca_pem, created_at: now };
        // What cannot be used is refused before it is kept.
        let cloudflare = dns::cloudflare::Cloudflare::new(
            connection.base_url.as_str(),
            SecretString::from(token),
            connection.ca_pem.as_deref(),
            self.clock.clone(),
        )
        .map_err(|error| Invalid::new("connection", error))?;
        match cloudflare.zone_of(NOBODYS).await {
            // The token is good: it sees zones, and this is none.
            Ok(_) | Err(CloudflareError::NoZone(_)) => {}
            Err(error) => return Err(not_accepted(&error)),
        }
        let audit = self.entry("dns.add", &connection.name, kind.as_str());
        self.store.dns_providers().add(connection.clone(), SecretString::from(token), audit).await?;
        Ok(connection)
    }

    /// Forgets a connection.
    ///
    /// # Errors
    /// When there is none of that name, a domain is written through it, or nothing can be stored.
    pub async fn remove_dns_provider(&self, name: &str) -> Result<(), Fault> {
        self.caller.may_change_server()?;
        let connection = self.store.dns_providers().named(name).await?;
        let audit = self.entry("dns.remove", &connection.name, "");
        Ok(self.store.dns_providers().remove(connection, audit).await?)
    }
}

/// Why a connection is not kept: the token is wrong, or the provider cannot say now.
fn not_accepted(error: &CloudflareError) -> Fault {
    let retry_after = match error {
        CloudflareError::Busy(wait) => *wait,
        CloudflareError::Failed(_) | CloudflareError::Silent(_) | CloudflareError::Garbled(_) => SOON,
        wrong => return Invalid::new("token", wrong).into(),
    };
    Fault::Upstream {
        who: "Cloudflare".to_owned(),
        message: error.to_string(),
        retry_after: Some(retry_after),
    }
}
