//! What provisioning takes from Azure as it is: rights, its limits, verdicts that are old, writes that replace.

use api::infrastructure::adopted::{Adopt, AdoptScope};
use api::infrastructure::manifest::Manifest;
use api::infrastructure::progress::Applied;
use api::verification::Report;
use azure_types::permission::Permission;
use control::verify::Repair;
use control::{AccountChange, Control};
use e2e::World;

const ACCOUNT: &str = "contoso";

fn twin<T>(world: &World, change: impl FnOnce(&mut twin::state::State) -> T) -> T {
    world.twin.backend().change_state(change)
}

async fn apply(world: &World, control: &Control) -> Applied {
    world.drive(e2e::apply(control, ACCOUNT, None)).await.unwrap()
}

/// Everything that can be desired but roles, made from nothing.
fn everything() -> Manifest {
    toml::from_str(
        r#"
        resource_group = "fresh"
        service = "fresh-mail"
        data_location = "United States"
        [domain.azure]
        senders = ["hello"]
        [domain."northwind.example"]
        dns = "azure"
        tracking = true
        senders = ["alerts", { username = "NoReply", suppressed = ["no@example.com"] }]
        [smtp_username.printer]
        username = "printer@northwind.example"
        "#,
    )
    .unwrap()
}

/// What is there instead of all roles that the app had.
fn allow(world: &World, actions: &[String]) {
    let scope = format!("/subscriptions/{}", world.twin.ready().subscription_id);
    twin(world, |twin| {
        twin.assignments.clear();
        let principal = twin.tenants[0].apps[0].principal.unwrap();
        let actions = actions.to_vec();
        twin.grant(principal, &scope, Permission { actions, ..Permission::default() });
    });
}

fn missing(report: &Report, capability: &str) -> Vec<String> {
    let row = report.capabilities.iter().find(|row| row.capability == capability).unwrap();
    assert!(!row.granted, "{row:#?}");
    row.missing.clone()
}

#[tokio::test]
async fn a_role_of_the_actions_that_verify_names_makes_everything_and_deletes_it() {
    let world = World::start().await;
    let control = world.control();
    twin(&world, |twin| twin.behaviour.operations_need_a_right = true);
    allow(&world, &["Microsoft.Resources/subscriptions/Read".to_owned()]);
    let report = control.verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
    let mut actions = missing(&report, "provision");
    let named = |suffix: &str| actions.iter().any(|one| one.to_lowercase().ends_with(&suffix.to_lowercase()));
    for outside in ["CheckNameAvailability/Action", "Locations/OperationStatuses/Read", "SmtpUsernames/Write"]
    {
        assert!(named(outside), "{actions:#?}");
    }
    actions.extend(missing(&report, "dns_zone"));
    control.provisioning().set_infrastructure(ACCOUNT, everything()).await.unwrap();

    // Without one of them it is refused half-way, and says which one.
    let check = |action: &String| action.ends_with("CheckNameAvailability/Action");
    let fewer: Vec<String> = actions.iter().filter(|one| !check(one)).cloned().collect();
    allow(&world, &fewer);
    let applied = apply(&world, &control).await;
    let open = applied.open.iter().find(|step| step.key == "service").unwrap();
    assert!(open.problem.contains("Microsoft.Communication/CheckNameAvailability/action"), "{open:#?}");

    allow(&world, &actions);
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    let plan = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    assert!(plan.steps.is_empty() && plan.problems.is_empty(), "{plan:#?}");
    let back = world.drive(e2e::destroy(&control, ACCOUNT, &[], None)).await.unwrap();
    assert!(back.is_complete(), "{back:#?}");
    world.finish().await;
}

