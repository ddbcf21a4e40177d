//! Changes for zones that a person edits: as a table for a provider's page, as lines of a zone file, as a script for
//! `nsupdate` (RFC 2136).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::name::{normal, relative};
use crate::record::{Data, Record, quoted};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What to do.
    pub action: Action,
    /// The name as pages of providers want it: without the zone, `@` for the zone itself.
    pub relative: String,
    /// The full name.
    pub name: String,
    /// `TXT` or `CNAME`.
    pub kind: String,
    /// The value, without quotes and without the dot at the end.
    pub value: String,
    /// Seconds.
    pub ttl: u32,
    /// The value whose place it takes.
    pub instead_of: Option<String>,
}

/// What a person has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Add a record, beside what is there.
    Add,
    /// Change the record that has the value `instead_of`.
    Replace,
    /// Delete the record.
    Delete,
}

/// The changes as a table, row by row.
#[must_use]
pub fn table(changes: &[Change], zone: &str) -> Vec<Line> {
    let zone = normal(zone);
    let line = |action, record: &Record, instead_of: Option<&Record>| Line {
        action,
        relative: relative(&record.name, &zone).to_owned(),
        name: record.name.clone(),
        kind: record.kind().to_owned(),
        value: record.value().to_owned(),
        ttl: record.ttl,
        instead_of: instead_of.map(|record| record.value().to_owned()),
    };
    let lines = changes.iter().map(|change| match change {
        Change::Create(record) => line(Action::Add, record, None),
        Change::Replace { held, by, .. } => line(Action::Replace, by, Some(&held.record)),
        Change::Delete(held) => line(Action::Delete, &held.record, None),
    });
    lines.collect()
}

/// The changes as lines of a zone file (RFC 1035 section 5.1). What has to go is a comment.
#[must_use]
pub fn zone_file(changes: &[Change], zone: &str) -> String {
    let zone = normal(zone);
    let mut text = format!("$ORIGIN {}.\n", word(&zone));
    let line = |record: &Record| {
        let name = word(relative(&record.name, &zone));
        // A name outside the zone is relative to nothing.
        let dot = if relative(&record.name, &zone) == record.name { "." } else { "" };
        format!("{name}{dot}\t{}\tIN\t{}\t{}", record.ttl, word(record.kind()), value(record))
    };
    for change in changes {
        let (gone, new) = parts(change);
        if let Some(gone) = gone {
            let _ = writeln!(text, "; take out: {}", line(gone));
        }
        if let Some(new) = new {
            let _ = writeln!(text, "{}", line(new));
        }
    }
    text
}

/// The changes as a script for `nsupdate`, each on its own, so that one that is refused stops no other. Nothing is
/// written over: a CNAME only where nothing is, and a text only where no CNAME is (RFC 2136 section 2.4).
#[must_use]
pub fn nsupdate(changes: &[Change], zone: &str, server: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(server) = server {
        let _ = writeln!(text, "server {}", word(server));
    }
    let _ = writeln!(text, "zone {}.", word(&normal(zone)));
    for change in changes {
        let (gone, new) = parts(change);
        if let Some(line) = conditions(gone, new) {
            let _ = writeln!(text, "prereq {line}");
        }
        if let Some(gone) = gone {
            let _ = writeln!(text, "update delete {} {} {}", name(gone), word(gone.kind()), value(gone));
        }
        if let Some(new) = new {
            let _ =
                writeln!(text, "update add {} {} {} {}", name(new), new.ttl, word(new.kind()), value(new));
        }
        text.push_str("send\nanswer\n");
    }
    text
}

/// What goes, and what comes.
fn parts(change: &Change) -> (Option<&Record>, Option<&Record>) {
    match change {
        Change::Create(record) => (None, Some(record)),
        Change::Replace { held, by, .. } => (Some(&held.record), Some(by)),
        Change::Delete(held) => (Some(&held.record), None),
    }
}

fn conditions(gone: Option<&Record>, new: Option<&Record>) -> Option<String> {
    match (gone, new) {
        // What is not there any more is not deleted again.
        (_, None) => None,
        (None, Some(new)) if new.target().is_some() => Some(format!("nxdomain {}", name(new))),
        // There is one CNAME or none, so that its value can be told.
        (Some(gone), Some(_)) if gone.target().is_some() => {
            Some(format!("yxrrset {} CNAME {}", name(gone), value(gone)))
        }
        // Texts stand beside others, all of which would have to be told.
        (Some(gone), Some(_)) => Some(format!("yxrrset {} {}", name(gone), word(gone.kind()))),
        (None, Some(new)) => Some(format!("nxrrset {} CNAME", name(new))),
    }
}

