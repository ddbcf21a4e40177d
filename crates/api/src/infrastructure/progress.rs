//! The progress events of an apply, and its end.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::infrastructure::plan::PlanView;
use crate::problem::Problem;

/// What happens during an apply, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum ApplyEvent {
    /// What is to be done.
    Planned {
        /// The plan.
        plan: PlanView,
    },
    /// A step begins.
    Began {
        /// Its key.
        key: String,
        /// What it does.
        message: String,
    },
    /// How far a step is.
    Progress {
        /// Its key.
        key: String,
        /// A sentence.
        message: String,
    },
    /// A step has ended.
    Ended {
        /// Its key.
        key: String,
        /// How.
        outcome: StepOutcome,
        /// What is in the way, and what to do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// All steps have ended: the last line.
    Done {
        /// How each went that did not go well.
        applied: Applied,
    },
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It is done.
    Done,
    /// It waits for somebody, or for DNS: apply again then.
    Pending,
    /// It would change a value of others, or a step of a plan, that nobody approved.
    AwaitingApproval,
    /// It came to nothing.
    Failed,
    /// It was not begun, because a step before it is not done.
    Skipped,
}

/// How an apply ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Applied {
    /// How many steps are done.
    pub done: usize,
    /// Steps that are not, with what is in the way.
    pub open: Vec<OpenStep>,
    /// What could not be planned at all.
    pub problems: Vec<String>,
}

/// A step that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenStep {
    /// Its key.
    pub key: String,
    /// What it would do.
    pub message: String,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What is in the way.
    pub problem: String,
}

impl Applied {
    /// Whether all is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open.is_empty() && self.problems.is_empty()
    }

    /// Whether somebody only has to wait, or to do what a step waits for.
    #[must_use]
    pub fn only_pending(&self) -> bool {
        let is_bad = |step: &OpenStep| step.outcome == StepOutcome::Failed;
        self.problems.is_empty() && !self.open.is_empty() && !self.open.iter().any(is_bad)
    }
}

/// One line of an apply that goes on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ApplyLine {
    /// Something happened.
    Event(ApplyEvent),
    /// It could not be done: the last line.
    Failed {
        /// Why.
        error: Problem,
    },
}
