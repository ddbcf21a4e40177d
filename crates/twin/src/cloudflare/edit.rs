//! Changes of a zone: what may stand beside what.

use jiff::Timestamp;

use super::failure::CloudflareError;
use super::input::{Input, PROXIABLE};
use crate::keys::random_guid;
use crate::state::dns::{Record, Zone};

/// Puts a record in.
pub(super) fn create(zone: &mut Zone, input: Input, now: Timestamp) -> Result<Record, CloudflareError> {
    let record = input.into_record(zone, None)?;
    check(zone, &record)?;
    let record =
        Record { id: random_guid().simple().to_string(), made_at: Some(now), since: Some(now), ..record };
    zone.records.push(record.clone());
    Ok(record)
}

/// Puts another in the place of one, or changes some of it.
pub(super) fn change(
    zone: &mut Zone,
    id: &str,
    input: Input,
    is_replaced: bool,
    now: Timestamp,
) -> Result<Record, CloudflareError> {
    let at = place(zone, id)?;
    let before = zone.records[at].clone();
    let record = input.into_record(zone, if is_replaced { None } else { Some(&before) })?;
    let record = Record { id: before.id.clone(), made_at: before.made_at, since: before.since, ..record };
    check(zone, &record)?;
    // Words beside a record are no news for DNS.
    let is_news = Record { comment: None, ..before } != Record { comment: None, ..record.clone() };
    let record = Record { since: if is_news { Some(now) } else { record.since }, ..record };
    zone.records[at] = record.clone();
    Ok(record)
}

/// Takes one out.
pub(super) fn delete(zone: &mut Zone, id: &str) -> Result<Record, CloudflareError> {
    let at = place(zone, id)?;
    Ok(zone.records.remove(at))
}

fn place(zone: &Zone, id: &str) -> Result<usize, CloudflareError> {
    zone.records.iter().position(|record| record.id == id).ok_or_else(CloudflareError::no_record)
}

/// No record twice, and no alias beside an address or another alias.
fn check(zone: &Zone, record: &Record) -> Result<(), CloudflareError> {
    let others = || {
        let beside = zone.records.iter().filter(|other| other.id != record.id);
        beside.filter(|other| other.name.eq_ignore_ascii_case(&record.name))
    };
    if others().any(|other| other.kind == record.kind && other.value == record.value) {
        return Err(CloudflareError::bad(81_058, "An identical record already exists."));
    }
    if record.kind == "CNAME" && others().any(|other| PROXIABLE.contains(&other.kind.as_str())) {
        let text = "An A, AAAA, or CNAME record with that host already exists.";
        return Err(CloudflareError::bad(81_053, text));
    }
    if PROXIABLE.contains(&record.kind.as_str()) && others().any(|other| other.kind == "CNAME") {
        return Err(CloudflareError::bad(81_053, "A CNAME record with that host already exists."));
    }
    Ok(())
}
