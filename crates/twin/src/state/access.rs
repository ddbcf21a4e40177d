//! Who may do what where: role assignments, with wildcards and exceptions.

use azure_types::ids::PrincipalId;
use azure_types::permission::Permission;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::State;
use super::directory::named;
use super::roles::{BUILT_IN, Role};

/// A role that a principal has at a scope and below.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assignment {
    pub id: Uuid,
    pub principal: PrincipalId,
    /// Where: an ARM id, the root of all that it covers.
    pub scope: String,
    pub role: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it counts: Azure takes a while to tell everybody.
    pub active_at: Timestamp,
}

/// What sending needs on a communication service, after the documentation of SMTP authentication.
const ACTIONS_TO_SEND: [&str; 3] = [
    "Microsoft.Communication/CommunicationServices/Read",
    "Microsoft.Communication/CommunicationServices/Write",
    "Microsoft.Communication/EmailServices/Write",
];

impl State {
    /// All roles, the built-in ones first.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        BUILT_IN.iter().chain(&self.custom_roles)
    }

    /// The role of that id.
    #[must_use]
    pub fn role(&self, id: Uuid) -> Option<&Role> {
        self.roles().find(|role| role.id == id)
    }

    /// Whether `principal` may do `action` at `resource`.
    #[must_use]
    pub fn may(&self, principal: PrincipalId, action: &str, resource: &str, now: Timestamp) -> bool {
        self.permissions(principal, resource, now).any(|permission| permission.allows(action))
    }

    /// What a principal's assignments allow at `resource`, inherited ones included, entry by entry.
    pub fn permissions(
        &self,
        principal: PrincipalId,
        resource: &str,
        now: Timestamp,
    ) -> impl Iterator<Item = Permission> {
        self.active(principal, now)
            .filter(move |assignment| covers(&assignment.scope, resource))
            .filter_map(|assignment| self.role(assignment.role))
            .flat_map(|role| role.permissions.iter().cloned())
    }

    /// Whether a principal has any assignment at `resource` or below it: what it may see of it.
    #[must_use]
    pub fn sees(&self, principal: PrincipalId, resource: &str, now: Timestamp) -> bool {
        self.active(principal, now)
            .any(|assignment| covers(&assignment.scope, resource) || covers(resource, &assignment.scope))
    }

    /// Whether `principal` may send mail through the service at `resource`.
    #[must_use]
    pub fn may_send(&self, principal: PrincipalId, resource: &str, now: Timestamp) -> bool {
        ACTIONS_TO_SEND.iter().all(|action| self.may(principal, action, resource, now))
    }

    /// Gives a principal a role of its own at once, whatever the behaviour is set to.
    pub fn grant(&mut self, principal: PrincipalId, scope: &str, permission: Permission) {
        let now = Timestamp::UNIX_EPOCH;
        let place = format!("{scope}/{}", self.custom_roles.len());
        let (role, id) = (named(principal.guid(), &place), named(principal.guid(), &format!("{place}/a")));
        let name = format!("granted {}", self.custom_roles.len() + 1);
        self.custom_roles.push(Role::custom(role, &name, vec![permission], now));
        let scope = scope.to_owned();
        self.assignments.push(Assignment { id, principal, scope, role, created_at: now, active_at: now });
    }

    fn active(&self, principal: PrincipalId, now: Timestamp) -> impl Iterator<Item = &Assignment> {
        self.assignments
            .iter()
            .filter(move |assignment| assignment.principal == principal && assignment.active_at <= now)
    }
}

/// Whether `resource` is `scope` or lies below it. ARM ids have no case.
#[must_use]
pub fn covers(scope: &str, resource: &str) -> bool {
    let scope = scope.trim_end_matches('/').to_ascii_lowercase();
    let resource = resource.to_ascii_lowercase();
    resource.strip_prefix(&scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::roles::{CONTRIBUTOR, READER};
    use jiff::SignedDuration;

    #[test]
    fn a_scope_covers_what_is_below_it() {
        assert!(covers("/", "/subscriptions/a"));
        assert!(covers("/subscriptions/A/", "/Subscriptions/a/resourceGroups/g"));
        assert!(!covers("/subscriptions/a", "/subscriptions/ab"));
    }

    #[test]
    fn an_assignment_counts_from_its_time_on() {
        let (now, later) = (Timestamp::UNIX_EPOCH, SignedDuration::from_mins(5));
        let principal = PrincipalId::new(Uuid::nil());
        let mut state = State::default();
        for role in [READER, CONTRIBUTOR] {
            let active_at = if role == READER { now } else { now + later };
            let scope = "/subscriptions/a".to_owned();
            state.assignments.push(Assignment {
                id: role,
                principal,
                scope,
                role,
                created_at: now,
                active_at,
            });
        }
        let may = |action, at| state.may(principal, action, "/subscriptions/A/resourceGroups/g", at);
        assert!(may("Microsoft.Communication/emailServices/read", now));
        assert!(!may("Microsoft.Communication/emailServices/write", now));
        assert!(may("Microsoft.Communication/emailServices/write", now + later));
        assert!(!may("Microsoft.Authorization/roleAssignments/write", now + later));
    }
}
