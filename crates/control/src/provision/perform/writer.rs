//! Whoever keeps a zone, so that all of them are written alike.

use azure_client::arm::CallError;
use azure_types::dns_zones::{CnameRecord, RecordSet, TxtRecord};
use dns::change::{Change, Held};
use dns::cloudflare::{Cloudflare, CloudflareError, CloudflareZone};
use dns::record::{Data, Record};
use model::connection::DnsKind;
use model::estate::DnsWay;
use store::{SecretName, SecretOwner};

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
    /// An ARM id.
    Azure(String),
    Cloudflare(CloudflareZone),
}

/// What stands beside records that were written here.
const COMMENT: &str = "Written by Postern";
/// Writes of a record set, before somebody who writes all the time is complained about.
const TRIES: u32 = 4;

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
                let zones = site.scene.arm.dns_zones(site.scene.account.subscription).await?;
                let is_above = |name: &str| domain == name || domain.ends_with(&format!(".{name}"));
                let found = zones
                    .into_iter()
                    .map(|zone| Zone { name: zone.name.to_lowercase(), key: Key::Azure(zone.id) })
                    .filter(|zone| is_above(&zone.name))
                    .max_by_key(|zone| zone.name.len());
                found.ok_or_else(|| {
                    Trouble::Failed(format!(
                        "the app sees no zone of Azure DNS that {domain} is in: make it, or give the app DNS Zone \
                         Contributor there"
                    ))
                })
            }
        }
    }

    /// What stands at the names.
    pub(super) async fn held(&self, zone: &Zone, names: &[String]) -> Result<Vec<Held>, Trouble> {
        match (self, &zone.key) {
            (Self::Cloudflare(cloudflare), Key::Cloudflare(key)) => Ok(cloudflare.held(key, names).await?),
            (Self::Azure(site), Key::Azure(id)) => {
                let inside =
                    |name: &&String| **name == zone.name || name.ends_with(&format!(".{}", zone.name));
                let sets = site.scene.arm.record_sets(id).await?;
                let mut held = Vec::new();
                for set in sets {
                    let name = full_name(&set.name, &zone.name);
                    if names.iter().filter(inside).any(|one| *one == name) {
                        held.extend(of_set(&name, &set));
                    }
                }
                Ok(held)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Makes a change; gives the provider's id of the record.
    pub(super) async fn write(&self, zone: &Zone, change: &Change) -> Result<String, Trouble> {
        match (self, &zone.key) {
            (Self::Cloudflare(cloudflare), Key::Cloudflare(key)) => {
                Ok(cloudflare.write(key, change, COMMENT).await?)
            }
            (Self::Azure(site), Key::Azure(id)) => {
                let (gone, new) = match change {
                    Change::Create(record) => (None, Some(record)),
                    Change::Replace { held, by, .. } => (Some(&held.record), Some(by)),
                    Change::Delete(held) => (Some(&held.record), None),
                };
                write_set(site, (id, &zone.name), gone, new).await
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
            CloudflareError::Busy(_) | CloudflareError::Failed(_) | CloudflareError::Silent(_) => {
                Self::Passing(error.to_string())
            }
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Changes one value of a record set, and leaves the others as they are.
async fn write_set(
    site: &Site,
    (zone_id, zone): (&str, &str),
    gone: Option<&Record>,
    new: Option<&Record>,
) -> Result<String, Trouble> {
    let Some(record) = new.or(gone) else { return Ok(String::new()) };
    let relative = match record.name.strip_suffix(zone).map(|name| name.trim_end_matches('.')) {
        None => return Err(Trouble::Failed(format!("{} is not in the zone {zone}", record.name))),
        Some("") => "@",
        Some(name) => name,
    };
    let id = format!("{zone_id}/{}/{relative}", record.kind());
    let arm = &site.scene.arm;
    for _ in 0..TRIES {
        let there = arm.record_set(&id).await?;
        let etag = there.as_ref().and_then(|set| set.etag.clone());
        let mut set = there.unwrap_or_default();
        change_set(&mut set, gone, new);
        let is_empty = set.properties.txt.is_empty() && set.properties.cname.is_none();
        let written = match (is_empty, &etag) {
            (true, None) => return Ok(String::new()),
            (true, Some(etag)) => arm.delete_record_set(&id, etag).await,
            (false, etag) => arm.put_record_set(&id, etag.as_deref(), &set).await.map(drop),
        };
        match written {
            Err(error) if is_overtaken(&error) => {}
            written => return Ok(written.map(|()| String::new())?),
        }
    }
    Err(Trouble::Failed(format!("somebody else writes {} all the time", record.name)))
}

fn is_overtaken(error: &CallError) -> bool {
    error.is(412) || error.is(409)
}

fn change_set(set: &mut RecordSet, gone: Option<&Record>, new: Option<&Record>) {
    let properties = &mut set.properties;
    if let Some(text) = gone.and_then(Record::text) {
        properties.txt.retain(|record| record.text() != text);
    }
    if gone.is_some_and(|gone| gone.target().is_some()) {
        properties.cname = None;
    }
    let Some(new) = new else { return };
    match &new.data {
        Data::Txt(text) if !properties.txt.iter().any(|record| record.text() == *text) => {
            properties.txt.push(TxtRecord::of(text));
        }
        Data::Cname(target) => properties.cname = Some(CnameRecord { cname: target.clone() }),
        Data::Txt(_) | Data::Other { .. } => {}
    }
    if properties.ttl == 0 {
        properties.ttl = new.ttl;
    }
    properties.metadata.insert("postern".to_owned(), "written by Postern".to_owned());
}

fn full_name(relative: &str, zone: &str) -> String {
    if relative == "@" { zone.to_owned() } else { format!("{}.{zone}", relative.to_lowercase()) }
}

fn of_set(name: &str, set: &RecordSet) -> Vec<Held> {
    let ttl = set.properties.ttl;
    // All values of a set have its id: it tells none of them from the others.
    let held = |record: Record| Held { id: String::new(), record, is_proxied: false, comment: None };
    let texts = set.properties.txt.iter().map(|one| Record::txt(name, &one.text(), ttl));
    let target = set.properties.cname.iter().map(|one| Record::cname(name, &one.cname, ttl));
    let mut all: Vec<Held> = texts.chain(target).map(held).collect();
    let kind = set.kind.rsplit('/').next().unwrap_or_default().to_uppercase();
    if all.is_empty() && matches!(kind.as_str(), "A" | "AAAA" | "MX") {
        all.push(held(Record::read(name, &kind, "set", ttl)));
    }
    all
}
