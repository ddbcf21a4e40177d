//! What has to stand in DNS for one domain.

mod given;

use azure_types::communication::{VerificationRecord, VerificationRecords};
use serde::{Deserialize, Serialize};

use self::given::{include_of, is_label, key_of, not_understood, text_of};
use dns_records::name::{is_within, normal, organisational, possible_zones};
use dns_records::record::Record;
use dns_records::spf::End;

/// What a record is for. The order is the one in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The zone and its name servers. No record is required for it.
    Zone,
    /// Ownership of the domain.
    Domain,
    /// Who may send for the domain (RFC 7208).
    Spf,
    /// The first key.
    Dkim,
    /// The second key.
    Dkim2,
    /// What receivers do with mail that proves nothing (RFC 7489). Azure requires none.
    Dmarc,
    /// Where replies go. Azure requires none.
    Mx,
}

impl Part {
    /// The word for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Zone => "Zone",
            Self::Domain => "Ownership",
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Dkim2 => "DKIM2",
            Self::Dmarc => "DMARC",
            Self::Mx => "MX",
        }
    }
}

/// What has to stand in DNS for one domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    domain: String,
    zone: Option<String>,
    ownership: Option<Record>,
    spf: Option<Record>,
    include: Option<String>,
    dkim: Option<Record>,
    dkim2: Option<Record>,
    dmarc: Option<Record>,
    takes_soft_end: bool,
}

/// Why no requirement can be made of what Azure gave. It is Azure's fault, or the caller's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequiredError {
    /// It is not a domain.
    #[error("\"{0}\" is not a domain")]
    Domain(String),
    /// The domain is not in the zone.
    #[error("{domain} is not part of the zone {zone}")]
    Zone { domain: String, zone: String },
    /// A record of Azure's is not of the kind that it always was.
    #[error("Azure requires a record for {part} that cannot be understood: {kind} {name} \"{value}\"")]
    Record {
        /// `Domain`, `SPF` and so on.
        part: &'static str,
        /// `TXT` and the like.
        kind: String,
        /// The name that Azure gave.
        name: String,
        /// The value that Azure gave.
        value: String,
    },
}

impl Required {
    /// What `records` requirement for `domain`. The zone that holds it is given where it is known; it says how relative
    /// names are meant.
    ///
    /// # Errors
    /// When the domain is not within the zone, or a record is not of the kind that is expected.
    pub fn new(
        domain: &str,
        zone: Option<&str>,
        records: &VerificationRecords,
    ) -> Result<Self, RequiredError> {
        let (domain, zone) = (normal(domain), zone.map(normal));
        let is_domain = domain.len() <= MOST_BYTES && domain.split('.').all(is_label);
        if !is_domain || !domain.contains('.') {
            return Err(RequiredError::Domain(domain));
        }
        if let Some(zone) = zone.clone().filter(|zone| !is_within(&domain, zone)) {
            return Err(RequiredError::Zone { domain, zone });
        }
        let text = |part, given: &Option<VerificationRecord>| {
            let given = given.as_ref().filter(|given| !given.value.trim().is_empty());
            given.map(|given| text_of(part, &domain, given)).transpose()
        };
        let key = |part, given: &Option<VerificationRecord>| {
            let given = given.as_ref().filter(|given| !given.value.trim().is_empty());
            given.map(|given| key_of(part, &domain, zone.as_deref(), given)).transpose()
        };
        let spf = text("SPF", &records.spf)?;
        let include = spf.as_ref().and_then(Record::text).and_then(include_of);
        if let (Some(_), None, Some(given)) = (&spf, &include, &records.spf) {
            return Err(not_understood("SPF", given));
        }
        Ok(Self {
            ownership: text("Domain", &records.domain)?,
            include,
            spf,
            dkim: key("DKIM", &records.dkim)?,
            dkim2: key("DKIM2", &records.dkim2)?,
            dmarc: None,
            takes_soft_end: false,
            domain,
            zone,
        })
    }

    /// Also requires a DMARC policy, `v=DMARC1; p=none`.
    #[must_use]
    pub fn with_dmarc(mut self, policy: &str) -> Self {
        self.dmarc = Some(Record::txt(&dmarc_name(&self.domain), policy, TTL_SECONDS));
        self
    }

    /// Accepts an SPF record that does not end in `-all`: after Azure has verified it.
    #[must_use]
    pub fn with_soft_end(mut self) -> Self {
        self.takes_soft_end = true;
        self
    }

    /// The domain that the records belong to.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The zone that holds it, if it is known.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }

    /// What has to be included into the SPF record: `spf.protection.outlook.com`.
    #[must_use]
    pub fn include(&self) -> Option<&str> {
        self.include.as_deref()
    }

    /// How the SPF record has to end.
    #[must_use]
    pub fn spf_end(&self) -> End {
        if self.takes_soft_end { End::AsItIs } else { End::Fail }
    }

    /// Whether a soft end of the SPF record will do.
    #[must_use]
    pub fn takes_soft_end(&self) -> bool {
        self.takes_soft_end
    }

