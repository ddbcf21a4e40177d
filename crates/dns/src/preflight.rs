//! Comparing what is demanded with what is shown.

use serde::Serialize;

use crate::demand::{Demand, Part};
use crate::record::Record;
use crate::shown::Shown;

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is for.
    pub part: Part,
    /// The full name.
    pub name: String,
    /// `TXT` and the like; empty where no record is meant.
    pub kind: String,
    /// The value that should stand there; empty where none is demanded.
    pub wanted: String,
    /// What stands there.
    pub shown: Vec<String>,
    /// How good that is.
    pub verdict: Verdict,
    /// A word for programs, `spf.soft_end`. It is stable.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub sentence: String,
    /// For how many seconds resolvers may still believe the old answer.
    pub wait_seconds: Option<u32>,
    /// What should be written.
    pub proposal: Option<Proposal>,
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Right,
    /// Azure does not look at it, and something should be done.
    Advice,
    /// Nothing is there.
    Missing,
    /// What is there is not right.
    Wrong,
    /// Something is in the way, and somebody has to decide.
    Conflict,
}

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

impl Verdict {
    /// Whether Azure will not verify because of it.
    #[must_use]
    pub fn is_in_the_way(self) -> bool {
        matches!(self, Self::Missing | Self::Wrong | Self::Conflict)
    }
}

/// Compares what is demanded with what is shown: at least one row for each part, in their order.
#[must_use]
pub fn preflight(demand: &Demand, shown: &Shown) -> Vec<Row> {
    let _ = (demand, shown);
    Vec::new()
}
