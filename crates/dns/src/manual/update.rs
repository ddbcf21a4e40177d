//! Scripts for `nsupdate`.
//!
//! A name server does not say that it ignored something: adding a text beside a CNAME (RFC 2136 section 3.4.2.2), or
//! deleting a record that differs in one byte (RFC 2136 section 3.4.2.4), is NOERROR. So every update requires first
//! that its name is as it was seen, byte for byte (RFC 2136 section 2.4.2). A person who writes a record of theirs
//! meanwhile loses nothing: the update fails.

use std::fmt::Write as _;

use super::{Handout, master};
use crate::change::Change;
use dns_records::name::normal;
use dns_records::record::Record;

/// Kinds that cannot stand beside a CNAME, as far as they are looked for.
const BESIDE_NO_CNAME: [&str; 5] = ["A", "AAAA", "CNAME", "MX", "TXT"];

/// The changes, one update for each name.
pub(super) fn script(handout: &Handout<'_>) -> String {
    let mut text = format!(
        "; nsupdate -k KEYFILE THIS_FILE\n\
         ; Each update up to \"send\" is done whole or not at all. One that fails with NXRRSET, YXRRSET or YXDOMAIN\n\
         ; found its name changed since this was written: have it written again.\n\
         zone {}\n",
        master::name(&normal(handout.zone))
    );
    let mut names: Vec<&str> = Vec::new();
    for change in handout.changes {
        let name = name_of(change);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        update(handout, name, &mut text);
    }
    text
}

fn update(handout: &Handout<'_>, name: &str, text: &mut String) {
    let changes: Vec<&Change> = handout.changes.iter().filter(|change| name_of(change) == name).collect();
    for required in requires(handout, name, &changes) {
        let _ = writeln!(text, "prereq {required}");
    }
    for gone in changes.iter().filter_map(|change| change.gone()) {
        let _ = writeln!(text, "update delete {}", in_full(&gone.record, None));
    }
    for new in changes.iter().filter_map(|change| change.new_record()) {
        let _ = writeln!(text, "update add {}", in_full(new, Some(new.ttl)));
    }
    text.push_str("send\n");
}

/// What has to be so at a name before anything is changed there.
fn requires(handout: &Handout<'_>, name: &str, changes: &[&Change]) -> Vec<String> {
    let seen: Vec<&Record> =
        handout.held.iter().map(|held| &held.record).filter(|record| record.name == name).collect();
    let becomes_cname =
        changes.iter().filter_map(|change| change.new_record()).any(|new| new.target().is_some());
    if becomes_cname && seen.is_empty() {
        return vec![format!("nxdomain {}", master::name(name))];
    }
    let touched =
        changes.iter().flat_map(|change| [change.gone().map(|held| &held.record), change.new_record()]);
    let mut kinds: Vec<&str> = touched.flatten().map(Record::kind).chain(["CNAME"]).collect();
    if becomes_cname {
        kinds.extend(BESIDE_NO_CNAME);
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().flat_map(|kind| set_as_seen(name, kind, &seen)).collect()
}

/// The set of one kind is exactly the one that was seen.
fn set_as_seen(name: &str, kind: &str, seen: &[&Record]) -> Vec<String> {
    let records: Vec<String> = seen
        .iter()
        .filter(|record| record.kind() == kind)
        .map(|record| format!("yxrrset {}", in_full(record, None)))
        .collect();
    if records.is_empty() {
        return vec![format!("nxrrset {} {}", master::name(name), master::word(kind))];
    }
    records
}

fn in_full(record: &Record, ttl: Option<u32>) -> String {
    let ttl = ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default();
    let (name, kind) = (master::name(&record.name), master::word(record.kind()));
    format!("{name} {ttl}{kind} {}", master::value(&record.data))
}

fn name_of(change: &Change) -> &str {
    let record = change.new_record().or(change.gone().map(|held| &held.record));
    record.map(|record| record.name.as_str()).unwrap_or_default()
}
