//! `postern account guide`: the way to a connected account, step by step.

use control::verify::SmallestRole;
use web::api::{AccountView, CloudView};

use super::path;
use crate::cli::{AccountGuide, ProofKind};
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
    let steps = steps(known.as_ref(), kind(known.as_ref(), arguments.kind));
    if arguments.connection.json {
        return output::json(&steps);
    }
    say!("{STRONG}Connecting an Azure account{STRONG:#}");
    say!("Each step can be typed, with the Azure CLI, or done in the portal. Words in capitals are yours.");
    for (number, step) in steps.iter().enumerate() {
        say!("");
        say!("{STRONG}{}. {}{STRONG:#}", number + 1, step.title);
        for command in &step.commands {
            say!("   {command}");
        }
        say!("   {QUIET}portal:{QUIET:#} {}", step.portal);
        say!("   {QUIET}check:{QUIET:#}  {}", step.check);
    }
    Ok(())
}

/// What a known account has, or what is wanted.
fn kind(known: Option<&AccountView>, wanted: ProofKind) -> ProofKind {
    match known.map(|account| account.authorization.as_str()) {
        None => wanted,
        Some("certificate") => ProofKind::Certificate,
        Some("managed_identity") => ProofKind::ManagedIdentity,
        // With an access key there is no app yet; most begin with a client secret.
        Some(_) => ProofKind::ClientSecret,
    }
}

fn steps(known: Option<&AccountView>, kind: ProofKind) -> Vec<Step> {
    let value =
        |of: fn(&AccountView) -> &String, word: &str| known.map_or(word.to_owned(), |one| of(one).clone());
    let name = value(|one| &one.name, "NAME");
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
        identity(&client, known.is_some(), kind),
        proof(&client, kind),
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
            commands: vec![connect(known, kind), format!("postern account import {name}")],
            portal: match kind {
                ProofKind::ClientSecret => "the secret is asked for, or read from standard input",
                ProofKind::Certificate => "certificate and key are read from the file, and kept sealed",
                ProofKind::ManagedIdentity => "nothing is asked for: the machine's own agent hands out tokens",
            }
            .to_owned(),
            check: format!("postern account verify {name}"),
        },
    ]
}

/// An app in the directory, or the machine's own identity.
fn identity(client: &str, is_known: bool, kind: ProofKind) -> Step {
    if kind == ProofKind::ManagedIdentity {
        return Step {
            title: "Give this machine an identity",
            commands: vec![
                "az vm identity assign --resource-group GROUP --name MACHINE --query systemAssignedIdentity --output tsv"
                    .to_owned(),
                "az ad sp show --id PRINCIPAL --query \"{client:appId, tenant:appOwnerOrganizationId}\"".to_owned(),
            ],
            portal: "Virtual machines > the machine > Identity > System assigned > On; then Microsoft Entra ID > Enterprise \
                     applications > the machine: note the application id"
                .to_owned(),
            check: format!("az ad sp show --id {client} --query servicePrincipalType"),
        };
    }
    Step {
        title: "Register an app, with a service principal",
        commands: if is_known {
            // It is there: only its principal may be missing.
            vec![format!("az ad app show --id {client}"), format!("az ad sp create --id {client}")]
        } else {
            vec![
                "az ad app create --display-name postern --query appId --output tsv".to_owned(),
                format!("az ad sp create --id {client}"),
            ]
        },
        portal:
            "Microsoft Entra ID > App registrations > New registration: note the client id and the tenant id"
                .to_owned(),
        check: format!("az ad sp show --id {client} --query displayName"),
    }
}

/// What the app proves itself with.
fn proof(client: &str, kind: ProofKind) -> Step {
    match kind {
        ProofKind::ClientSecret => Step {
            title: "Make a client secret",
            commands: vec![format!(
                "az ad app credential reset --id {client} --append --display-name postern --years 1 --query password \
                 --output tsv"
            )],
            portal: "the app > Certificates & secrets > New client secret: copy the value, not the id".to_owned(),
            check: format!("az ad app credential list --id {client} --query \"[].{{name:displayName, end:endDateTime}}\""),
        },
        ProofKind::Certificate => Step {
            title: "Make a certificate",
            commands: vec![
                "openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN=postern -keyout postern.key -out postern.crt"
                    .to_owned(),
                "cat postern.crt postern.key > postern.pem && chmod 600 postern.pem postern.key".to_owned(),
                format!("az ad app credential reset --id {client} --append --cert @postern.crt"),
            ],
            portal: "the app > Certificates & secrets > Certificates > Upload certificate: postern.crt, never the key"
                .to_owned(),
            check: format!(
                "az ad app credential list --id {client} --cert --query \"[].{{name:displayName, end:endDateTime}}\""
            ),
        },
        ProofKind::ManagedIdentity => Step {
            title: "See that the machine gets tokens",
            commands: vec![
                "curl -s -H Metadata:true \"http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&\
                 resource=https://management.azure.com/\" | cut -c1-60"
                    .to_owned(),
            ],
            portal: "there is no secret: nothing to copy, and nothing that expires".to_owned(),
            check: "the answer begins with {\"access_token\":".to_owned(),
        },
    }
}

/// The command that connects.
fn connect(known: Option<&AccountView>, kind: ProofKind) -> String {
    match (known, kind) {
        (Some(account), ProofKind::ManagedIdentity) => format!("postern account verify {}", account.name),
        (Some(account), ProofKind::Certificate) => {
            format!("postern account edit {} --secret-file postern.pem", account.name)
        }
        (Some(account), ProofKind::ClientSecret) => format!("postern account edit {} --secret", account.name),
        (None, kind) => {
            let flag = match kind {
                ProofKind::ClientSecret => "",
                ProofKind::Certificate => " --certificate postern.pem",
                ProofKind::ManagedIdentity => " --managed-identity",
            };
            format!(
                "postern account add NAME --tenant TENANT --client-id CLIENT --subscription SUBSCRIPTION{flag}"
            )
        }
    }
}

/// What the Azure CLI calls a cloud.
fn name_of(cloud: &CloudView) -> &str {
    match cloud.name.as_str() {
        "us-government" => "AzureUSGovernment",
        "china" => "AzureChinaCloud",
        _ => "CLOUD",
    }
}
