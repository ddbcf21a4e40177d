//! Whoever keeps a zone, so that all of them are written alike.

use dns::change::{Change, Held};
use dns::cloudflare::{Cloudflare, CloudflareError, CloudflareZone};
use model::connection::DnsKind;
use model::estate::DnsWay;
use store::{SecretName, SecretOwner};

use super::azure_dns::{self as azure, AzureZone};
use super::{Site, Trouble};

/// Writes zones.
pub(super) enum Writer<'a> {
    /// Azure DNS, as the account's app.
    Azure(&'a Site),
    /// Cloudflare, with a token.
    Cloudflare(Cloudflare),
}

/// A zone.
pub(super) struct Zone {
    /// The domain name.
    pub(super) name: String,
    /// What its keeper knows it by.
    key: Key,
}

enum Key {
    Azure(AzureZone),
    Cloudflare(CloudflareZone),
}

/// What stands beside records that were written here.
const COMMENT: &str = "Written by Postern";

impl<'a> Writer<'a> {
    pub(super) async fn open(site: &'a Site, way: &DnsWay) -> Result<Self, Trouble> {
        match way {
            DnsWay::Azure => Ok(Self::Azure(site)),
            DnsWay::Connection(name) => connect(site, name).await,
            DnsWay::Manual => Err(Trouble::Failed("its records are written by hand".to_owned())),
        }
    }

    /// The zone that a domain is in: the one with the longest name that is visible.
    pub(super) async fn zone(&self, domain: &str) -> Result<Zone, Trouble> {
        match self {
            Self::Cloudflare(cloudflare) => {
                let zone = cloudflare.zone_of(domain).await?;
                if !zone.is_active {
                    return Err(Trouble::Waits(format!(
                        "Cloudflare is not asked about {}: its registrar has to name {}",
                        zone.name,
                        zone.name_servers.join(" and ")
                    )));
                }
                Ok(Zone { name: zone.name.clone(), key: Key::Cloudflare(zone) })
            }
            Self::Azure(site) => {
                let zone = azure::zone_of(site, domain).await?;
                Ok(Zone { name: zone.name().to_owned(), key: Key::Azure(zone) })
            }
        }
    }

    /// What stands at the names.
    pub(super) async fn held(&self, zone: &Zone, names: &[String]) -> Result<Vec<Held>, Trouble> {
        match (self, &zone.key) {
            (Self::Cloudflare(cloudflare), Key::Cloudflare(key)) => Ok(cloudflare.held(key, names).await?),
            (Self::Azure(site), Key::Azure(zone)) => zone.held(site, names).await,
            _ => Ok(Vec::new()),
        }
    }

    /// Makes a change; gives the provider's id of the record.
    pub(super) async fn write(&self, zone: &Zone, change: &Change) -> Result<String, Trouble> {
        match (self, &zone.key) {
            (Self::Cloudflare(cloudflare), Key::Cloudflare(key)) => {
                Ok(cloudflare.write(key, change, COMMENT).await?)
            }
            (Self::Azure(site), Key::Azure(zone)) => {
                let (gone, new) = match change {
                    Change::Create(record) => (None, Some(record)),
                    Change::Replace { held, by, .. } => (Some(&held.record), Some(by)),
                    Change::Delete(held) => (Some(&held.record), None),
                };
                // A value of a record set has no id of its own.
                zone.write(site, gone, new).await.map(|()| String::new())
            }
            // A zone is of the writer that found it.
            _ => Ok(String::new()),
        }
    }
}

async fn connect<'a>(site: &Site, name: &str) -> Result<Writer<'a>, Trouble> {
    let control = &site.scene.control;
    let connection = control.connection(name).await.map_err(|error| Trouble::Failed(store::chain(&error)))?;
    let owner = SecretOwner::Connection(connection.id);
    let token = control.store.secrets().get(owner, SecretName::ApiToken).await?;
    match connection.kind {
        DnsKind::Cloudflare => Ok(Writer::Cloudflare(Cloudflare::new(
            connection.origin.as_str(),
            token,
            connection.ca_pem.as_deref(),
            control.clock.clone(),
        )?)),
    }
}

impl From<CloudflareError> for Trouble {
    fn from(error: CloudflareError) -> Self {
        match error {
            CloudflareError::Busy(_) => Self::Waits(error.to_string()),
            CloudflareError::Failed(_) | CloudflareError::Silent(_) => Self::Passing(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}
