//! Microsoft's management SDKs for Python against the twin.

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::ManagementSdk => subscriptions_groups_providers_and_roles);

async fn subscriptions_groups_providers_and_roles(context: Context) {
    context.world.twin.backend().change_state(|state| {
        state.behaviour.registration_seconds = 1;
        state.behaviour.group_deletion_seconds = 1;
    });
    let ready = context.world.twin.ready().clone();
    let principal = context.world.twin.backend().state().tenants[0].apps[0].principal.unwrap();
    let words = [
        ready.url.clone(),
        ready.tenant_id.to_string(),
        ready.client_id.to_string(),
        ready.client_secret.clone(),
        ready.subscription_id.to_string(),
        principal.to_string(),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let printed = context.run(Client::ManagementSdk, &words, "").await.expect(0);
    let expected = [
        "subscription Contoso Production Enabled",
        "tenant contoso.example",
        "location westeurope",
        "group new Succeeded",
        "exists True",
        "deleted False",
        "provider Registered",
        "role Postern sender CustomRole",
        "again Postern sender (changed)",
        "assignment ServicePrincipal",
        "assignments 2",
        "permissions 1",
        "conflict RoleAssignmentExists",
        "missing ResourceGroupNotFound",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}
