//! A zone and its DNS provider, so that all of them are read and written alike.

use dns::change::{Change, Held};
use dns::cloudflare::{Cloudflare, CloudflareError, CloudflareZone};
use model::dns_provider::DnsProviderKind;
use model::infrastructure::DnsWay;
use store::{SecretName, SecretOwner};

use super::super::Provisioning;
use super::azure_dns::{self as azure, AzureZone};
use super::{Context, NotDone};

/// A zone that may be written.
pub(super) enum Zone<'a> {
    /// At Azure DNS, as the account's app.
    Azure(&'a Context, AzureZone),
    /// At Cloudflare, with a token.
    Cloudflare(Cloudflare, CloudflareZone),
}

/// What stands beside records that were written here.
const COMMENT: &str = "Written by Postern";

impl<'a> Zone<'a> {
    /// The zone that a domain is in: the one with the longest name that is visible.
    pub(super) async fn open(context: &'a Context, way: &DnsWay, domain: &str) -> Result<Self, NotDone> {
        match way {
            DnsWay::Azure => Ok(Self::Azure(context, azure::zone_of(context, domain).await?)),
            DnsWay::Connection(connection) => {
                let cloudflare = connect(context, connection).await?;
                let zone = cloudflare.zone_of(domain).await?;
                if !zone.is_active {
                    return Err(NotDone::Pending(format!(
                        "Cloudflare is not asked about {}: its registrar has to name {}",
                        zone.name,
                        zone.name_servers.join(" and ")
                    )));
                }
                Ok(Self::Cloudflare(cloudflare, zone))
            }
            DnsWay::Manual => Err(NotDone::Failed("its records are written by hand".to_owned())),
        }
    }

    /// Its domain name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Azure(_, zone) => zone.name(),
            Self::Cloudflare(_, zone) => &zone.name,
        }
    }

    /// What stands at the names.
    pub(super) async fn held(&self, names: &[String]) -> Result<Vec<Held>, NotDone> {
        match self {
            Self::Azure(context, zone) => zone.held(context, names).await,
            Self::Cloudflare(cloudflare, zone) => Ok(cloudflare.held(zone, names).await?),
        }
    }

    /// Makes a change; gives the provider's id of the record.
    pub(super) async fn write(&self, change: &Change) -> Result<String, NotDone> {
        match self {
            Self::Azure(context, zone) => {
                let (gone, new) = match change {
                    Change::Create(record) => (None, Some(record)),
                    Change::Replace { held, by, .. } => (Some(&held.record), Some(by)),
                    Change::Delete(held) => (Some(&held.record), None),
                };
                // A value of a record set has no id of its own.
                zone.write(context, gone, new).await.map(|()| String::new())
            }
            Self::Cloudflare(cloudflare, zone) => Ok(cloudflare.write(zone, change, COMMENT).await?),
        }
    }
}

async fn connect(context: &Context, name: &str) -> Result<Cloudflare, NotDone> {
    let Provisioning { store, clock, .. } = &context.azure.provisioning;
    let connection = store.dns_providers().named(name).await?;
    let owner = SecretOwner::DnsProvider(connection.id);
    let token = store.secrets().get(owner, SecretName::ApiToken).await?;
    match connection.kind {
        DnsProviderKind::Cloudflare => Ok(Cloudflare::new(
            connection.base_url.as_str(),
            token,
            connection.ca_pem.as_deref(),
            clock.clone(),
        )?),
    }
}

impl From<CloudflareError> for NotDone {
    fn from(error: CloudflareError) -> Self {
        match error {
            CloudflareError::Busy(_) => Self::Pending(error.to_string()),
            CloudflareError::Failed(_) | CloudflareError::Silent(_) => Self::Passing(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}