/// 66 seconds for each resource, and no word about when to ask again.
#[tokio::test]
async fn everything_is_made_and_deleted_however_long_azure_takes() {
    let world = World::start().await;
    let control = world.control();
    twin(&world, |twin| {
        twin.behaviour.provisioning_seconds = 66;
        twin.behaviour.communication_retry_after = None;
        twin.behaviour.verification_seconds = 120;
    });
    control.provisioning().set_infrastructure(ACCOUNT, everything()).await.unwrap();
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    let back = world.drive(e2e::destroy(&control, ACCOUNT, &[], None)).await.unwrap();
    assert!(back.is_complete(), "{back:#?}");
    world.finish().await;
}

#[tokio::test]
async fn an_old_failure_is_no_verdict_while_the_new_attempt_begins() {
    let world = World::start().await;
    let control = world.control();
    control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap();
    twin(&world, |twin| {
        twin.behaviour.verification_operation_seconds = 20;
        let verification = &mut twin.domains[0].verification;
        for part in twin::state::Part::NEEDED {
            let error = Some("SpfRecordNotFound".to_owned());
            verification.set(part, "VerificationFailed", error, None);
        }
    });
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    world.finish().await;
}

#[tokio::test]
async fn what_is_written_again_keeps_its_tags_its_identity_and_its_links() {
    let world = World::start().await;
    let control = world.control();
    control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap();
    let tags = [("cost".to_owned(), "mail".to_owned())];
    let identity = serde_json::json!({ "type": "SystemAssigned" });
    let links = twin(&world, |twin| {
        let service = &mut twin.services[0];
        (service.has_failed, service.tags) = (true, tags.clone().into());
        service.identity = Some(identity.clone());
        service.linked_domains.clone()
    });
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    // Afterwards, because Azure links no domain that is being made.
    twin(&world, |twin| (twin.domains[0].has_failed, twin.domains[0].tags) = (true, tags.clone().into()));
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    {
        let twin = world.twin.backend().state();
        let service = &twin.services[0];
        assert!(!service.has_failed && !twin.domains[0].has_failed);
        assert_eq!((&service.tags, &twin.domains[0].tags), (&tags.clone().into(), &tags.into()));
        assert_eq!((&service.identity, &service.linked_domains), (&Some(identity), &links));
    }
    world.finish().await;
}

fn endpoint(control: &Control) -> String {
    control.account(ACCOUNT).unwrap().azure().unwrap().service.as_ref().unwrap().endpoint.to_string()
}

async fn say(control: &Control, endpoint: &str) {
    let endpoint = Some(endpoint.to_owned());
    control.change_account(ACCOUNT, AccountChange { endpoint, ..AccountChange::default() }).await.unwrap();
}

#[tokio::test]
async fn azure_says_where_a_service_is_unless_the_operator_does() {
    let world = World::start().await;
    let control = world.control();
    let right = format!("{}/", world.twin.ready().url);
    // Nobody has said it: the name alone suggests a host that services have no more.
    for is_import in [false, true] {
        say(&control, "https://contoso-mail.communication.azure.com").await;
        if is_import {
            control
                .provisioning()
                .adopt(ACCOUNT, &Adopt { scope: AdoptScope::Senders, ..Adopt::default() })
                .await
                .unwrap();
        } else {
            control.verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
        }
        assert_eq!(endpoint(&control), right);
    }
    let other = "https://127.0.0.1:9";
    say(&control, other).await;
    let report = control.verify(ACCOUNT, Repair::Nothing, None).await.unwrap();
    let finding = report.findings.iter().find(|one| one.code == "services.other_endpoint").unwrap();
    let command = &finding.fix.as_ref().unwrap().commands[0];
    assert!(command.starts_with("postern account edit contoso --endpoint "), "{command}");
    assert!(command.contains(&world.twin.ready().url), "{command}");
    control
        .provisioning()
        .adopt(ACCOUNT, &Adopt { scope: AdoptScope::Senders, ..Adopt::default() })
        .await
        .unwrap();
    assert_eq!(endpoint(&control), format!("{other}/"), "what the operator said stays");
    control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap();
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    assert_eq!(endpoint(&control), format!("{other}/"), "and is nothing that provisioning would mend");
    world.finish().await;
}
