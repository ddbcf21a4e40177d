//! The smallest custom role that an account needs.

use api::verification::SmallestRole;
use azure_types::requests::{NewRole, RolePermission};

use super::capability::{Capability, LOOK, SEND_BY_REST, SEND_BY_SMTP, actions_of};

/// The smallest role that lets an account of that name send and look, at a scope.
#[must_use]
pub fn smallest_role(account: &str, scope: &str) -> SmallestRole {
    role_of(account, scope, &[SEND_BY_REST, SEND_BY_SMTP, LOOK])
}

/// What Resource Manager takes as its properties.
#[must_use]
pub(super) fn properties(role: SmallestRole) -> NewRole {
    NewRole {
        role_name: role.name,
        description: role.description,
        kind: "CustomRole".to_owned(),
        permissions: vec![RolePermission { actions: role.actions, not_actions: role.not_actions }],
        assignable_scopes: role.assignable_scopes,
    }
}

/// The role that has the actions of some capabilities, at a scope.
#[must_use]
pub fn role_of(account: &str, scope: &str, needed: &[Capability]) -> SmallestRole {
    SmallestRole {
        name: format!("Postern mail ({account}, {:04x})", mark(scope, needed)),
        is_custom: true,
        description:
            "The permissions that Postern needs to send mail and to read its services, domains and senders."
                .to_owned(),
        actions: actions_of(needed),
        not_actions: Vec::new(),
        assignable_scopes: vec![scope.to_owned()],
    }
}

/// Tells roles apart that differ in scope or actions: a directory has no two roles of one name, and one that is too
/// small cannot be made again.
fn mark(scope: &str, needed: &[Capability]) -> u16 {
    let actions = actions_of(needed);
    let bytes = actions.iter().flat_map(|action| action.bytes()).chain(scope.bytes());
    // FNV-1a, 32 bits.
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u16::try_from(hash & 0xffff).unwrap_or_default()
}
