//! What may be written into a record.

use serde::{Deserialize, Deserializer};

use super::content;
use super::failure::CloudflareError;
use crate::dns_wire::ascii_name;
use crate::state::dns::{Record, Zone};

/// A record as a client writes it. What is absent stays, or is the default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    pub(super) id: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    content: Option<String>,
    ttl: Option<f64>,
    proxied: Option<bool>,
    priority: Option<f64>,
    /// `null` takes it away, which is not the same as silence.
    #[serde(deserialize_with = "said")]
    comment: Option<Option<String>>,
}

/// The TTL that means that Cloudflare chooses.
const AUTOMATIC: u32 = 1;
const LONGEST_TEXT: usize = 2_048;
const LONGEST_COMMENT: usize = 100;
/// What can be proxied.
pub(super) const PROXIABLE: [&str; 3] = ["A", "AAAA", "CNAME"];

impl Input {
    /// The record that follows, `before` being there already.
    pub(super) fn into_record(self, zone: &Zone, before: Option<&Record>) -> Result<Record, CloudflareError> {
        let kind = self.kind.or_else(|| before.map(|record| record.kind.clone()));
        let kind = kind.ok_or_else(|| CloudflareError::invalid(9_000, "DNS record type is required."))?;
        let name = match (self.name, before) {
            (Some(name), _) => name_in(zone, &name)?,
            (None, Some(before)) => before.name.clone(),
            (None, None) => return Err(CloudflareError::invalid(9_000, "DNS name is required.")),
        };
        let before_value = before.filter(|record| record.kind == kind);
        let content = self.content.or_else(|| before_value.map(content::shown));
        let content = content.filter(|content| !content.trim().is_empty());
        let content = content.ok_or_else(|| CloudflareError::invalid(9_101, "Content is required."))?;
        let priority = match self.priority {
            Some(number) => {
                Some(whole(number).and_then(|number| u16::try_from(number).ok()).ok_or_else(|| {
                    CloudflareError::invalid(9_102, "Priority must be between 0 and 65535, inclusive.")
                })?)
            }
            None => before_value.and_then(content::priority),
        };
        let value = value(&kind, &content, priority)?;
        if kind == "CNAME" && value == name {
            return Err(CloudflareError::invalid(9_039, "A CNAME record cannot reference itself."));
        }
        let is_proxied = self.proxied.unwrap_or_else(|| before.is_some_and(|record| record.is_proxied));
        if is_proxied && !PROXIABLE.contains(&kind.as_str()) {
            return Err(CloudflareError::invalid(9_004, "This record type cannot be proxied."));
        }
        let ttl = match self.ttl {
            Some(seconds) => checked_ttl(seconds)?,
            None => before.map_or(AUTOMATIC, |record| record.ttl),
        };
        let comment = self.comment.unwrap_or_else(|| before.and_then(|record| record.comment.clone()));
        if comment.as_ref().is_some_and(|comment| comment.chars().count() > LONGEST_COMMENT) {
            return Err(CloudflareError::invalid(9_300, "DNS record comment is longer than 100 characters."));
        }
        Ok(Record {
            name,
            kind,
            value,
            ttl: if is_proxied { AUTOMATIC } else { ttl },
            is_proxied,
            comment: comment.filter(|comment| !comment.is_empty()),
            ..Record::default()
        })
    }
}

fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

fn name_in(zone: &Zone, name: &str) -> Result<String, CloudflareError> {
    let name = zone.full_name(name);
    ascii_name(&name).ok_or_else(|| CloudflareError::invalid(9_000, format!("DNS name '{name}' is invalid.")))
}

fn value(kind: &str, content: &str, priority: Option<u16>) -> Result<String, CloudflareError> {
    let content = content.trim();
    match kind {
        "TXT" => {
            let text = content::unquoted(content).filter(|text| text.len() <= LONGEST_TEXT);
            text.ok_or_else(|| {
                CloudflareError::invalid(9_207, "Content for TXT record is invalid or too long.")
            })
        }
        "A" => address::<std::net::Ipv4Addr>(
            content,
            9_005,
            "Content for A record must be a valid IPv4 address.",
        ),
        "AAAA" => address::<std::net::Ipv6Addr>(
            content,
            9_006,
            "Content for AAAA record must be a valid IPv6 address.",
        ),
        "CNAME" => host(content, 9_007, "Content for CNAME record is invalid."),
        "NS" => host(content, 9_008, "Content for NS record is invalid."),
        "PTR" => host(content, 9_008, "Content for PTR record is invalid."),
        "MX" => {
            let priority =
                priority.ok_or_else(|| CloudflareError::invalid(9_102, "Priority is required."))?;
            host(content, 9_009, "Content for MX record is invalid.").map(|host| format!("{priority} {host}"))
        }
        other => Err(CloudflareError::invalid(
            9_001,
            format!("Invalid DNS record type '{other}', or not played here."),
        )),
    }
}

fn address<A: std::str::FromStr + ToString>(
    text: &str,
    code: u32,
    why: &str,
) -> Result<String, CloudflareError> {
    text.parse::<A>().map(|address| address.to_string()).map_err(|_| CloudflareError::invalid(code, why))
}

fn host(text: &str, code: u32, why: &str) -> Result<String, CloudflareError> {
    let name = text.trim_end_matches('.');
    let is_address = name.parse::<std::net::IpAddr>().is_ok();
    ascii_name(name).filter(|_| !is_address).ok_or_else(|| CloudflareError::invalid(code, why))
}

fn checked_ttl(seconds: f64) -> Result<u32, CloudflareError> {
    let seconds = whole(seconds).filter(|seconds| *seconds == AUTOMATIC || (60..=86_400).contains(seconds));
    seconds.ok_or_else(|| {
        CloudflareError::invalid(
            9_021,
            "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.",
        )
    })
}

/// A number that JSON may write with a point.
fn whole(number: f64) -> Option<u32> {
    format!("{number}").parse().ok()
}
