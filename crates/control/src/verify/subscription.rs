//! Whether the subscription is there for the app, and whether it can be used.

use api::command::Command;
use api::verification::{ActionOwner, Check, Finding};
use azure_types::arm::{Subscription, SubscriptionState};

use super::context::trouble;
use provisioning::AzureAccount;
use provisioning::role::smallest_role;

const CHECK: Check = Check::Subscription;

/// What there is to say, and whether the app sees the subscription at all.
pub(super) async fn check(context: &AzureAccount) -> (Vec<Finding>, bool) {
    let error = match context.arm.subscription(context.connection.subscription).await {
        Ok(subscription) => return (vec![state(context, &subscription)], true),
        Err(error) => error,
    };
    if !error.is(404) && !error.is(403) && !error.is(401) {
        return (vec![trouble(CHECK, &error)], false);
    }
    // What cannot be read alone may still be in the list of all that is visible.
    let all = context.arm.subscriptions().await.unwrap_or_default();
    if let Some(seen) = all.iter().find(|seen| seen.subscription_id == context.connection.subscription) {
        return (vec![state(context, seen)], true);
    }
    let unseen = Unseen { context, is_missing: error.is(404) };
    (vec![unseen.finding().await], false)
}

/// A subscription that the app does not see.
struct Unseen<'a> {
    context: &'a AzureAccount,
    /// Whether Azure says that there is none; otherwise it denies the access.
    is_missing: bool,
}

impl Unseen<'_> {
    /// Why the app does not see it: Azure names the directory that a subscription trusts to everybody.
    async fn finding(&self) -> Finding {
        let account = &self.context.connection;
        let (http, manager) = (&self.context.http, account.cloud.resource_manager());
        match azure_client::arm::tenant_of(http, manager, account.subscription).await {
            Ok(Some(other)) if other != account.tenant => self.other_tenant(&other.to_string()),
            Ok(Some(_)) => self.no_access(),
            Ok(None) if self.is_missing => self.unknown(),
            _ => self.not_visible(),
        }
    }

    fn other_tenant(&self, other: &str) -> Finding {
        let (id, tenant) = (self.context.connection.subscription, self.context.connection.tenant);
        let message = format!(
            "The subscription {id} belongs to the directory {other}, not to {tenant}: use an app of that directory, or \
             correct the subscription."
        );
        let list = Command::az("account list --query").arg("[].{name:name, id:id, tenant:tenantId}");
        let finding = Finding::failed(CHECK, "subscription.other_tenant", message);
        finding.by(ActionOwner::You).fix(vec![list], None)
    }

    fn no_access(&self) -> Finding {
        let id = self.context.connection.subscription;
        let message = format!(
            "The subscription {id} exists, but the app has no role in it. If a role was assigned in the last ten \
             minutes, it may not be effective yet: verify again."
        );
        self.assign(Finding::failed(CHECK, "subscription.no_access", message))
    }

    fn unknown(&self) -> Finding {
        let (id, name) = (self.context.connection.subscription, &self.context.account.name);
        let message = format!("There is no subscription {id} in this cloud.");
        let commands = vec![
            Command::az("account list --output table --query").arg("[].{name:name, id:id}"),
            Command::postern(&format!("account edit {name} --subscription GUID")),
        ];
        let finding = Finding::failed(CHECK, "subscription.unknown", message);
        finding.by(ActionOwner::You).fix(commands, "Subscriptions".to_owned())
    }

    fn not_visible(&self) -> Finding {
        let id = self.context.connection.subscription;
        let message = format!(
            "The app does not see the subscription {id}: either the id is wrong, or the app has no role in it."
        );
        self.assign(Finding::failed(CHECK, "subscription.not_visible", message))
    }

    /// The smallest role that would do is assigned by the subscription's owner.
    fn assign(&self, finding: Finding) -> Finding {
        let (name, azure) = (&self.context.account.name, &self.context.connection);
        let role = smallest_role(name.as_str(), &self.context.subscription().to_string());
        let portal =
            format!("Subscriptions > {} > Access control (IAM) > Add role assignment", azure.subscription);
        finding.by(ActionOwner::SubscriptionOwner).fix(role.commands(&self.context.client()), portal)
    }
}

fn state(context: &AzureAccount, subscription: &Subscription) -> Finding {
    let (id, name) = (context.connection.subscription, &subscription.display_name);
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
