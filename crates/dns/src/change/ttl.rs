//! One TTL for all records of a name and type (RFC 2181 section 5.2).

use super::{Change, Held};
use dns_records::record::Record;

/// Gives what is written the TTL of the records that stay beside it. Where none stays, and records are written with
/// several, the shortest counts.
pub(super) fn unify(changes: &mut [Change], held: &[Held]) {
    let ttls: Vec<Option<u32>> = changes
        .iter()
        .map(|change| {
            let record = change.new_record()?;
            let stays = held.iter().filter(|one| !changes.iter().any(|change| change.gone() == Some(one)));
            let beside = stays.map(|one| &one.record).filter(|one| is_of_one_set(one, record));
            let written = changes.iter().filter_map(Change::new_record);
            let written = written.filter(|one| is_of_one_set(one, record));
            beside.map(|one| one.ttl).min().or_else(|| written.map(|one| one.ttl).min())
        })
        .collect();
    for (change, ttl) in changes.iter_mut().zip(ttls) {
        if let (Change::Create(record) | Change::Replace { by: record, .. }, Some(ttl)) = (change, ttl) {
            record.ttl = ttl;
        }
    }
}

fn is_of_one_set(one: &Record, other: &Record) -> bool {
    one.name == other.name && one.kind() == other.kind()
}