    /// The record that is required for a part. The one for SPF is what stands there if nothing else does.
    #[must_use]
    pub fn record(&self, part: Part) -> Option<&Record> {
        match part {
            Part::Domain => self.ownership.as_ref(),
            Part::Spf => self.spf.as_ref(),
            Part::Dkim => self.dkim.as_ref(),
            Part::Dkim2 => self.dkim2.as_ref(),
            Part::Dmarc => self.dmarc.as_ref(),
            Part::Zone | Part::Mx => None,
        }
    }

    /// All that is required, in the order of [`Part`].
    pub fn records(&self) -> impl Iterator<Item = (Part, &Record)> {
        let parts = [Part::Domain, Part::Spf, Part::Dkim, Part::Dkim2, Part::Dmarc];
        parts.into_iter().filter_map(|part| Some((part, self.record(part)?)))
    }

    /// The names that have to be read: those of the records, those where records end up by mistake, where a
    /// DMARC policy is inherited from, and what SPF includes.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.domain.clone(), dmarc_name(&self.domain)];
        names.extend(self.records().map(|(_, record)| record.name.clone()));
        let mistaken: Vec<String> = names.iter().flat_map(|name| self.mistaken_names(name)).collect();
        names.extend(mistaken);
        names.push(dmarc_name(organisational(&self.domain)));
        names.extend(self.include.clone());
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Where a record ends up when the page of a provider appends the zone to a full name, or when the label of a
    /// subdomain is forgotten.
    pub(crate) fn mistaken_names(&self, name: &str) -> Vec<String> {
        let zones: Vec<&str> = match &self.zone {
            Some(zone) => vec![zone],
            None => possible_zones(&self.domain).collect(),
        };
        let mut names: Vec<String> = zones.iter().map(|zone| format!("{name}.{zone}")).collect();
        if let Some(label) = name.strip_suffix(&self.domain).filter(|label| !label.is_empty()) {
            names.extend(zones.iter().map(|zone| format!("{label}{zone}")).filter(|other| *other != name));
        }
        // Longer names cannot be asked for.
        names.retain(|name| name.len() <= MOST_BYTES);
        names
    }
}

/// Where a DMARC policy stands (RFC 7489 section 6.1).
pub(crate) fn dmarc_name(domain: &str) -> String {
    format!("_dmarc.{domain}")
}

/// For how long records of ours may be kept: what Azure proposes.
pub(crate) const TTL_SECONDS: u32 = 3600;
/// RFC 1035 section 3.1, without the bytes that only the wire has.
const MOST_BYTES: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    fn records(dkim: &str) -> VerificationRecords {
        let record = |kind: &str, name: &str, value: &str| {
            let (kind, name, value) = (kind.to_owned(), name.to_owned(), value.to_owned());
            Some(VerificationRecord { kind, name, value, ttl: 3600 })
        };
        let spf = "v=spf1 include:spf.protection.outlook.com -all";
        VerificationRecords {
            domain: record("TXT", "mail.example.com", "ms-domain-verification=1"),
            spf: record("TXT", "mail.example.com", spf),
            dkim: record("CNAME", dkim, "selector1-azurecomm-prod-net._domainkey.azurecomm.net"),
            dkim2: None,
        }
    }

    #[test]
    fn names_of_keys_are_meant_in_three_ways() {
        for (zone, name) in [
            (None, "s1._domainkey"),
            (Some("example.com"), "s1._domainkey"),
            (Some("example.com"), "s1._domainkey.mail"),
            (None, "s1._domainkey.mail"),
            (Some("example.com"), "S1._domainkey.mail.example.com."),
            (Some("mail.example.com"), "s1._domainkey"),
        ] {
            let required = Required::new("mail.example.com", zone, &records(name)).unwrap();
            let found = required.record(Part::Dkim).map(|record| record.name.as_str());
            assert_eq!(found, Some("s1._domainkey.mail.example.com"), "{name} in {zone:?}");
        }
    }

    #[test]
    fn records_end_up_at_wrong_names() {
        let required = Required::new("mail.example.com", None, &records("s1._domainkey")).unwrap();
        assert_eq!(
            required.mistaken_names("s1._domainkey.mail.example.com"),
            [
                "s1._domainkey.mail.example.com.mail.example.com",
                "s1._domainkey.mail.example.com.example.com",
                "s1._domainkey.example.com",
            ]
        );
        assert_eq!(required.include(), Some("spf.protection.outlook.com"));
        assert_eq!(required.names().len(), 12);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let new = |domain: &str, zone, records| Required::new(domain, zone, records).unwrap_err().to_string();
        let good = records("s1._domainkey");
        assert_eq!(new("example", None, &good), "\"example\" is not a domain");
        assert_eq!(new("a..b", None, &good), "\"a..b\" is not a domain");
        assert_eq!(
            new("an-example.com", Some("example.com"), &good),
            "an-example.com is not part of the zone example.com"
        );
        let bad = "Azure requires a record for DKIM that cannot be understood: CNAME s1 dk \
                   \"selector1-azurecomm-prod-net._domainkey.azurecomm.net\"";
        assert_eq!(new("mail.example.com", None, &records("s1 dk")), bad);
    }
}
