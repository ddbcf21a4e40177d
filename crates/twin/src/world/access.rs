//! Who may do what where: role assignments, with wildcards and exceptions.

use azure_types::ids::PrincipalId;
use azure_types::permission::Permission;
use serde::{Deserialize, Serialize};

use super::World;

/// A role that a principal has at a scope and below.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// Who.
    pub principal: PrincipalId,
    /// Where: an ARM id, the root of all that it covers.
    pub scope: String,
    /// What it may do; `*` stands for anything.
    pub actions: Vec<String>,
    /// What it may not do although `actions` say so.
    #[serde(default)]
    pub not_actions: Vec<String>,
}

/// What sending needs on a communication service, after the documentation of SMTP authentication.
const ACTIONS_TO_SEND: [&str; 3] = [
    "Microsoft.Communication/CommunicationServices/Read",
    "Microsoft.Communication/CommunicationServices/Write",
    "Microsoft.Communication/EmailServices/Write",
];

impl World {
    /// Whether `principal` may do `action` at `resource`.
    #[must_use]
    pub fn may(&self, principal: PrincipalId, action: &str, resource: &str) -> bool {
        self.permissions(principal, resource).any(|permission| permission.allows(action))
    }

    /// What a principal's assignments allow at `resource`, inherited ones included, entry by entry.
    pub fn permissions(&self, principal: PrincipalId, resource: &str) -> impl Iterator<Item = Permission> {
        self.assignments
            .iter()
            .filter(move |assignment| {
                assignment.principal == principal && covers(&assignment.scope, resource)
            })
            .map(|assignment| Permission {
                actions: assignment.actions.clone(),
                not_actions: assignment.not_actions.clone(),
                ..Permission::default()
            })
    }

    /// Whether a principal has any assignment at `resource` or below it: what it may see of it.
    #[must_use]
    pub fn sees(&self, principal: PrincipalId, resource: &str) -> bool {
        self.assignments.iter().any(|assignment| {
            assignment.principal == principal
                && (covers(&assignment.scope, resource) || covers(resource, &assignment.scope))
        })
    }

    /// Whether `principal` may send mail through the service at `resource`.
    #[must_use]
    pub fn may_send(&self, principal: PrincipalId, resource: &str) -> bool {
        ACTIONS_TO_SEND.iter().all(|action| self.may(principal, action, resource))
    }
}

/// Whether `resource` is `scope` or lies below it. ARM ids have no case.
fn covers(scope: &str, resource: &str) -> bool {
    let scope = scope.trim_end_matches('/').to_ascii_lowercase();
    let resource = resource.to_ascii_lowercase();
    resource.strip_prefix(&scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_what_is_below_it() {
        assert!(covers("/", "/subscriptions/a"));
        assert!(covers("/subscriptions/A/", "/Subscriptions/a/resourceGroups/g"));
        assert!(!covers("/subscriptions/a", "/subscriptions/ab"));
    }
}
