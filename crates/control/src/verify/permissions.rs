//! What the app may do, compared with what Postern needs, and the smallest role that would do.

use api::verification::{ActionOwner, CapabilityRow, Check, Finding, SmallestRole};
use azure_types::permission::Permission;
use azure_types::resource_id::ResourceId;
use jiff::SignedDuration;

use super::context::trouble;
use provisioning::AzureAccount;
use provisioning::capability::{ALL, Capability, LOOK, PermissionScope, SEND_BY_REST, SEND_BY_SMTP};
use provisioning::role::role_of;

const CHECK: Check = Check::Permissions;
/// Until everybody in Azure knows of a role assignment.
const PROPAGATION: SignedDuration = SignedDuration::from_mins(10);

type Found = (Vec<Finding>, (Vec<CapabilityRow>, Option<SmallestRole>));

pub(super) async fn check(context: &AzureAccount) -> Found {
    let subscription = context.subscription();
    let service = context.own_service().await.cloned();
    let group = service.as_ref().and_then(ResourceId::group_id);
    let scope_of = |scope: PermissionScope| match scope {
        PermissionScope::Service => service.as_ref().or(group.as_ref()).unwrap_or(&subscription),
        PermissionScope::Group => group.as_ref().unwrap_or(&subscription),
        PermissionScope::Subscription => &subscription,
    };
    let mut scopes: Vec<&ResourceId> =
        [PermissionScope::Service, PermissionScope::Group, PermissionScope::Subscription]
            .map(scope_of)
            .to_vec();
    scopes.dedup();
    let asked = scopes.iter().map(|scope| context.arm.permissions(scope));
    let mut answers: Vec<(&ResourceId, Vec<Permission>)> = Vec::new();
    for (scope, answer) in scopes.iter().zip(futures_util::future::join_all(asked).await) {
        match answer {
            Ok(permissions) => answers.push((scope, permissions)),
            // An app without any permission there gets no list, not even an empty one.
            Err(error) if error.is(403) || error.is(404) => answers.push((scope, Vec::new())),
            Err(error) => return (vec![trouble(CHECK, &error)], (Vec::new(), None)),
        }
    }
    let needed = needed(context);
    let rows: Vec<CapabilityRow> = ALL
        .iter()
        .map(|capability| {
            let scope = scope_of(capability.scope);
            let permissions = answers.iter().find(|(asked, _)| *asked == scope);
            row(capability, scope, permissions.map_or(&[], |(_, found)| found), &needed)
        })
        .collect();
    let role_scope = group.as_ref().unwrap_or(&subscription);
    let role = role_of(context.account.name.as_str(), &role_scope.to_string(), &needed);
    let finding = judge(context, &rows, &role, role_scope).await;
    (vec![finding], (rows, Some(role)))
}

/// What the account is of no use without.
fn needed(context: &AzureAccount) -> Vec<Capability> {
    let mut needed = vec![SEND_BY_REST, LOOK];
    if context.uses_smtp() {
        needed.push(SEND_BY_SMTP);
    }
    needed
}

fn row(
    capability: &Capability,
    scope: &ResourceId,
    permissions: &[Permission],
    needed: &[Capability],
) -> CapabilityRow {
    let missing: Vec<String> = capability.missing(permissions).into_iter().map(str::to_owned).collect();
    CapabilityRow {
        capability: capability.code.to_owned(),
        title: capability.title.to_owned(),
        granted: missing.is_empty(),
        needed: needed.iter().any(|one| one.code == capability.code),
        missing,
        scope: scope.to_string(),
    }
}

async fn judge(
    context: &AzureAccount,
    rows: &[CapabilityRow],
    role: &SmallestRole,
    scope: &ResourceId,
) -> Finding {
    let lacking: Vec<&CapabilityRow> = rows.iter().filter(|row| row.needed && !row.granted).collect();
    let roles = recent(context, scope).await;
    if lacking.is_empty() {
        let by = roles.names.map_or_else(String::new, |names| format!(", as {names}"));
        let message = format!("The app may send mail and read its services, domains and senders{by}.");
        return Finding::passed(CHECK, "permissions.granted", message);
    }
    let mut missing: Vec<&str> = lacking.iter().flat_map(|row| &row.missing).map(String::as_str).collect();
    missing.sort_unstable();
    missing.dedup();
    let only_looking = lacking.iter().all(|row| row.capability == LOOK.code);
    let late = if roles.is_recent {
        " A role was assigned in the last ten minutes and may not be effective yet: verify again before you change anything."
    } else {
        " A role that was assigned in the last ten minutes may not be effective yet."
    };
    let message = format!("At {scope} the app lacks {}.{late}", missing.join(", "));
    let commands = role.commands(&context.client());
    let portal = format!("{} > Access control (IAM) > Add role assignment", place(scope));
    let finding = if only_looking {
        Finding::warning(CHECK, "permissions.cannot_look", message)
    } else {
        Finding::failed(CHECK, "permissions.missing", message)
    };
    let owner = if roles.is_recent { ActionOwner::Wait } else { ActionOwner::SubscriptionOwner };
    finding.by(owner).fix(commands, portal)
}

#[derive(Default)]
struct Roles {
    /// The names of well-known roles that the app has.
    names: Option<String>,
    is_recent: bool,
}

/// Built-in roles that are often given, by the GUIDs that they have everywhere.
const BUILT_IN: [(&str, &str); 4] = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"),
    ("09976791-48a7-449e-bb21-39d1a415f350", "Communication and Email Service Owner"),
];

/// What is known of the app's role assignments: only apps that may read Graph and assignments can tell.
async fn recent(context: &AzureAccount, scope: &ResourceId) -> Roles {
    let Ok(principal) = context.graph.principal(context.connection.client).await else {
        return Roles::default();
    };
    let Ok(assignments) = context.arm.role_assignments(scope, principal).await else {
        return Roles::default();
    };
    let now = context.provisioning.clock.now();
    let is_recent = assignments
        .iter()
        .filter_map(|assignment| assignment.properties.created_on)
        .any(|created| now.duration_since(created) < PROPAGATION);
    let mut names: Vec<&str> = assignments
        .iter()
        .filter_map(|assignment| {
            let id = assignment.properties.role_definition_id.rsplit('/').next()?.to_ascii_lowercase();
            BUILT_IN.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    Roles { names: (!names.is_empty()).then(|| names.join(", ")), is_recent }
}

/// A scope as the portal calls it.
fn place(scope: &ResourceId) -> String {
    match (scope.resource_group(), scope.provider()) {
        (Some(group), None) => format!("Resource groups > {group}"),
        (None, None) => format!("Subscriptions > {}", scope.name()),
        (_, Some(_)) => scope.to_string(),
    }
}
