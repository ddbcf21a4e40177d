//! What has to be written, and how it is taken back.

mod plan;
mod ttl;

use serde::{Deserialize, Serialize};

pub use self::plan::changes;
use dns_records::record::Record;

/// A record as a provider's API has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The provider's name for it; may be empty.
    pub id: String,
    pub record: Record,
    /// Whether the provider answers with addresses of its own instead.
    pub is_proxied: bool,
    /// What somebody wrote beside it.
    pub comment: Option<String>,
}

/// Something to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A record that is not there yet.
    Create(Record),
    /// A record takes the place of another one.
    Replace {
        /// What is there.
        held: Held,
        /// What has to be there.
        by: Record,
        /// What is different, for people.
        why: String,
    },
    /// A record of ours that is not wanted any more, or is in the way.
    Delete(Held),
}

impl Change {
    /// The record that will be there.
    #[must_use]
    pub fn new_record(&self) -> Option<&Record> {
        match self {
            Self::Create(record) | Self::Replace { by: record, .. } => Some(record),
            Self::Delete(_) => None,
        }
    }

    /// The record that will not be there any more.
    #[must_use]
    pub fn gone(&self) -> Option<&Held> {
        match self {
            Self::Create(_) => None,
            Self::Replace { held, .. } | Self::Delete(held) => Some(held),
        }
    }
}

/// What cannot be written, because somebody has to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    pub name: String,
    /// What is in the way.
    pub held: Vec<Held>,
    /// Why, and what to do, for people.
    pub message: String,
}

/// A record that was written, as it has to be remembered to be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub zone: String,
    /// What was written.
    pub record: Record,
    /// The provider's name for it; may be empty.
    pub record_id: String,
    /// The value that stood there before, if it was replaced.
    pub before: Option<String>,
    /// What else stood there, if several became one.
    pub also_before: Vec<String>,
}

/// What takes back what was `written`, the last first, and what is left because somebody has changed it since.
/// `held` are the records at the names that were written to.
#[must_use]
pub fn undo(written: &[Written], held: &[Held]) -> (Vec<Change>, Vec<Blocked>) {
    let (mut changes, mut left) = (Vec::new(), Vec::new());
    for one in written.iter().rev() {
        let by_id = held.iter().find(|held| !one.record_id.is_empty() && held.id == one.record_id);
        let found = by_id.or_else(|| held.iter().find(|held| held.record.says_the_same(&one.record)));
        // Somebody has taken it back already.
        let Some(found) = found else { continue };
        let is_ours = found.record.says_the_same(&one.record);
        match &one.before {
            None if is_ours => changes.push(Change::Delete(found.clone())),
            Some(before) if is_ours => {
                let record = |value| Record::read(&one.record.name, one.record.kind(), value, found.record.ttl);
                let why = "What was there before is put back.".to_owned();
                changes.push(Change::Replace { by: record(before), held: found.clone(), why });
                let also = one.also_before.iter().map(|value| record(value));
                let missing = also.filter(|record| !held.iter().any(|held| held.record.says_the_same(record)));
                changes.extend(missing.map(Change::Create));
            }
            _ => left.push(Blocked {
                name: one.record.name.clone(),
                message: format!(
                    "{} was changed by somebody since it was written, and stays. It was \"{}\"; take out by hand \
                     what is not wanted any more.",
                    found.record,
                    one.record.value()
                ),
                held: vec![found.clone()],
            }),
        }
    }
    (changes, left)
}

#[cfg(test)]
mod tests;
