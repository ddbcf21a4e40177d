//! Who keeps a zone, and who may change it there.

use azure_types::ids::SubscriptionId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::State;
use super::super::directory::named;
use super::{Record, Zone, is_within};

/// Who keeps a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "provider")]
pub enum ZoneHost {
    /// Cloudflare, behind `/client/v4`.
    Cloudflare,
    /// Azure DNS, a resource of a group.
    Azure {
        /// Where it is billed.
        subscription: SubscriptionId,
        /// Where it is kept.
        resource_group: String,
    },
}

/// A token of Cloudflare's interface.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CloudflareToken {
    pub id: String,
    /// What is shown as a bearer token.
    pub value: String,
    /// Names of the zones that it is for; all of them when absent.
    #[serde(default)]
    pub zones: Option<Vec<String>>,
    /// Whether it may only look.
    #[serde(default)]
    pub is_read_only: bool,
}

/// The resource provider of Azure DNS.
pub const NETWORK_NAMESPACE: &str = "Microsoft.Network";

/// Name servers of zones that hold no NS records: of Cloudflare, of Azure DNS, and of zones by hand. All of them
/// are this machine.
const CLOUDFLARE: [&str; 2] = ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"];
const AZURE: [&str; 4] =
    ["ns1-01.azure-dns.com", "ns2-01.azure-dns.net", "ns3-01.azure-dns.org", "ns4-01.azure-dns.info"];
const BY_HAND: [&str; 2] = ["ns1.twin.example", "ns2.twin.example"];
/// The zones that those are in.
const NAME_SERVER_ZONES: [&str; 6] = [
    "ns.cloudflare.com",
    "azure-dns.com",
    "azure-dns.net",
    "azure-dns.org",
    "azure-dns.info",
    "twin.example",
];

impl CloudflareToken {
    /// Whether it is for that zone.
    #[must_use]
    pub fn covers(&self, zone: &Zone) -> bool {
        let is_named = |names: &Vec<String>| names.iter().any(|name| name.eq_ignore_ascii_case(&zone.name));
        zone.home == Some(ZoneHost::Cloudflare) && self.zones.as_ref().is_none_or(is_named)
    }
}

impl Zone {
    /// The zone's ARM id, if it has one.
    #[must_use]
    pub fn resource_id(&self) -> Option<String> {
        let Some(ZoneHost::Azure { subscription, resource_group }) = &self.home else { return None };
        Some(format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Network/dnszones/{}",
            self.name
        ))
    }

    /// The resource group that it is in, if it is in one.
    #[must_use]
    pub fn resource_group(&self) -> Option<&str> {
        match &self.home {
            Some(ZoneHost::Azure { resource_group, .. }) => Some(resource_group),
            _ => None,
        }
    }

    /// The name servers that its provider gives it.
    #[must_use]
    pub fn name_servers(&self) -> &'static [&'static str] {
        match self.home {
            Some(ZoneHost::Cloudflare) => &CLOUDFLARE,
            Some(ZoneHost::Azure { .. }) => &AZURE,
            None => &BY_HAND,
        }
    }

    /// Changes with every change of the zone.
    #[must_use]
    pub fn etag(&self) -> String {
        let tags = format!("{:?}{:?}", self.tags, self.records);
        named(Uuid::nil(), &tags).to_string()
    }

    /// Its SOA: what it holds, or what its provider makes up. `minimum` is how long nothing is remembered as
    /// such, in seconds.
    #[must_use]
    pub fn soa(&self, minimum: u32) -> Record {
        let own = self.at(&self.name, "SOA").next();
        own.cloned().unwrap_or_else(|| {
            let written = self.records.iter().filter_map(|record| record.since).max();
            let serial = written.and_then(|at| u32::try_from(at.as_second()).ok()).unwrap_or(1);
            let first = self.name_servers()[0];
            let mail = format!("hostmaster.{}", self.name);
            let value = format!("{first} {mail} {serial} 3600 300 2419200 {minimum}");
            Record::new("SOA", &self.name, &value)
        })
    }

    /// Its NS records: what it holds, or what its provider makes up.
    #[must_use]
    pub fn ns(&self) -> Vec<Record> {
        let own: Vec<Record> = self.at(&self.name, "NS").cloned().collect();
        if own.is_empty() {
            let made_up = self.name_servers().iter().map(|server| Record::new("NS", &self.name, server));
            return made_up.collect();
        }
        own
    }
}

/// Changes with every change of records that are written together.
#[must_use]
pub fn etag(records: &[Record]) -> String {
    named(Uuid::nil(), &format!("{records:?}")).to_string()
}

impl State {
    /// The zones in which the name servers themselves are.
    pub(super) fn zone_of_name_servers(name: &str) -> Option<Zone> {
        let above = NAME_SERVER_ZONES.into_iter().find(|above| is_within(name, above))?;
        let all = [&CLOUDFLARE[..], &AZURE, &BY_HAND].concat();
        let records = all
            .into_iter()
            .filter(|server| is_within(server, above))
            .map(|server| Record::new("A", server, "127.0.0.1"));
        Some(Zone { name: above.to_owned(), records: records.collect(), ..Zone::default() })
    }

    /// The Azure DNS zone at an ARM id.
    #[must_use]
    pub fn azure_zone(&self, id: &str) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.resource_id().is_some_and(|own| own.eq_ignore_ascii_case(id)))
    }

    /// The Azure DNS zone at an ARM id, to be changed.
    pub fn azure_zone_mut(&mut self, id: &str) -> Option<&mut Zone> {
        self.zones.iter_mut().find(|zone| zone.resource_id().is_some_and(|own| own.eq_ignore_ascii_case(id)))
    }
}
