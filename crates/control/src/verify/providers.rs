//! Whether the subscription may use what Postern needs, and asking for it on request.

use std::time::Duration;

use api::command::Command;
use api::verification::{ActionOwner, Check, Finding, Outcome};
use azure_types::arm::COMMUNICATION_NAMESPACE;

use super::Repair;
use super::context::trouble;
use provisioning::AzureAccount;

const CHECK: Check = Check::Providers;
/// Azure's error for every request to a provider that is not registered.
const NOT_REGISTERED: &str = "MissingSubscriptionRegistration";
const BETWEEN: Duration = Duration::from_secs(5);
/// Looks until a registration is left to itself: five minutes.
const LOOKS: u32 = 60;

pub(super) async fn check(context: &AzureAccount, repair: Repair) -> Vec<Finding> {
    let (id, namespace) = (context.connection.subscription, COMMUNICATION_NAMESPACE);
    let mut state = match context.arm.provider(id, namespace).await {
        Ok(provider) => provider.registration_state,
        Err(error) if error.is(403) || error.is(404) => {
            let finding = unreadable(context).await;
            if !(repair == Repair::Register && finding.outcome == Outcome::Failed) {
                return vec![finding];
            }
            String::new()
        }
        Err(error) => return vec![trouble(CHECK, &error)],
    };
    if repair == Repair::Register && state != "Registered" {
        state = match register(context).await {
            Ok(state) => state,
            Err(finding) => return vec![*finding],
        };
    }
    vec![match state.as_str() {
        "Registered" => Finding::passed(CHECK, "providers.registered", format!("{namespace} is registered.")),
        "Registering" => {
            let message = format!("Azure is registering {namespace}; that takes a few minutes.");
            Finding::warning(CHECK, "providers.registering", message).by(ActionOwner::Wait)
        }
        _ => not_registered(context),
    }]
}

fn not_registered(context: &AzureAccount) -> Finding {
    let (id, namespace) = (context.connection.subscription, COMMUNICATION_NAMESPACE);
    let commands = vec![
        Command::az(&format!("provider register --namespace {namespace} --subscription {id} --wait")),
        Command::postern(&format!("account verify {} --fix", context.account.name)),
    ];
    let portal = format!("Subscriptions > {id} > Resource providers > {namespace} > Register");
    let message =
        format!("{namespace} is not registered in the subscription; without it, nothing can be sent.");
    Finding::failed(CHECK, "providers.not_registered", message)
        .by(ActionOwner::SubscriptionOwner)
        .fix(commands, portal)
}

/// Asks for the provider and waits until it is there.
async fn register(context: &AzureAccount) -> Result<String, Box<Finding>> {
    let (id, namespace) = (context.connection.subscription, COMMUNICATION_NAMESPACE);
    let mut provider = context.arm.register(id, namespace).await.map_err(|error| {
        if error.is(403) {
            let message =
                format!("The app may not register {namespace}: the subscription owner has to do it.");
            let commands = vec![Command::az(&format!(
                "provider register --namespace {namespace} --subscription {id} --wait"
            ))];
            let finding = Finding::failed(CHECK, "providers.may_not_register", message);
            Box::new(finding.by(ActionOwner::SubscriptionOwner).fix(commands, None))
        } else {
            Box::new(trouble(CHECK, &error))
        }
    })?;
    for _ in 0..LOOKS {
        if provider.registration_state == "Registered" {
            break;
        }
        context.provisioning.clock.sleep(BETWEEN).await;
        let looked = context.arm.provider(id, namespace).await;
        provider = looked.map_err(|error| Box::new(trouble(CHECK, &error)))?;
    }
    Ok(provider.registration_state)
}

/// The app may not look at providers: then whether there are services tells.
async fn unreadable(context: &AzureAccount) -> Finding {
    let namespace = COMMUNICATION_NAMESPACE;
    // Azure lists what there is even where nobody may touch it.
    let touched = match context.services().await.ok().and_then(|services| services.first()) {
        Some(service) => Some(context.arm.service(&service.id).await),
        None => None,
    };
    match touched {
        Some(Err(error)) if error.answered().is_some_and(|one| one.code == NOT_REGISTERED) => {
            return not_registered(context);
        }
        Some(Ok(_)) => {
            let message = format!("{namespace} is registered: its services respond.");
            return Finding::passed(CHECK, "providers.in_use", message);
        }
        _ => {}
    }
    let message = format!("The app may not read whether {namespace} is registered.");
    Finding::warning(CHECK, "providers.unreadable", message).by(ActionOwner::SubscriptionOwner).fix(
        vec![Command::az(&format!("provider show --namespace {namespace} --query registrationState"))],
        format!("Subscriptions > {} > Resource providers", context.connection.subscription),
    )
}
