//! `postern account guide`: the way to a connected account, step by step.

use api::accounts::{AccountView, CloudView};
use api::command::{Command, Shell};
use provisioning::role::smallest_role;

use super::path;
use crate::cli::{AccountGuide, AuthenticationKind};
use crate::client::Client;
use crate::output::{self, QUIET, STRONG, say};

struct Step {
    title: &'static str,
    /// What to type, with the rights for it.
    commands: Vec<Command>,
    /// The same in the portal.
    portal: String,
    /// How to see that it is done.
    check: Check,
}

/// How to see that something is done.
enum Check {
    Type(Command),
    See(&'static str),
}

/// One step, for programs.
#[derive(serde::Serialize)]
struct StepView<'a> {
    title: &'static str,
    /// What to type into a POSIX shell.
    commands: Vec<String>,
    /// The same with arguments apart.
    steps: &'a [Command],
    portal: &'a str,
    check: String,
}

impl Check {
    fn text(&self, shell: Shell) -> String {
        match self {
            Self::Type(command) => command.text(shell),
            Self::See(text) => (*text).to_owned(),
        }
    }
}

pub(super) async fn guide(arguments: &AccountGuide) -> anyhow::Result<()> {
    let known = match &arguments.name {
        Some(name) => Some(Client::new(&arguments.connection)?.get(&path(name), &[]).await?),
        None => None,
    };
    let steps = steps(known.as_ref(), kind(known.as_ref(), arguments.kind));
    if arguments.connection.json {
        let views: Vec<StepView<'_>> = steps.iter().map(view).collect();
        return output::json(&views);
    }
    let shell = arguments.shell.shell();
    say!("{STRONG}Connecting an Azure account{STRONG:#}");
    say!(
        "You can do each step with the Azure CLI in {} or in the portal. Replace the words in capitals.",
        arguments.shell.name()
    );
    for (number, step) in steps.iter().enumerate() {
        say!("");
        say!("{STRONG}{}. {}{STRONG:#}", number + 1, step.title);
        for command in &step.commands {
            say!("   {}{}", output::place(command, shell), command.text(shell));
        }
        say!("   {QUIET}portal:{QUIET:#} {}", step.portal);
        say!("   {QUIET}check:{QUIET:#}  {}", step.check.text(shell));
    }
    Ok(())
}

fn view(step: &Step) -> StepView<'_> {
    StepView {
        title: step.title,
        commands: step.commands.iter().map(|command| command.text(Shell::Bash)).collect(),
        steps: &step.commands,
        portal: &step.portal,
        check: step.check.text(Shell::Bash),
    }
}

/// What a known account has, or what is wanted.
fn kind(known: Option<&AccountView>, wanted: AuthenticationKind) -> AuthenticationKind {
    match known.map(|account| account.authorization.as_str()) {
        None => wanted,
        Some("certificate") => AuthenticationKind::Certificate,
        Some("managed_identity") => AuthenticationKind::ManagedIdentity,
        // With an access key there is no app yet; most begin with a client secret.
        Some(_) => AuthenticationKind::ClientSecret,
    }
}

fn steps(known: Option<&AccountView>, kind: AuthenticationKind) -> Vec<Step> {
    let value =
        |of: fn(&AccountView) -> &String, word: &str| known.map_or(word.to_owned(), |one| of(one).clone());
    let name = value(|one| &one.name, "NAME");
    let client = value(|one| &one.client_id, "CLIENT");
    let subscription = value(|one| &one.subscription_id, "SUBSCRIPTION");
    let scope = format!("/subscriptions/{subscription}");
    let role = smallest_role(&name, &scope);
    let mut log_in = vec![Command::az("login"), Command::az("account set --subscription").arg(&subscription)];
    if let Some(cloud) = known.and_then(|one| one.cloud.as_ref()) {
        log_in.insert(0, Command::az("cloud set --name").arg(name_of(cloud)));
    }
    vec![
        Step {
            title: "Log in and select the subscription",
            commands: log_in,
            portal: "Subscriptions: note the subscription id".to_owned(),
            check: Check::Type(Command::az("account show --query").arg("{subscription:id, tenant:tenantId}")),
        },
        identity(&client, known, kind),
        authentication(&client, kind),
        Step {
            title: "Assign the app a least-privilege role",
            commands: role.commands(&client),
            portal: "Subscriptions > the subscription > Access control (IAM) > Add role assignment; the built-in role \
                     Communication and Email Service Owner works, too"
                .to_owned(),
            check: Check::Type(
                Command::az("role assignment list --all --output table --assignee").arg(&client),
            ),
        },
        Step {
            title: "Register the resource provider",
            commands: vec![Command::az("provider register --namespace Microsoft.Communication --wait")],
            portal: "Subscriptions > the subscription > Resource providers > Microsoft.Communication > Register".to_owned(),
            check: Check::Type(Command::az(
                "provider show --namespace Microsoft.Communication --query registrationState",
            )),
        },
        Step {
            title: "Connect",
            commands: vec![connect(known, kind), Command::postern("adopt --senders-only --account").arg(&name)],
            portal: match kind {
                AuthenticationKind::ClientSecret => "Postern asks for the secret, or reads it from standard input",
                AuthenticationKind::Certificate => "Postern reads certificate and key from the file and stores them encrypted",
                AuthenticationKind::ManagedIdentity => "no secret is needed: the machine's own agent issues tokens",
            }
            .to_owned(),
            check: Check::Type(Command::postern("account verify").arg(&name)),
        },
    ]
}

