//! `postern account guide`: the way to a connected account, step by step.

use control::verify::SmallestRole;
use web::api::{AccountView, CloudView};

use super::path;
use crate::cli::AccountGuide;
use crate::client::Client;
use crate::output::{self, QUIET, STRONG, say};

/// One step.
#[derive(serde::Serialize)]
struct Step {
    title: &'static str,
    /// What to type, by whoever may.
    commands: Vec<String>,
    /// The same in the portal.
    portal: String,
    /// How to see that it is done.
    check: String,
}

pub(super) async fn guide(arguments: &AccountGuide) -> anyhow::Result<()> {
    let known = match &arguments.name {
        Some(name) => Some(Client::new(&arguments.connection)?.get(&path(name), &[]).await?),
        None => None,
    };
    let steps = steps(known.as_ref());
    if arguments.connection.json {
        return output::json(&steps);
    }
    say!("{STRONG}Connecting an Azure account{STRONG:#}");
    say!("Each step can be typed, with the Azure CLI, or done in the portal. Words in capitals are yours.");
    for (number, step) in steps.iter().enumerate() {
        say!("\n{STRONG}{}. {}{STRONG:#}", number + 1, step.title);
        for command in &step.commands {
            say!("   {command}");
        }
        say!("   {QUIET}portal:{QUIET:#} {}", step.portal);
        say!("   {QUIET}check:{QUIET:#}  {}", step.check);
    }
    Ok(())
}

fn steps(known: Option<&AccountView>) -> Vec<Step> {
    let value =
        |of: fn(&AccountView) -> &String, word: &str| known.map_or(word.to_owned(), |one| of(one).clone());
    let name = value(|one| &one.name, "NAME");
    let tenant = value(|one| &one.tenant_id, "TENANT");
    let client = value(|one| &one.client_id, "CLIENT");
    let subscription = value(|one| &one.subscription_id, "SUBSCRIPTION");
    let scope = format!("/subscriptions/{subscription}");
    let role = SmallestRole::for_scope(&name, &scope);
    let mut log_in = vec!["az login".to_owned(), format!("az account set --subscription {subscription}")];
    if let Some(cloud) = known.and_then(|one| one.cloud.as_ref()) {
        log_in.insert(0, format!("az cloud set --name {}", name_of(cloud)));
    }
    vec![
        Step {
            title: "Log in, and choose the subscription",
            commands: log_in,
            portal: "Subscriptions: note the subscription id".to_owned(),
            check: "az account show --query \"{subscription:id, tenant:tenantId}\"".to_owned(),
        },
        Step {
            title: "Register an app, with a service principal",
            commands: match known {
                // It is there: only its principal may be missing.
                Some(_) => vec![format!("az ad app show --id {client}"), format!("az ad sp create --id {client}")],
                None => vec![
                    "az ad app create --display-name postern --query appId --output tsv".to_owned(),
                    format!("az ad sp create --id {client}"),
                ],
            },
            portal: "Microsoft Entra ID > App registrations > New registration: note the client id and the tenant id"
                .to_owned(),
            check: format!("az ad sp show --id {client} --query displayName"),
        },
        Step {
            title: "Make a client secret",
            commands: vec![format!(
                "az ad app credential reset --id {client} --append --display-name postern --years 1 --query password \
                 --output tsv"
            )],
            portal: "the app > Certificates & secrets > New client secret: copy the value, not the id".to_owned(),
            check: format!("az ad app credential list --id {client} --query \"[].{{name:displayName, end:endDateTime}}\""),
        },
        Step {
            title: "Give the app the smallest role that will do",
            commands: role.commands(&client),
            portal: "Subscriptions > the subscription > Access control (IAM) > Add role assignment; the built-in role \
                     Communication and Email Service Owner will do, too"
                .to_owned(),
            check: format!("az role assignment list --assignee {client} --all --output table"),
        },
        Step {
            title: "Register the resource provider",
            commands: vec!["az provider register --namespace Microsoft.Communication --wait".to_owned()],
            portal: "Subscriptions > the subscription > Resource providers > Microsoft.Communication > Register".to_owned(),
            check: "az provider show --namespace Microsoft.Communication --query registrationState".to_owned(),
        },
        Step {
            title: "Connect",
            commands: match known {
                Some(_) => vec![format!("postern account edit {name} --secret"), format!("postern account import {name}")],
                None => vec![
                    format!(
                        "postern account add {name} --tenant {tenant} --client-id {client} --subscription {subscription}"
                    ),
                    format!("postern account import {name}"),
                ],
            },
            portal: "the secret is asked for, or read from standard input".to_owned(),
            check: format!("postern account verify {name}"),
        },
    ]
}

/// What the Azure CLI calls a cloud.
fn name_of(cloud: &CloudView) -> &str {
    match cloud.name.as_str() {
        "us-government" => "AzureUSGovernment",
        "china" => "AzureChinaCloud",
        _ => "CLOUD",
    }
}
