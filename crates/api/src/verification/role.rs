//! What an account may do, and the custom role that would be enough.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::command::Command;

/// What the account may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CapabilityRow {
    /// A word for programs, `send_by_rest`.
    pub capability: String,
    /// The words for people.
    pub title: String,
    /// Whether it is granted.
    pub granted: bool,
    /// Whether the account is of no use without it.
    pub needed: bool,
    /// Actions that are missing, by name.
    pub missing: Vec<String>,
    /// The scope that was checked.
    pub scope: String,
}

/// A custom role, in the form that `az role definition create` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SmallestRole {
    /// Its name.
    pub name: String,
    /// Always true.
    pub is_custom: bool,
    /// What it is for.
    pub description: String,
    /// What it gives.
    pub actions: Vec<String>,
    /// Always empty.
    pub not_actions: Vec<String>,
    /// Where it may be assigned.
    pub assignable_scopes: Vec<String>,
}

impl SmallestRole {
    /// How the role is made and given to an app.
    #[must_use]
    pub fn commands(&self, client: &str) -> Vec<Command> {
        let definition = serde_json::to_value(self).unwrap_or_default();
        let scope = self.assignable_scopes.first().map(String::as_str).unwrap_or_default();
        let assign = Command::az(&format!("role assignment create --assignee {client} --role"));
        vec![
            Command::file(ROLE_FILE, &definition, &[]),
            Command::az("role definition create --role-definition").arg(format!("@{ROLE_FILE}")),
            assign.arg(&self.name).arg("--scope").arg(scope),
        ]
    }
}

/// The file for the role's definition.
const ROLE_FILE: &str = "postern-role.json";
