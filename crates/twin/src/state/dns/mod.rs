//! The zones that the twin answers for.
//!
//! [`answer`] says what a name server says about a name, [`judge`] what a verification makes of it; both are pure.
//! `crate::dns` puts the first on the wire, `arm::communication` begins the second.

pub mod answer;
pub mod judge;
pub mod provider;
pub(super) mod seed;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::provider::ZoneHost;
use super::{Domain, Part, State};

/// A zone that the twin's name server answers for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Zone {
    /// Its name, without a dot at the end.
    pub name: String,
    /// Its id, where somebody asks for zones by ids.
    pub id: String,
    /// Whose interface changes it; nobody's when it is written by hand.
    #[serde(default)]
    pub home: Option<ZoneHost>,
    /// Words that people put on it.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// What stands in it.
    #[serde(default)]
    pub records: Vec<Record>,
}

/// A record of a zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its id. What is written again gets another.
    pub id: String,
    /// The full name, without a dot at the end.
    pub name: String,
    /// `TXT`, `CNAME` and others.
    pub kind: String,
    /// The value in the form of a zone file, names without a dot at the end. A TXT value is one text, however it
    /// is split on the wire.
    pub value: String,
    pub ttl: u32,
    /// Whether a provider answers in place of it, which hides a CNAME.
    #[serde(default)]
    pub is_proxied: bool,
    /// Words that somebody put beside it.
    #[serde(default)]
    pub comment: Option<String>,
    /// Words that somebody put beside all records of this name and type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// When it was made. One that was always there has no such time.
    #[serde(default)]
    pub made_at: Option<Timestamp>,
    /// When it was last written.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// What an SPF record has to include.
pub const SPF_INCLUDE: &str = "include:spf.protection.outlook.com";

/// The two keys' names, relative to the domain, and what they lead to.
pub const DKIM: [(Part, &str, &str); 2] = [
    (
        Part::Dkim,
        "selector1-azurecomm-prod-net._domainkey",
        "selector1-azurecomm-prod-net._domainkey.azurecomm.net",
    ),
    (
        Part::Dkim2,
        "selector2-azurecomm-prod-net._domainkey",
        "selector2-azurecomm-prod-net._domainkey.azurecomm.net",
    ),
];

impl State {
    /// Puts a zone into the state with all that a domain needs to be verified.
    pub fn publish(&mut self, domain: &Domain) {
        let name = &domain.name;
        let mut records = vec![
            Record::new("TXT", name, &domain.ownership_record()),
            Record::new("TXT", name, &format!("v=spf1 {SPF_INCLUDE} -all")),
            Record::new("TXT", &format!("_dmarc.{name}"), "v=DMARC1; p=none"),
        ];
        records.extend(
            DKIM.map(|(_, selector, target)| Record::new("CNAME", &format!("{selector}.{name}"), target)),
        );
        match self.zones.iter_mut().find(|zone| zone.name.eq_ignore_ascii_case(name)) {
            Some(zone) => zone.records.extend(records),
            None => {
                let (name, id) = (name.clone(), name.clone());
                self.zones.push(Zone { name, id, records, ..Zone::default() });
            }
        }
    }

    /// The zone that a name is in: the one with the longest name. Of several with one name, the first is the one
    /// that is delegated.
    #[must_use]
    pub fn zone_of(&self, name: &str) -> Option<&Zone> {
        let all = self.zones.iter().rev().filter(|zone| is_within(name, &zone.name));
        all.max_by_key(|zone| zone.name.len())
    }

    /// The zone of that name or id, to be changed.
    pub fn zone_mut(&mut self, name: &str) -> Option<&mut Zone> {
        self.zones.iter_mut().find(|zone| zone.name.eq_ignore_ascii_case(name) || zone.id == name)
    }
}

impl Zone {
    /// The records of a name and kind.
    pub fn at<'z>(&'z self, name: &'z str, kind: &'z str) -> impl Iterator<Item = &'z Record> {
        self.records.iter().filter(move |record| record.is(name, kind))
    }

    /// A name as people write it in a zone, made full: `@` is the zone itself, and what does not end with the
    /// zone's name is relative to it. In lower case, without a dot at the end.
    #[must_use]
    pub fn full_name(&self, name: &str) -> String {
        let name = name.trim_end_matches('.').to_lowercase();
        let zone = self.name.to_ascii_lowercase();
        if name.is_empty() || name == "@" {
            zone
        } else if is_within(&name, &zone) {
            name
        } else {
            format!("{name}.{zone}")
        }
    }

    /// The other way round: a full name as it is called in the zone.
    #[must_use]
    pub fn relative_name<'n>(&self, name: &'n str) -> &'n str {
        match name.len().checked_sub(self.name.len() + 1) {
            Some(end) if is_within(name, &self.name) => &name[..end],
            _ => "@",
        }
    }
}

impl Record {
    /// A record that was always there.
    #[must_use]
    pub fn new(kind: &str, name: &str, value: &str) -> Self {
        Self {
            id: format!("{kind} {name}"),
            name: name.to_owned(),
            kind: kind.to_owned(),
            value: value.to_owned(),
            ttl: 3_600,
            ..Self::default()
        }
    }

    /// Whether it has that name and kind.
    #[must_use]
    pub fn is(&self, name: &str, kind: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) && self.kind == kind
    }
}

impl Domain {
    /// What has to stand in DNS to prove that the domain is the customer's.
    #[must_use]
    pub fn ownership_record(&self) -> String {
        format!("ms-domain-verification={}", self.ownership)
    }
}

/// Whether a name is `above`, or below it.
#[must_use]
pub fn is_within(name: &str, above: &str) -> bool {
    let (name, above) = (name.to_ascii_lowercase(), above.to_ascii_lowercase());
    name.strip_suffix(&above).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_and_shortened() {
        let zone = Zone { name: "fabrikam.example".to_owned(), ..Zone::default() };
        for (written, full, relative) in [
            ("@", "fabrikam.example", "@"),
            ("Mail", "mail.fabrikam.example", "mail"),
            ("a.b.Fabrikam.example.", "a.b.fabrikam.example", "a.b"),
            ("notfabrikam.example", "notfabrikam.example.fabrikam.example", "notfabrikam.example"),
        ] {
            assert_eq!(zone.full_name(written), full);
            assert_eq!(zone.relative_name(full), relative);
        }
    }
}
