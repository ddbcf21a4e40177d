//! The Azure CLI, unmodified: it sets up what Postern connects with, and types what `verify` prints.

use api::command::Shell;
use api::verification::{Finding, Outcome, Report, Verdict};
use control::verify::Repair;
use control::{AccountChange, AuthenticationMethod, NewAccount, NewSender};
use jiff::SignedDuration;
use model::account::Concurrency;
use model::azure::TransportChoice;
use model::rotation::Step;
use provisioning::role::smallest_role;

use crate::context::{Context, client_tests};
use crate::tools::Client;

client_tests!(Client::AzureCli =>
    sets_up_what_postern_connects_with,
    groups_and_providers,
    mends_a_missing_role,
    mends_a_secret,
    mends_an_app_without_a_principal,
    mends_a_provider,
    mends_what_is_not_ready_to_send,
    allows_rotation,
);

/// Types commands, one after the other; gives what they print.
pub(crate) async fn az(context: &Context, commands: &[String]) -> String {
    context.run(Client::AzureCli, &[&commands.join("\n")], "").await.expect(0)
}

/// The twin as a cloud, with the app that owns everything logged in.
pub(crate) async fn log_in(context: &Context) {
    // Real seconds go by here: what takes a while takes a second.
    context.world.twin.backend().change_state(|state| {
        state.behaviour.registration_seconds = 1;
        state.behaviour.assignment_seconds = 1;
        state.behaviour.group_deletion_seconds = 1;
    });
    let ready = context.world.twin.ready();
    let commands = [
        format!("az cloud register --name Twin --endpoint-resource-manager {}", ready.url),
        "az cloud set --name Twin".to_owned(),
        format!(
            "az login --service-principal --username {} --password '{}' --tenant {}",
            ready.client_id, ready.client_secret, ready.tenant_id
        ),
    ];
    az(context, &commands).await;
}

async fn verify(context: &Context, account: &str) -> Report {
    context.world.control().verify(account, Repair::Nothing, None).await.unwrap()
}

fn fault<'r>(report: &'r Report, code: &str) -> &'r Finding {
    report.findings.iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("{report:#?}"))
}

/// What is typed at Azure; what is typed at Postern is left out.
fn for_azure(finding: &Finding) -> Vec<String> {
    let commands = finding.fix.clone().unwrap_or_default().commands;
    commands.into_iter().filter(|command| !command.starts_with("postern ")).collect()
}

async fn sets_up_what_postern_connects_with(context: Context) {
    log_in(&context).await;
    let ready = context.world.twin.ready().clone();
    let shown = az(&context, &["az account show --query \"[id, tenantId]\" --output tsv".to_owned()]).await;
    let mut lines = shown.lines();
    let (subscription, tenant) = (lines.next().unwrap(), lines.next().unwrap());
    assert_eq!(
        (subscription, tenant),
        (ready.subscription_id.to_string().as_str(), ready.tenant_id.to_string().as_str())
    );
    let client =
        az(&context, &["az ad app create --display-name postern-new --query appId --output tsv".to_owned()])
            .await;
    let client = client.trim();
    let reset = format!(
        "az ad app credential reset --id {client} --append --display-name postern --years 1 --query password \
         --output tsv --only-show-errors"
    );
    let made = az(&context, &[format!("az ad sp create --id {client} --output none"), reset]).await;
    let scope = format!("/subscriptions/{subscription}");
    let commands = smallest_role("new", &scope).commands(client);
    let typed: Vec<String> = commands.iter().map(|command| command.text(Shell::Bash)).collect();
    az(&context, &typed).await;
    let listed =
        az(&context, &[format!("az role assignment list --assignee {client} --all --output tsv")]).await;
    assert!(listed.contains("Postern mail (new,"), "{listed}");
    // Until everybody in Azure knows.
    context.world.twin.backend().advance(SignedDuration::from_secs(60));

    let new = NewAccount {
        name: "new".to_owned(),
        tenant_id: tenant.to_owned(),
        client_id: client.to_owned(),
        authentication: AuthenticationMethod::ClientSecret(made.trim().into()),
        expires_at: Some(context.world.clock.now() + SignedDuration::from_hours(24 * 365)),
        subscription_id: subscription.to_owned(),
        service: None,
        endpoint: None,
        cloud: context.world.cloud(),
        transport: TransportChoice::Auto,
        // With another one, or Azure's default, the verdict would be a warning.
        quota: context.world.control().account("contoso").unwrap().quota,
        concurrency: Concurrency::default(),
    };
    context.world.control().add_account(new).await.unwrap();
    let report = verify(&context, "new").await;
    assert_eq!(report.verdict, Verdict::Ready, "{report:#?}");
    let service = context.world.control().account("new").unwrap().azure().unwrap().service.clone();
    assert_eq!(service.unwrap().name.as_str(), "contoso-mail");
}

