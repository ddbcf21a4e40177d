//! Who may do what where: role assignments, with wildcards and exceptions.

use azure_types::ids::PrincipalId;
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
        self.assignments.iter().any(|assignment| {
            assignment.principal == principal
                && covers(&assignment.scope, resource)
                && assignment.actions.iter().any(|pattern| matches(pattern, action))
                && !assignment.not_actions.iter().any(|pattern| matches(pattern, action))
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

/// Whether an action fits a pattern with `*`, in any case.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(before) = last.replace(piece) {
            match rest.find(before) {
                Some(at) => rest = &rest[at + before.len()..],
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_actions() {
        for (pattern, action, expected) in [
            ("*", "A/b/Read", true),
            ("A/b/read", "a/B/Read", true),
            ("A/b", "A/b/Read", false),
            ("A/*", "A/b/Read", true),
            ("*/read", "A/b/Read", true),
            ("A/*/Write", "A/b/Read", false),
            ("A/*/c/*/Read", "A/b/c/d/Read", true),
            ("A/*/c/*/Read", "A/b/d/Read", false),
        ] {
            assert_eq!(matches(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn a_scope_covers_what_is_below_it() {
        assert!(covers("/", "/subscriptions/a"));
        assert!(covers("/subscriptions/A/", "/Subscriptions/a/resourceGroups/g"));
        assert!(!covers("/subscriptions/a", "/subscriptions/ab"));
    }
}
