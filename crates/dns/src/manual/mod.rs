//! Changes for zones that a person edits: as rows for a provider's page, as lines of a zone file (RFC 1035 section 5),
//! as a script for `nsupdate` (RFC 2136).
//!
//! All of them are read by programs that nobody here has seen. So names are absolute and end in a dot, texts stand in
//! quotes, nothing depends on a line before, and everything is printable ASCII.

mod master;
mod row;
mod update;

use std::fmt::Write as _;

pub use self::row::{Action, RecordLine};
use crate::change::{Blocked, Change, Held};
use dns_records::name::normal;
use dns_records::record::Record;

/// What a person is handed for one domain.
#[derive(Clone, Copy, Debug)]
pub struct Handout<'a> {
    /// The zone to be edited.
    pub zone: &'a str,
    /// What is there, at all names that are changed.
    pub held: &'a [Held],
    /// What is to be done.
    pub changes: &'a [Change],
    /// What somebody has to decide first.
    pub blocked: &'a [Blocked],
}

impl Handout<'_> {
    /// The changes as lines of a zone file. What has to go, and what cannot be said yet, are comments.
    #[must_use]
    pub fn zone_file(&self) -> String {
        let mut text =
            format!("; Zone {}: add the lines that are not comments.\n", master::name(&normal(self.zone)));
        for change in self.changes {
            if let Some(gone) = change.gone() {
                let _ = writeln!(text, "; delete: {}", line(&gone.record));
            }
            if let Some(new) = change.new_record() {
                let _ = writeln!(text, "{}", line(new));
            }
        }
        text + &self.remarks()
    }

    /// The changes as a script for `nsupdate`: one update for each name, done whole or not at all.
    #[must_use]
    pub fn nsupdate(&self) -> String {
        update::script(self) + &self.remarks()
    }

    /// What the changes leave out, as comments.
    fn remarks(&self) -> String {
        if self.changes.is_empty() && self.blocked.is_empty() {
            return "; There is nothing to change.\n".to_owned();
        }
        self.blocked.iter().fold(String::new(), |text, blocked| {
            text + &master::comment(&format!("left out, {}: {}", blocked.name, blocked.message))
        })
    }
}

fn line(record: &Record) -> String {
    let (name, kind) = (master::name(&record.name), master::word(record.kind()));
    format!("{name}\t{}\tIN\t{kind}\t{}", record.ttl, master::value(&record.data))
}

#[cfg(test)]
mod tests;