async fn groups_and_providers(context: Context) {
    log_in(&context).await;
    let typed = [
        "az group create --name new --location westeurope --output none",
        "az group exists --name new",
        "az group delete --name new --yes",
        "az group exists --name new",
        "az provider register --namespace Microsoft.EventGrid --only-show-errors",
        "sleep 2; az provider show --namespace Microsoft.EventGrid --query registrationState --output tsv",
        "az resource list --resource-group mail --query \"[].type\" --output tsv",
    ];
    let words = az(&context, &typed.map(str::to_owned)).await;
    assert!(
        words.starts_with("true\nfalse\nRegistered\nMicrosoft.Communication/CommunicationServices"),
        "{words}"
    );
}

async fn mends_a_missing_role(context: Context) {
    log_in(&context).await;
    // Somebody else administers; our own app has nothing but a secret.
    let ready = context.world.twin.ready().clone();
    let client =
        az(&context, &["az ad app create --display-name lowly --query appId --output tsv".to_owned()]).await;
    let client = client.trim().to_owned();
    let reset = format!(
        "az ad app credential reset --id {client} --append --query password --output tsv --only-show-errors"
    );
    let made = az(&context, &[format!("az ad sp create --id {client} --output none"), reset]).await;
    context.world.twin.backend().advance(SignedDuration::from_secs(600));
    let change = AccountChange {
        client_id: Some(client),
        secret: Some(made.trim().into()),
        expires_at: Some(context.world.clock.now() + SignedDuration::from_hours(24 * 365)),
        ..AccountChange::default()
    };
    context.world.control().change_account("contoso", change).await.unwrap();
    context.world.twin.backend().advance(SignedDuration::from_secs(-600));
    let broken = verify(&context, "contoso").await;
    let finding = fault(&broken, "subscription.no_access");
    az(&context, &for_azure(finding)).await;
    context.world.twin.backend().advance(SignedDuration::from_secs(30));
    let fixed = verify(&context, "contoso").await;
    assert_eq!(fixed.verdict, Verdict::Ready, "{} {fixed:#?}", ready.url);
}

/// Logs in as another app that may do the same, for when our own cannot.
async fn log_in_as_another(context: &Context) {
    log_in(context).await;
    let ready = context.world.twin.ready().clone();
    let other = "33333333-cccc-4333-8333-333333333334";
    context.world.twin.backend().change_state(|state| {
        let mut app = state.tenants[0].apps[0].clone();
        app.client = other.parse().unwrap();
        app.principal = Some(twin::state::App::principal_to_be(app.client));
        state.tenants[0].apps.push(app);
    });
    let command = format!(
        "az login --service-principal --username {other} --password '{}' --tenant {} --allow-no-subscriptions \
         --output none",
        ready.client_secret, ready.tenant_id
    );
    az(context, &[command]).await;
}

