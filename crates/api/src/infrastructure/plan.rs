//! A plan.

use serde::{Deserialize, Serialize};

use crate::infrastructure::manifest::Manifest;
use crate::verification::ActionOwner;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// Keys of steps, or domains; all if there are none.
    pub targets: Vec<String>,
    /// The way back instead.
    pub destroy: bool,
    /// Another desired state than the one that is kept; it is only looked at.
    pub manifest: Option<Manifest>,
}

/// A plan, as people and programs see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Whether it cannot be undone.
    pub is_final: bool,
    /// Whom it needs besides Postern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<ActionOwner>,
}
