//! Replacing a client secret while the old one still works.

use jiff::Timestamp;
use uuid::Uuid;

use crate::id::AccountId;

/// A rotation. What is here is known to have happened; the next step may have, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub account: AccountId,
    /// What the new secret is called in Entra: chosen before it is made, so that it can be found again.
    pub label: String,
    /// How far it is.
    pub step: Step,
    /// When it began.
    pub started_at: Timestamp,
    /// When it came to this step.
    pub changed_at: Timestamp,
    /// How long the new secret is to be good.
    pub wanted_until: Timestamp,
    /// The new secret's id in Entra.
    pub new_key: Option<Uuid>,
    /// The old secret's id in Entra, if it is known for sure.
    pub old_key: Option<Uuid>,
    /// When the old secret is removed.
    pub remove_at: Option<Timestamp>,
    /// What is in the way.
    pub problem: Option<String>,
}

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The label is chosen; Entra may have been asked.
    Begun,
    /// The new secret is there, sealed, and not in use.
    Added,
    /// Entra takes the new secret for everything that it is needed for.
    Proved,
    /// The new secret is in use; the old one still works.
    Switched,
    /// The old secret is gone, or stays because nobody knows which one it is.
    Done,
    /// It was given up; what it had made is gone.
    RolledBack,
}

crate::words!(Step {
    Begun = "begun",
    Added = "added",
    Proved = "proved",
    Switched = "switched",
    Done = "done",
    RolledBack = "rolled_back",
});

impl Step {
    /// Whether nothing is left to be done.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::RolledBack)
    }
}