async fn mends_a_secret(context: Context) {
    log_in_as_another(&context).await;
    let client = context.world.twin.ready().client_id;
    context.world.twin.backend().change_state(|state| {
        let now = jiff::Timestamp::UNIX_EPOCH;
        state.app_mut(client).unwrap().secrets[0].expires_at = now;
    });
    let broken = verify(&context, "contoso").await;
    let command = for_azure(fault(&broken, "authentication.secret_expired")).remove(0);
    let made = az(&context, &[format!("{command} --query password --output tsv --only-show-errors")]).await;
    let change = AccountChange { secret: Some(made.trim().into()), ..AccountChange::default() };
    context.world.control().change_account("contoso", change).await.unwrap();
    let fixed = verify(&context, "contoso").await;
    assert_eq!(fixed.verdict, Verdict::Ready, "{fixed:#?}");
}

async fn mends_an_app_without_a_principal(context: Context) {
    log_in_as_another(&context).await;
    let client = context.world.twin.ready().client_id;
    context.world.twin.backend().change_state(|state| state.app_mut(client).unwrap().principal = None);
    let broken = verify(&context, "contoso").await;
    az(&context, &for_azure(fault(&broken, "authentication.no_principal"))).await;
    let fixed = verify(&context, "contoso").await;
    assert_eq!(fixed.verdict, Verdict::Ready, "{fixed:#?}");
}

async fn mends_a_provider(context: Context) {
    log_in(&context).await;
    context.world.twin.backend().change_state(|state| state.subscriptions[0].registrations.clear());
    let broken = verify(&context, "contoso").await;
    az(&context, &for_azure(fault(&broken, "providers.not_registered"))).await;
    let fixed = verify(&context, "contoso").await;
    assert_eq!(fixed.verdict, Verdict::Ready, "{fixed:#?}");
}

/// What has to be done at the communication service and its domains.
async fn mends_what_is_not_ready_to_send(context: Context) {
    log_in(&context).await;
    context.world.twin.backend().change_state(|state| state.services[0].public_network_access = false);
    let mailbox = "o'brien+news@contoso.example".to_owned();
    let new = NewSender { account: "contoso".into(), mailbox, display_name: None };
    context.world.control().add_sender(new).await.unwrap();
    let broken = verify(&context, "contoso").await;
    for code in ["services.network_closed", "services.unknown_sender"] {
        az(&context, &for_azure(fault(&broken, code))).await;
    }
    context.world.twin.backend().change_state(|state| {
        state.behaviour.verification_seconds = 1;
        state.domains[0].set_verified(false);
    });
    let broken = verify(&context, "contoso").await;
    az(&context, &for_azure(fault(&broken, "services.unverified_domain"))).await;
    context.world.twin.backend().change_state(|state| state.services[0].linked_domains.clear());
    let broken = verify(&context, "contoso").await;
    az(&context, &for_azure(fault(&broken, "services.no_domain"))).await;
    let fixed = verify(&context, "contoso").await;
    assert_eq!(fixed.verdict, Verdict::Ready, "{fixed:#?}");
}

async fn allows_rotation(context: Context) {
    log_in_as_another(&context).await;
    context.world.twin.backend().change_state(|state| {
        state.tenants[0].apps[0].graph_roles = vec!["Application.Read.All".to_owned()];
    });
    let before = verify(&context, "contoso").await;
    let finding = fault(&before, "secret.may_not_rotate");
    assert_eq!(finding.outcome, Outcome::Passed);
    az(&context, &for_azure(finding)).await;
    let after = verify(&context, "contoso").await;
    fault(&after, "secret.may_rotate");
    let terms = control::rotation::RotationTerms { remove_old: true, ..Default::default() };
    context.world.control().begin_rotation("contoso", terms).await.unwrap();
    let account = context.world.control().account("contoso").unwrap();
    // The server has the rotation's own schedule; here it is taken along step by step.
    while context.world.control().rotation("contoso").await.unwrap().unwrap().step < Step::Added {
        context.world.control().step_rotation(&account).await.unwrap();
    }
    let listed = format!(
        "az ad app credential list --id {} --query \"[].displayName\" --output tsv",
        context.world.twin.ready().client_id
    );
    let names = az(&context, &[listed]).await;
    assert!(names.contains("Postern 20"), "{names}");
}
