//! The zones that the twin answers for, and what they say about a domain that is to be verified.

use serde::{Deserialize, Serialize};

use super::{Domain, Part, VERIFIED, World};

/// A zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Zone {
    /// Its name, without a dot at the end.
    pub name: String,
    /// Its id, where somebody asks for zones by ids.
    pub id: String,
    /// What stands in it.
    #[serde(default)]
    pub records: Vec<Record>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// The full name, without a dot at the end.
    pub name: String,
    /// `TXT`, `CNAME` and others.
    pub kind: String,
    /// The value. A TXT value is one text, however it is split on the wire.
    pub value: String,
    /// Seconds.
    pub ttl: u32,
    /// Whether a provider answers in place of it, which hides a CNAME.
    #[serde(default)]
    pub is_proxied: bool,
    /// Words that somebody put beside it.
    #[serde(default)]
    pub comment: Option<String>,
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

impl World {
    /// Puts a zone into the world with all that a domain needs to be verified.
    pub fn publish(&mut self, domain: &Domain) {
        let record = |kind: &str, name: String, value: String| Record {
            id: format!("{kind} {name}"),
            name,
            kind: kind.to_owned(),
            value,
            ttl: 3_600,
            is_proxied: false,
            comment: None,
        };
        let name = &domain.name;
        let mut records = vec![
            record("TXT", name.clone(), domain.ownership_record()),
            record("TXT", name.clone(), format!("v=spf1 {SPF_INCLUDE} -all")),
            record("TXT", format!("_dmarc.{name}"), "v=DMARC1; p=none".to_owned()),
        ];
        records.extend(
            DKIM.map(|(_, selector, target)| {
                record("CNAME", format!("{selector}.{name}"), target.to_owned())
            }),
        );
        self.zones.push(Zone { name: name.clone(), id: name.clone(), records });
    }

    /// The zone that a name is in: the one with the longest name.
    #[must_use]
    pub fn zone_of(&self, name: &str) -> Option<&Zone> {
        let is_in = |zone: &&Zone| {
            let (name, zone) = (name.to_ascii_lowercase(), zone.name.to_ascii_lowercase());
            name == zone || name.ends_with(&format!(".{zone}"))
        };
        self.zones.iter().filter(is_in).max_by_key(|zone| zone.name.len())
    }

    /// The records of a name and kind.
    pub fn records<'w>(&'w self, name: &'w str, kind: &'w str) -> impl Iterator<Item = &'w Record> {
        let zone = self.zone_of(name).into_iter();
        zone.flat_map(|zone| &zone.records)
            .filter(move |record| record.name.eq_ignore_ascii_case(name) && record.kind == kind)
    }

    /// Judges one part of a domain's verification by what stands in DNS; why it fails, if it does.
    pub(super) fn judge(&self, domain: &Domain, part: Part) -> Result<(), String> {
        if part != Part::Domain && domain.verification.of(Part::Domain).status != VERIFIED {
            return Err("DomainOwnershipNotVerified".to_owned());
        }
        let texts = |name: &str| -> Vec<String> {
            self.records(name, "TXT").map(|record| record.value.trim().to_owned()).collect()
        };
        match part {
            Part::Domain => {
                let wanted = domain.ownership_record();
                let found = texts(&domain.name).contains(&wanted);
                if found { Ok(()) } else { Err("DomainVerificationRecordNotFound".to_owned()) }
            }
            Part::Spf => {
                let all = texts(&domain.name);
                let spf: Vec<&String> =
                    all.iter().filter(|text| text.to_ascii_lowercase().starts_with("v=spf1")).collect();
                match spf[..] {
                    [] => Err("SpfRecordNotFound".to_owned()),
                    [only] if !only.contains(SPF_INCLUDE) => Err("SpfRecordWithoutInclude".to_owned()),
                    [only] if !only.ends_with("-all") => Err("SpfRecordNotStrict".to_owned()),
                    [_] => Ok(()),
                    _ => Err("MultipleSpfRecords".to_owned()),
                }
            }
            Part::Dkim | Part::Dkim2 => {
                let selector = DKIM.iter().find(|(which, _, _)| *which == part);
                let Some((_, name, target)) = selector else { return Ok(()) };
                let name = format!("{name}.{}", domain.name);
                let found = self.records(&name, "CNAME").any(|record| {
                    !record.is_proxied && record.value.trim_end_matches('.').eq_ignore_ascii_case(target)
                });
                if found { Ok(()) } else { Err("DkimRecordNotFound".to_owned()) }
            }
            Part::Dmarc => {
                let name = format!("_dmarc.{}", domain.name);
                let found = texts(&name).iter().any(|text| text.starts_with("v=DMARC1"));
                if found { Ok(()) } else { Err("DmarcRecordNotFound".to_owned()) }
            }
        }
    }
}

impl Domain {
    /// What has to stand in DNS to prove that the domain is the customer's.
    #[must_use]
    pub fn ownership_record(&self) -> String {
        format!("ms-domain-verification={}", self.ownership)
    }
}
