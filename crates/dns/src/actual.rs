//! What name servers show of a domain.

use std::collections::BTreeMap;

use crate::change::Held;
use crate::provider::Provider;
use dns_records::record::{Data, Record};
use dns_records::spf::Seen;

/// What name servers show of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actual {
    pub domain: String,
    /// The zone that holds it; none if nobody does.
    pub zone: Option<String>,
    /// Who runs the zone's name servers, as far as their names tell.
    pub provider: Provider,
    /// The zone's name servers, and how each answered.
    pub servers: Vec<Server>,
    /// For how many seconds resolvers keep that there is nothing (RFC 2308 section 5).
    pub negative_ttl: u32,
    /// What was found, by name.
    pub names: BTreeMap<String, AtName>,
    /// What the domain's SPF record and what it includes lead to.
    pub spf: Seen,
}

/// A name server of the zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Its name, or its address if that is all that is known.
    pub name: String,
    /// Why its answers cannot be used, if so: half a sentence.
    pub trouble: Option<String>,
}

/// What stands at a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtName {
    /// TXT, CNAME, A, AAAA and MX records. None if there is nothing.
    pub records: Vec<Record>,
    /// If it is a CNAME: the TXT records at its end, under the name of the end.
    pub behind: Vec<Record>,
    /// If nobody could be asked: why, half a sentence. `records` says nothing then.
    pub trouble: Option<String>,
    /// Name servers that show something else, and what.
    pub disagreeing: Vec<(String, Vec<Record>)>,
    /// For how many seconds the system's resolver will still give something else.
    pub stale_seconds: Option<u32>,
}

impl Actual {
    /// What stands at a name. Nothing if it was not asked for.
    #[must_use]
    pub fn at(&self, name: &str) -> &AtName {
        const NOTHING: &AtName = &AtName {
            records: Vec::new(),
            behind: Vec::new(),
            trouble: None,
            disagreeing: Vec::new(),
            stale_seconds: None,
        };
        self.names.get(name).unwrap_or(NOTHING)
    }

    /// What is shown within the zone, as [`changes`](crate::change::changes) wants it: for zones that no program
    /// can write to. Addresses that only a wildcard gives stand nowhere, and are in nobody's way.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        let zone = self.zone.as_deref().unwrap_or(&self.domain);
        let inside = self.names.iter().filter(|(name, _)| dns_records::name::is_within(name, zone));
        let records =
            inside.flat_map(|(_, at)| &at.records).filter(|record| !self.is_of_a_wildcard(record, zone));
        let held = records.cloned().map(|record| Held {
            id: String::new(),
            record,
            is_proxied: false,
            comment: None,
        });
        held.collect()
    }

    /// Whether the same address is given where nobody would have entered one.
    fn is_of_a_wildcard(&self, record: &Record, zone: &str) -> bool {
        let elsewhere = self.at(&format!("{}.{zone}", record.name)).addresses();
        elsewhere.iter().any(|other| other.data == record.data)
    }
}

impl AtName {
    /// All texts here, or at the end of a CNAME.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().chain(&self.behind).filter(|record| record.text().is_some())
    }

    /// Where the CNAME leads, if there is one.
    pub(crate) fn cname(&self) -> Option<&Record> {
        self.records.iter().find(|record| record.target().is_some())
    }

    pub(crate) fn addresses(&self) -> Vec<&Record> {
        self.of_kinds(&["A", "AAAA"])
    }

    /// Records of some of the kinds that have no type of their own.
    pub(crate) fn of_kinds(&self, kinds: &[&str]) -> Vec<&Record> {
        let is_it = |data: &Data| matches!(data, Data::Other { kind, .. } if kinds.contains(&kind.as_str()));
        self.records.iter().filter(|record| is_it(&record.data)).collect()
    }
}
