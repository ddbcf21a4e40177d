//! A plan.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::infrastructure::manifest::Manifest;
use crate::verification::ActionOwner;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// Keys of steps, or domains; all if there are none.
    pub targets: Vec<String>,
    /// The way back instead.
    pub destroy: bool,
    /// Another desired state than the stored one; it is only compared.
    pub manifest: Option<Manifest>,
}

/// The approval of a plan, which is then applied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedPlan {
    /// The id of the plan.
    pub plan: String,
    /// As the plan was made for.
    #[serde(default)]
    pub targets: Vec<String>,
    /// As the plan was made for.
    #[serde(default)]
    pub destroy: bool,
}

/// A plan, as people and programs see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanView {
    /// What an approval names: the same steps and changes have the same id.
    #[serde(default)]
    pub id: String,
    /// The account.
    pub account: String,
    /// The steps.
    pub steps: Vec<StepView>,
    /// What cannot be done.
    pub problems: Vec<String>,
    /// What is left alone.
    pub notes: Vec<String>,
}

/// A step, as people and programs see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// Its key.
    pub key: String,
    /// What it does, in a sentence.
    pub message: String,
    /// The calls that it makes.
    pub calls: Vec<String>,
    /// Keys of the steps before it.
    pub after: Vec<String>,
    /// What it writes, as far as that is known before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// Values that others wrote, and what they would become.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<RecordChange>,
    /// Whether it cannot be undone.
    pub is_final: bool,
    /// Whom it needs besides Postern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<ActionOwner>,
}

/// A value that somebody else wrote, and what it would become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordChange {
    /// The full name of the record.
    pub name: String,
    /// `TXT` or `CNAME`.
    pub kind: String,
    /// What is there.
    pub old: Vec<String>,
    /// What would be there; absent if the record would be removed.
    pub new: Option<String>,
}