fn name(record: &Record) -> String {
    format!("{}.", word(&record.name))
}

fn value(record: &Record) -> String {
    match &record.data {
        Data::Txt(text) => quoted(text),
        Data::Cname(target) => format!("{}.", word(target)),
        Data::Other { kind, value } => {
            let is_name =
                |text: &str| matches!(kind.as_str(), "MX" | "NS" | "PTR" | "SRV") && text.contains('.');
            let words = value.split(' ').map(|text| {
                let dot = if is_name(text) && text != "." { "." } else { "" };
                format!("{}{dot}", word(text))
            });
            words.collect::<Vec<_>>().join(" ")
        }
    }
}

/// Names come from anywhere: nothing in one may end a word, or begin a line of its own.
fn word(text: &str) -> String {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.*@:/\\".contains(&octet);
    text.bytes()
        .map(|octet| if is_plain(octet) { char::from(octet).to_string() } else { format!("\\{octet:03}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::change::Held;

    fn held(record: Record) -> Held {
        Held { id: String::new(), record, is_proxied: false, comment: None }
    }

    fn changes() -> Vec<Change> {
        let spf = |text: &str| Record::txt("example.com", text, 300);
        let by = spf(&format!("v=spf1 {}-all", "ip4:192.0.2.1 ".repeat(20)));
        vec![
            Change::Create(Record::txt("example.com", "a \"quoted\" \\ text", 3600)),
            Change::Create(Record::cname("s1._domainkey.acs.example.com", "s1.azurecomm.net", 3600)),
            Change::Replace { held: held(spf("v=spf1 ~all")), by, why: String::new() },
            Change::Delete(held(Record::cname("old.example.com", "b.example", 60))),
        ]
    }

    #[test]
    fn a_table_has_both_names() {
        let table = table(&changes(), "Example.com.");
        let rows: Vec<(Action, &str, &str)> =
            table.iter().map(|line| (line.action, line.relative.as_str(), line.name.as_str())).collect();
        assert_eq!(
            rows,
            [
                (Action::Add, "@", "example.com"),
                (Action::Add, "s1._domainkey.acs", "s1._domainkey.acs.example.com"),
                (Action::Replace, "@", "example.com"),
                (Action::Delete, "old", "old.example.com"),
            ]
        );
        assert_eq!(table[2].instead_of.as_deref(), Some("v=spf1 ~all"));
    }

    #[test]
    fn zone_files_and_scripts_can_be_used_as_they_are() {
        let long = quoted(changes()[2..3].iter().find_map(|change| parts(change).1?.text()).unwrap());
        assert!(long.contains("\" \""));
        assert_eq!(
            zone_file(&changes(), "example.com").replace('\t', " ").replace(&long, "LONG"),
            "$ORIGIN example.com.\n\
             @ 3600 IN TXT \"a \\\"quoted\\\" \\\\ text\"\n\
             s1._domainkey.acs 3600 IN CNAME s1.azurecomm.net.\n\
             ; take out: @ 300 IN TXT \"v=spf1 ~all\"\n\
             @ 300 IN TXT LONG\n\
             ; take out: old 60 IN CNAME b.example.\n"
        );
        assert_eq!(
            nsupdate(&changes(), "example.com", Some("ns1.example.net")).replace(&long, "LONG"),
            "server ns1.example.net\n\
             zone example.com.\n\
             prereq nxrrset example.com. CNAME\n\
             update add example.com. 3600 TXT \"a \\\"quoted\\\" \\\\ text\"\n\
             send\nanswer\n\
             prereq nxdomain s1._domainkey.acs.example.com.\n\
             update add s1._domainkey.acs.example.com. 3600 CNAME s1.azurecomm.net.\n\
             send\nanswer\n\
             prereq yxrrset example.com. TXT\n\
             update delete example.com. TXT \"v=spf1 ~all\"\n\
             update add example.com. 300 TXT LONG\n\
             send\nanswer\n\
             update delete old.example.com. CNAME b.example.\n\
             send\nanswer\n"
        );
    }

    proptest! {
        #[test]
        fn nothing_becomes_a_line_of_its_own(name in "(?s).{0,20}", kind in "MX|TXT|CNAME|A|x y", value in "(?s).{0,40}") {
            let record = Record::read(&name, &kind, &value, 60);
            let changes = [Change::Create(record.clone()), Change::Delete(held(record))];
            for line in nsupdate(&changes, &name, Some(&value)).lines() {
                let first = line.split(' ').next().unwrap_or_default();
                prop_assert!(["server", "zone", "prereq", "update", "send", "answer"].contains(&first), "{}", line);
            }
            prop_assert_eq!(zone_file(&changes, &name).lines().count(), 3);
        }
    }
}
