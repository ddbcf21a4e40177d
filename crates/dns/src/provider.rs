//! Who runs a zone's name servers, guessed by their names: so that advice can name the right page.

use std::fmt;

use serde::{Deserialize, Serialize};

use dns_records::name::normal;

/// Who runs the name servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Cloudflare,
    Azure,
    /// Amazon Route 53.
    Route53,
    /// Google Cloud DNS.
    Google,
    GoDaddy,
    Namecheap,
    Ionos,
    Hetzner,
    Ovh,
    Gandi,
    DigitalOcean,
    Dnsimple,
    Ns1,
    Squarespace,
    Infomaniak,
    Akamai,
    #[default]
    Other,
}

/// Ends of names, and words that stand anywhere in a name.
const KNOWN: [(Provider, &[&str], &[&str]); 16] = [
    (Provider::Cloudflare, &["ns.cloudflare.com", "cloudflare.com", "foundationdns.com"], &[]),
    (Provider::Azure, &[], &[".azure-dns."]),
    (Provider::Route53, &[], &[".awsdns-"]),
    (Provider::Google, &["googledomains.com"], &[]),
    (Provider::GoDaddy, &["domaincontrol.com"], &[]),
    (Provider::Namecheap, &["registrar-servers.com"], &[]),
    (Provider::Ionos, &[], &[".ui-dns."]),
    (
        Provider::Hetzner,
        &["ns.hetzner.com", "ns.hetzner.de", "first-ns.de", "second-ns.de", "second-ns.com"],
        &[],
    ),
    (Provider::Ovh, &["ovh.net", "ovh.ca", "anycast.me"], &[]),
    (Provider::Gandi, &["gandi.net"], &[]),
    (Provider::DigitalOcean, &["digitalocean.com"], &[]),
    (Provider::Dnsimple, &["dnsimple.com", "dnsimple-edge.net", "dnsimple-edge.org"], &[]),
    (Provider::Ns1, &["nsone.net"], &[]),
    (Provider::Squarespace, &["squarespacedns.com"], &[]),
    (Provider::Infomaniak, &["infomaniak.ch", "infomaniak.com"], &[]),
    (Provider::Akamai, &["akam.net", "akamaiedge.net"], &[]),
];

impl Provider {
    /// The provider of a zone with these name servers. All have to be the same one's.
    #[must_use]
    pub fn of<'a>(name_servers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = name_servers.into_iter().map(Self::of_one);
        let first = found.next().unwrap_or_default();
        if found.all(|other| other == first) { first } else { Self::Other }
    }

    fn of_one(name: &str) -> Self {
        let name = normal(name);
        let is_it = |(_, ends, words): &&(Self, &[&str], &[&str])| {
            ends.iter().any(|end| dns_records::name::is_within(&name, end))
                || words.iter().any(|word| name.contains(word))
        };
        KNOWN.iter().find(is_it).map_or(Self::Other, |(provider, ..)| *provider)
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Cloudflare => "Cloudflare",
            Self::Azure => "Azure DNS",
            Self::Route53 => "Amazon Route 53",
            Self::Google => "Google Cloud DNS",
            Self::GoDaddy => "GoDaddy",
            Self::Namecheap => "Namecheap",
            Self::Ionos => "IONOS",
            Self::Hetzner => "Hetzner",
            Self::Ovh => "OVHcloud",
            Self::Gandi => "Gandi",
            Self::DigitalOcean => "DigitalOcean",
            Self::Dnsimple => "DNSimple",
            Self::Ns1 => "NS1",
            Self::Squarespace => "Squarespace",
            Self::Infomaniak => "Infomaniak",
            Self::Akamai => "Akamai",
            Self::Other => "the DNS provider",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_who_runs_them() {
        for (names, wanted) in [
            (&["ada.ns.cloudflare.com.", "bob.ns.cloudflare.com."][..], Provider::Cloudflare),
            (&["ns1-07.azure-dns.com", "ns2-07.azure-dns.net", "ns3-07.azure-dns.org"], Provider::Azure),
            (&["ns-1.awsdns-00.co.uk", "ns-2.awsdns-01.org"], Provider::Route53),
            (&["ns-cloud-a1.googledomains.com"], Provider::Google),
            (&["NS1.domaincontrol.com"], Provider::GoDaddy),
            (&["ns1.notcloudflare.com"], Provider::Other),
            (&["ada.ns.cloudflare.com", "ns1.example.com"], Provider::Other),
            (&[], Provider::Other),
        ] {
            assert_eq!(Provider::of(names.iter().copied()), wanted, "{names:?}");
        }
    }
}
