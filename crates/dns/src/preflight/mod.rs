//! Comparing what is required with what is shown.

mod key;
mod mail;
mod ownership;
mod policy;
mod sender;
mod zone;

use serde::Serialize;

use crate::actual::{Actual, AtName};
use crate::required::{Part, Required};
use dns_records::record::Record;

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is for.
    pub part: Part,
    /// The full name.
    pub name: String,
    /// `TXT` and the like; empty where no record is meant.
    pub kind: String,
    /// The value that should stand there; empty where none is required.
    pub wanted: String,
    /// What stands there.
    pub actual: Vec<String>,
    /// How good that is.
    pub verdict: RecordStatus,
    /// A word for programs, `spf.soft_end`. It is stable.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// For how many seconds resolvers may still believe the old answer.
    pub wait_seconds: Option<u32>,
    /// What should be written.
    pub proposal: Option<Proposal>,
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordStatus {
    /// As it should be.
    Right,
    /// Azure does not mind, and something should be done.
    Advice,
    /// Nothing is there.
    Missing,
    /// What is there is not right, or nobody could be asked.
    Wrong,
    /// Something is in the way, and somebody has to decide.
    Conflict,
}

model::words!(RecordStatus {
    Right = "right",
    Advice = "advice",
    Missing = "missing",
    Wrong = "wrong",
    Conflict = "conflict",
});

/// What should be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The record that should stand there.
    pub write: Record,
    /// The records whose place it takes.
    pub instead_of: Vec<Record>,
    /// What is different, in sentences.
    pub changes: Vec<String>,
}

impl RecordStatus {
    /// Whether Azure will not verify, or mail will not arrive, because of it.
    #[must_use]
    pub fn is_in_the_way(self) -> bool {
        matches!(self, Self::Missing | Self::Wrong | Self::Conflict)
    }
}

/// Compares what is required with what is shown, in the order of [`Part`]. What is required has one row at least,
/// SPF one for each thing that is wrong with it.
#[must_use]
pub fn preflight(required: &Required, actual: &Actual) -> Vec<Row> {
    let context = Context { required, actual };
    let mut rows = zone::rows(&context);
    rows.extend(ownership::row(&context));
    rows.extend(sender::rows(&context));
    rows.extend([Part::Dkim, Part::Dkim2].into_iter().filter_map(|part| key::row(&context, part)));
    rows.push(policy::row(&context));
    rows.extend(mail::row(&context));
    rows
}

struct Context<'a> {
    required: &'a Required,
    actual: &'a Actual,
}

impl<'a> Context<'a> {
    fn at(&self, name: &str) -> &'a AtName {
        self.actual.at(name)
    }

    /// Where a record stands by mistake, and what stands there.
    fn misplaced(&self, wanted: &Record, is_it: impl Fn(&Record) -> bool) -> Option<&'a Record> {
        let names = self.required.mistaken_names(&wanted.name);
        names.iter().flat_map(|name| &self.at(name).records).find(|record| is_it(record))
    }

    /// What to say of a record that stands at `found`.
    fn misplacement(&self, found: &Record, wanted: &Record) -> String {
        if found.name.starts_with(&wanted.name) {
            format!(
                "The record stands at {}: it was entered with its full name, and {} appends the zone. Enter the name \
                 without the zone, and delete the other one.",
                found.name, self.actual.provider
            )
        } else {
            format!(
                "The record stands at {}, where the label of the subdomain is missing. Enter it at {}.",
                found.name, wanted.name
            )
        }
    }
}

impl Row {
    fn new(
        part: Part,
        wanted: &Record,
        verdict: RecordStatus,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            part,
            name: wanted.name.clone(),
            kind: wanted.kind().to_owned(),
            wanted: wanted.value().to_owned(),
            actual: Vec::new(),
            verdict,
            code,
            message: message.into(),
            wait_seconds: None,
            proposal: None,
        }
    }

    /// Shows records, and waits as long as resolvers may keep them.
    fn showing<'a>(mut self, records: impl IntoIterator<Item = &'a Record>) -> Self {
        for record in records {
            let is_elsewhere = record.name != self.name || record.kind() != self.kind;
            self.actual.push(if is_elsewhere { record.to_string() } else { record.value().to_owned() });
            if self.verdict != RecordStatus::Right {
                self.wait_seconds = self.wait_seconds.max(Some(record.ttl));
            }
        }
        self
    }

    fn waiting(mut self, seconds: Option<u32>) -> Self {
        self.wait_seconds = seconds;
        self
    }

    fn proposing(mut self, write: &Record, instead_of: Vec<Record>, changes: Vec<String>) -> Self {
        self.proposal = Some(Proposal { write: write.clone(), instead_of, changes });
        self
    }
}

/// Nobody could be asked for a name.
fn unanswered(part: Part, wanted: &Record, code: &'static str, trouble: &str) -> Row {
    let message =
        format!("What stands at {} cannot be said: {trouble}. Look again in a minute.", wanted.name);
    Row::new(part, wanted, RecordStatus::Wrong, code, message)
}

/// A CNAME hides what stands beside it.
fn hidden(part: Part, wanted: &Record, code: &'static str, cname: &Record) -> Row {
    let message = format!(
        "{} is a CNAME to {}, and no text can stand beside one (RFC 1034 section 3.6.2). Replace it by address records, \
         or take another domain.",
        cname.name,
        cname.value()
    );
    Row::new(part, wanted, RecordStatus::Conflict, code, message).showing([cname])
}
