//! Reading what Azure gives.

use azure_types::communication::VerificationRecord;

use super::{MOST_BYTES, RequiredError, TTL_SECONDS};
use dns_records::name::{is_within, normal, possible_zones};
use dns_records::record::Record;

pub(super) fn is_label(label: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(is_fine)
}

pub(super) fn text_of(
    part: &'static str,
    domain: &str,
    given: &VerificationRecord,
) -> Result<Record, RequiredError> {
    if !given.kind.eq_ignore_ascii_case("TXT") {
        return Err(not_understood(part, given));
    }
    let record = Record::read(domain, "TXT", given.value.trim(), ttl(given));
    // The name is the domain, as far as it was seen; `@` is how portals write it.
    let name = normal(&given.name);
    if !(name.is_empty() || name == "@" || name == domain || domain.starts_with(&format!("{name}."))) {
        return Err(not_understood(part, given));
    }
    Ok(record)
}

/// Names of keys are relative to the domain, as far as it was seen, and may one day be full or relative to the
/// zone.
pub(super) fn key_of(
    part: &'static str,
    domain: &str,
    zone: Option<&str>,
    given: &VerificationRecord,
) -> Result<Record, RequiredError> {
    let name = normal(&given.name);
    if !given.kind.eq_ignore_ascii_case("CNAME") || name.is_empty() || !name.split('.').all(is_label) {
        return Err(not_understood(part, given));
    }
    let record = Record::cname(&full_name(&name, domain, zone), &given.value, ttl(given));
    if !record.value().split('.').all(is_label) || record.name.len() > MOST_BYTES {
        return Err(not_understood(part, given));
    }
    Ok(record)
}

fn full_name(name: &str, domain: &str, zone: Option<&str>) -> String {
    if is_within(name, domain) {
        return name.to_owned();
    }
    let zones: Vec<&str> = zone.map_or_else(|| possible_zones(domain).collect(), |zone| vec![zone]);
    let is_relative_to = |zone: &&str| {
        let labels = domain.strip_suffix(*zone).map(|labels| labels.trim_end_matches('.'));
        labels.is_some_and(|labels| !labels.is_empty() && is_within(name, labels))
    };
    let zone = zones.into_iter().find(is_relative_to).unwrap_or(domain);
    format!("{name}.{zone}")
}

/// What the record of Azure's includes.
pub(super) fn include_of(text: &str) -> Option<String> {
    let word = |word: &str| {
        word.split_at_checked(8).map(|(name, target)| (name.to_ascii_lowercase(), normal(target)))
    };
    let mut includes = text.split_ascii_whitespace().filter_map(word).filter(|(name, _)| name == "include:");
    includes.next().map(|(_, target)| target).filter(|target| target.split('.').all(is_label))
}

fn ttl(given: &VerificationRecord) -> u32 {
    if given.ttl == 0 { TTL_SECONDS } else { given.ttl }
}

pub(super) fn not_understood(part: &'static str, given: &VerificationRecord) -> RequiredError {
    let VerificationRecord { kind, name, value, .. } = given.clone();
    RequiredError::Record { part, kind, name, value }
}
