//! Whether the subscription is there for the app, and whether it can be used.

use api::command::Command;
use api::verification::{ActionOwner, Check, Finding};
use azure_types::arm::{Subscription, SubscriptionState};

use super::context::{Context, trouble};
use crate::verify::smallest_role;

const CHECK: Check = Check::Subscription;

/// What there is to say, and whether the app sees the subscription at all.
pub(super) async fn check(context: &Context) -> (Vec<Finding>, bool) {
    let error = match context.arm.subscription(context.account.subscription).await {
        Ok(subscription) => return (vec![state(context, &subscription)], true),
        Err(error) => error,
    };
    if !error.is(404) && !error.is(403) && !error.is(401) {
        return (vec![trouble(CHECK, &error)], false);
    }
    // What cannot be read by itself may still be in the list of all that is visible.
    let all = context.arm.subscriptions().await.unwrap_or_default();
    if let Some(seen) = all.iter().find(|seen| seen.subscription_id == context.account.subscription) {
        return (vec![state(context, seen)], true);
    }
    let cloud = &context.account.cloud;
    let trusted =
        azure_client::arm::tenant_of(&context.http, cloud.resource_manager(), context.account.subscription)
            .await;
    let (id, tenant) = (context.account.subscription, context.account.tenant);
    let name = &context.account.name;
    let portal = format!("Subscriptions > {id} > Access control (IAM) > Add role assignment");
    let role = smallest_role(name.as_str(), &context.subscription());
    let assign = role.commands(&context.client());
    let finding = match trusted {
        Ok(Some(other)) if other != tenant => {
            let message = format!(
                "The subscription {id} belongs to the directory {other}, not to {tenant}: use an app of that directory, or \
                 correct the subscription."
            );
            let commands =
                vec![Command::az("account list --query").arg("[].{name:name, id:id, tenant:tenantId}")];
            Finding::failed(CHECK, "subscription.other_tenant", message)
                .by(ActionOwner::You)
                .fix(commands, None)
        }
        Ok(Some(_)) => {
            let message = format!(
                "The subscription {id} exists, but the app has no role in it. If a role was assigned in the last ten \
                 minutes, it may not be effective yet: verify again."
            );
            Finding::failed(CHECK, "subscription.no_access", message)
                .by(ActionOwner::SubscriptionOwner)
                .fix(assign, portal)
        }
        Ok(None) if error.is(404) => {
            let message = format!("There is no subscription {id} in this cloud.");
            let commands = vec![
                Command::az("account list --output table --query").arg("[].{name:name, id:id}"),
                Command::postern(&format!("account edit {name} --subscription GUID")),
            ];
            Finding::failed(CHECK, "subscription.unknown", message)
                .by(ActionOwner::You)
                .fix(commands, "Subscriptions".to_owned())
        }
        _ => {
            let message = format!(
                "The app does not see the subscription {id}: either the id is wrong, or the app has no role in it."
            );
            Finding::failed(CHECK, "subscription.not_visible", message)
                .by(ActionOwner::SubscriptionOwner)
                .fix(assign, portal)
        }
    };
    (vec![finding], false)
}

fn state(context: &Context, subscription: &Subscription) -> Finding {
    let (id, name) = (context.account.subscription, &subscription.display_name);
    let portal = format!("Subscriptions > {id} > Overview");
    let owner = |finding: Finding| finding.by(ActionOwner::SubscriptionOwner).fix(Vec::new(), portal.clone());
    match &subscription.state {
        SubscriptionState::Enabled => {
            let message = format!("{name} is enabled.");
            Finding::passed(CHECK, "subscription.enabled", message)
        }
        SubscriptionState::Warned => owner(Finding::warning(
            CHECK,
            "subscription.warned",
            format!("Azure will disable {name} unless its owner acts: it has sent the owner a warning."),
        )),
        SubscriptionState::PastDue => owner(Finding::warning(
            CHECK,
            "subscription.past_due",
            format!("A payment for {name} is overdue; when Azure disables it, nothing can be sent."),
        )),
        SubscriptionState::Disabled => owner(Finding::failed(
            CHECK,
            "subscription.disabled",
            format!("{name} is disabled: it is read-only, and nothing can be sent."),
        )),
        SubscriptionState::Deleted => owner(Finding::failed(
            CHECK,
            "subscription.deleted",
            format!("{name} is deleted; its owner can restore it for some weeks."),
        )),
        SubscriptionState::Unknown(word) => owner(Finding::warning(
            CHECK,
            "subscription.unknown_state",
            format!("{name} is in a state that Postern does not know: {word}."),
        )),
    }
}