/// An app in the directory, or the machine's own identity.
fn identity(client: &str, known: Option<&AccountView>, kind: AuthenticationKind) -> Step {
    if kind == AuthenticationKind::ManagedIdentity {
        return Step {
            title: "Assign this machine a managed identity",
            commands: vec![
                Command::az(
                    "vm identity assign --resource-group GROUP --name MACHINE --query systemAssignedIdentity --output tsv",
                ),
                Command::az("ad sp show --id PRINCIPAL --query").arg("{client:appId, tenant:appOwnerOrganizationId}"),
            ],
            portal: "Virtual machines > the machine > Identity > System assigned > On; then Microsoft Entra ID > Enterprise \
                     applications > the machine: note the application id"
                .to_owned(),
            check: Check::Type(Command::az("ad sp show --query servicePrincipalType --id").arg(client)),
        };
    }
    Step {
        title: "Register an app, with a service principal",
        commands: if known.is_some() {
            // It is there: only its principal may be missing.
            vec![Command::az("ad app show --id").arg(client), Command::az("ad sp create --id").arg(client)]
        } else {
            vec![
                Command::az("ad app create --display-name postern --query appId --output tsv"),
                Command::az("ad sp create --id").arg(client),
            ]
        },
        portal:
            "Microsoft Entra ID > App registrations > New registration: note the client id and the tenant id"
                .to_owned(),
        check: Check::Type(Command::az("ad sp show --query displayName --id").arg(client)),
    }
}

/// How the app authenticates.
fn authentication(client: &str, kind: AuthenticationKind) -> Step {
    match kind {
        AuthenticationKind::ClientSecret => Step {
            title: "Create a client secret",
            commands: vec![new_secret(client)],
            portal: "the app > Certificates & secrets > New client secret: copy the value, not the id".to_owned(),
            check: Check::Type(credentials(client)),
        },
        AuthenticationKind::Certificate => Step {
            title: "Create a certificate",
            commands: vec![
                Command::server(
                    "openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN=postern -keyout postern.key -out postern.crt",
                ),
                Command::server("cat postern.crt postern.key > postern.pem && chmod 600 postern.pem postern.key"),
                Command::az("ad app credential reset --append --cert @postern.crt --id").arg(client),
            ],
            portal: "the app > Certificates & secrets > Certificates > Upload certificate: postern.crt, never the key"
                .to_owned(),
            check: Check::Type(credentials(client).arg("--cert")),
        },
        AuthenticationKind::ManagedIdentity => Step {
            title: "Check that the machine can get tokens",
            commands: vec![Command::server(
                "curl -s -H Metadata:true \"http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&\
                 resource=https://management.azure.com/\" | cut -c1-60",
            )],
            portal: "there is no secret to copy, and none that expires".to_owned(),
            check: Check::See("the answer begins with {\"access_token\":"),
        },
    }
}

/// How a second client secret is made.
pub(super) fn new_secret(client: &str) -> Command {
    let reset = "ad app credential reset --append --display-name postern --years 1 --query password --output tsv --id";
    Command::az(reset).arg(client)
}

/// How an app can authenticate.
fn credentials(client: &str) -> Command {
    Command::az("ad app credential list --id")
        .arg(client)
        .arg("--query")
        .arg("[].{name:displayName, end:endDateTime}")
}

/// The command that connects.
fn connect(known: Option<&AccountView>, kind: AuthenticationKind) -> Command {
    match (known, kind) {
        (Some(account), AuthenticationKind::ManagedIdentity) => {
            Command::postern("account verify").arg(&account.name)
        }
        (Some(account), AuthenticationKind::Certificate) => {
            Command::postern("account edit").arg(&account.name).args("--secret-file postern.pem")
        }
        (Some(account), AuthenticationKind::ClientSecret) => {
            Command::postern("account edit").arg(&account.name).arg("--secret")
        }
        (None, kind) => {
            let add = "account add NAME --tenant TENANT --client-id CLIENT --subscription SUBSCRIPTION";
            Command::postern(add).args(match kind {
                AuthenticationKind::ClientSecret => "",
                AuthenticationKind::Certificate => "--certificate postern.pem",
                AuthenticationKind::ManagedIdentity => "--managed-identity",
            })
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
