//! A record that others wrote is changed after somebody approved exactly that change, and never before.

use std::time::Duration;

use api::domains::SenderRow;
use api::infrastructure::adopted::Adopt;
use api::infrastructure::manifest::DomainManifest;
use api::infrastructure::progress::{Applied, ApplyEvent, StepOutcome};
use control::Control;
use e2e::World;
use model::caller::{Caller, Identity};
use model::infrastructure::Approval;
use provisioning::{ApplyError, ApplyRequest, BadRows, Reconciled};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;
use twin::state::dns::Record;

const ACCOUNT: &str = "contoso";
const DOMAIN: &str = "northwind.example";
const STEP: &str = "dns/northwind.example";
const BEFORE: &str = "v=spf1 include:_spf.other.example ~all";
const OTHER: &str = "v=spf1 include:_spf.third.example ~all";
const MERGED: &str = "v=spf1 include:_spf.other.example include:spf.protection.outlook.com -all";

async fn desired(control: &Control) {
    let manifest = DomainManifest { dns: Some("azure".into()), ..DomainManifest::default() };
    e2e::add_domain(control, DOMAIN, manifest).await;
}

/// Others write their SPF records in place of those that are there.
fn put(world: &World, values: &[&str]) {
    world.twin.backend().change_state(|state| {
        let zone = state.zones.iter_mut().find(|zone| zone.name == DOMAIN).unwrap();
        zone.records.retain(|record| !record.value.starts_with("v=spf1"));
        zone.records.extend(values.iter().map(|value| Record::new("TXT", DOMAIN, value)));
    });
}

fn spf(world: &World) -> Vec<String> {
    let twin = world.twin.backend().state();
    let zone = twin.zones.iter().find(|zone| zone.name == DOMAIN).unwrap();
    let records = zone.records.iter().filter(|record| record.value.starts_with("v=spf1"));
    records.map(|record| record.value.clone()).collect()
}

async fn plan(control: &Control) -> ApplyRequest {
    ApplyRequest {
        plan: control.provisioning().plan(ACCOUNT, &[], None).await.unwrap().id,
        ..ApplyRequest::default()
    }
}

async fn approvals(world: &World) -> Vec<Approval> {
    let store = &world.server().store;
    let account = store.directory().account_named(ACCOUNT).unwrap().id;
    store.infrastructure().approvals(account).await.unwrap()
}

/// What `postern status` names as awaiting approval.
async fn awaiting(world: &World) -> Vec<Value> {
    let mut status = world.get("/v1/status").await;
    let problems = status["problems"].as_array_mut().map(std::mem::take).unwrap_or_default();
    problems.into_iter().filter(|problem| problem["code"] == "awaiting_approval").collect()
}

/// Looks in every way that there is.
async fn look(world: &World, control: &Control) {
    for _ in 0..3 {
        control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
        control.provisioning().domain_status(ACCOUNT, DOMAIN).await.unwrap();
        control.provisioning().domain_statuses(ACCOUNT).await.unwrap();
        world.get("/v1/status").await;
        world.request("POST", "/v1/accounts/contoso/infrastructure:plan", json!({})).await;
        world.drive(control.provisioning().reconcile(ACCOUNT)).await.unwrap();
    }
}

/// Applies, and drops the apply as soon as `when` says so: as if the server were killed.
async fn killed(world: &World, control: &Control, request: ApplyRequest, when: impl Fn(&ApplyEvent) -> bool) {
    let (events, mut heard) = unbounded_channel();
    let applying = control.provisioning().apply(ACCOUNT, request, Some(events));
    let killed = async {
        while let Some(event) = heard.recv().await {
            if when(&event) {
                return;
            }
        }
    };
    let killed = world.drive(async {
        tokio::select! {
            biased;
            () = killed => true,
            _ = applying => false,
        }
    });
    assert!(Box::pin(killed).await, "it ended before it could be killed");
}

fn problem<'a>(applied: &'a Applied, key: &str) -> &'a str {
    let step = applied.open.iter().find(|step| step.key == key).unwrap();
    assert_eq!(step.outcome, StepOutcome::AwaitingApproval, "{step:#?}");
    &step.problem
}

#[tokio::test]
async fn looking_and_waiting_agree_to_nothing_and_an_approval_changes_what_it_says() {
    let world = World::start().await;
    let control = world.control();
    put(&world, &[BEFORE]);
    desired(&control).await;
    look(&world, &control).await;
    // The loop that reconciles goes on for days.
    for _ in 0..6 {
        world.pass(Duration::from_secs(12 * 3_600)).await;
        world.breathe().await;
    }
    assert_eq!(spf(&world), [BEFORE]);
    assert!(approvals(&world).await.is_empty(), "nobody agreed");
    let shown = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let step = shown.steps.iter().find(|step| step.key == STEP).unwrap();
    let [change] = &step.changes[..] else { panic!("{step:#?}") };
    assert_eq!((&change.old[..], change.new.as_deref()), (&[BEFORE.to_owned()][..], Some(MERGED)));

    let ada = control.by(Caller::owner(Identity { who: "ada".into(), origin: "console".into() }));
    let request = ApplyRequest { plan: shown.id.clone(), ..ApplyRequest::default() };
    let applied = Box::pin(world.drive(ada.provisioning().apply(ACCOUNT, request, None))).await.unwrap();
    assert!(applied.is_complete(), "{applied:#?}");
    assert_eq!(spf(&world), [MERGED]);
    let [approval] = &approvals(&world).await[..] else { panic!("one approval") };
    assert_eq!((approval.plan.as_str(), approval.who.as_str()), (shown.id.as_str(), "ada"));
    assert_eq!(approval.origin, "console");
    let audit = world.get("/v1/audit").await.to_string();
    assert!(audit.contains(&shown.id) && audit.contains("ada"), "{audit}");

    // What was approved once is no licence: others may have their record again.
    put(&world, &[BEFORE]);
    look(&world, &control).await;
    assert_eq!(spf(&world), [BEFORE]);
    world.finish().await;
}

#[tokio::test]
async fn a_crash_between_plan_and_apply_or_amid_an_apply_agrees_to_nothing_more() {
    let mut world = World::start().await;
    let control = world.control();
    put(&world, &[BEFORE]);
    desired(&control).await;
    let request = plan(&control).await;
    drop(control);
    world.stop_server().await;
    world.start_server().await;
    let control = world.control();
    look(&world, &control).await;
    assert_eq!(spf(&world), [BEFORE]);

    // Approved, killed, and then others change their record.
    let made = |event: &ApplyEvent| matches!(event, ApplyEvent::Ended { key, .. } if key == "domain/northwind.example");
    Box::pin(killed(&world, &control, request, made)).await;
    put(&world, &[OTHER]);
    drop(control);
    world.stop_server().await;
    world.start_server().await;
    let control = world.control();
    let reconciled = world.drive(control.provisioning().reconcile(ACCOUNT)).await.unwrap();
    let Reconciled::AwaitingApproval(what) = reconciled else { panic!("{reconciled:#?}") };
    assert!(what.iter().any(|what| what.contains(OTHER)), "{what:#?}");
    look(&world, &control).await;
    assert_eq!(spf(&world), [OTHER]);
    let status = control.provisioning().domain_status(ACCOUNT, DOMAIN).await.unwrap();
    let said = status.messages.join(" ");
    assert!(said.contains("Awaiting approval") && said.contains(OTHER), "{said}");
    assert_eq!(status.commands, ["postern apply --account contoso --target northwind.example"]);

    let [named] = &awaiting(&world).await[..] else { panic!("one problem") };
    assert_eq!((named["severity"].as_str(), named["account"].as_str()), (Some("warning"), Some(ACCOUNT)));
    assert!(named["message"].as_str().unwrap().contains(OTHER), "{named}");
    for command in ["postern plan --account contoso", "postern apply --account contoso --plan ID"] {
        assert!(named["action"].as_str().unwrap().contains(command), "{named}");
    }

    // As it was approved, it may be done without anybody.
    put(&world, &[BEFORE]);
    let reconciled = world.drive(control.provisioning().reconcile(ACCOUNT)).await.unwrap();
    assert_eq!(reconciled, Reconciled::Done(vec![DOMAIN.to_owned()]));
    assert!(awaiting(&world).await.is_empty(), "it is done");
    assert_eq!(spf(&world), [MERGED]);
    world.finish().await;
}

#[tokio::test]
async fn a_record_that_changes_after_its_approval_is_left_alone_and_the_step_says_why() {
    let world = World::start().await;
    let control = world.control();
    put(&world, &[BEFORE]);
    desired(&control).await;
    let stale = plan(&control).await;
    put(&world, &[OTHER]);
    // Before the first step: the plan is another one.
    let applying = control.provisioning().apply(ACCOUNT, stale.clone(), None);
    let error = Box::pin(world.drive(applying)).await.unwrap_err();
    let ApplyError::PlanChanged(changed) = &error else { panic!("{error:?}") };
    assert_ne!(changed.id, stale.plan);
    let body = json!({ "plan": stale.plan });
    let (status, answer) = world.request("POST", "/v1/accounts/contoso/infrastructure:apply", body).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("plan_changed")), "{answer}");
    assert_eq!(answer["details"]["id"], changed.id.as_str(), "{answer}");
    let (status, _) = world.request("POST", "/v1/accounts/contoso/infrastructure:apply", json!({})).await;
    assert_eq!(status, 422, "an apply names its plan");
    assert!(approvals(&world).await.is_empty());

    // Amid the steps.
    let (events, mut heard) = unbounded_channel();
    let meddling = async {
        while let Some(event) = heard.recv().await {
            if matches!(&event, ApplyEvent::Ended { key, .. } if key == "domain/northwind.example") {
                put(&world, &[BEFORE]);
            }
        }
    };
    let request = plan(&control).await;
    let applying = control.provisioning().apply(ACCOUNT, request, Some(events));
    let (applied, ()) = Box::pin(world.drive(async { tokio::join!(applying, meddling) })).await;
    let applied = applied.unwrap();
    let why = problem(&applied, STEP);
    assert!(why.contains(BEFORE) && why.contains(MERGED), "{why}");
    assert!(applied.only_pending(), "{applied:#?}");
    assert_eq!(spf(&world), [BEFORE]);
    world.finish().await;
}

#[tokio::test]
async fn several_spf_records_become_one_when_somebody_approves_it() {
    let world = World::start().await;
    let control = world.control();
    put(&world, &[BEFORE, OTHER]);
    desired(&control).await;
    look(&world, &control).await;
    let shown = control.provisioning().plan(ACCOUNT, &[], None).await.unwrap();
    let step = shown.steps.iter().find(|step| step.key == STEP).unwrap();
    let [change] = &step.changes[..] else { panic!("{step:#?}") };
    assert_eq!(change.old, [BEFORE, OTHER]);
    let merged = change.new.clone().unwrap();
    for include in ["_spf.other.example", "_spf.third.example", "spf.protection.outlook.com"] {
        assert!(merged.contains(include), "{merged}");
    }
    assert_eq!(spf(&world), [BEFORE, OTHER]);
    let request = ApplyRequest { plan: shown.id, ..ApplyRequest::default() };
    let applied = Box::pin(world.drive(control.provisioning().apply(ACCOUNT, request, None))).await.unwrap();
    assert!(applied.is_complete(), "{applied:#?}");
    assert_eq!(spf(&world), [merged.as_str()]);

    // Somebody adds a record that says less: the merged text is there already, and stays.
    put(&world, &[&merged, "v=spf1 -all"]);
    let request = plan(&control).await;
    let applied = Box::pin(world.drive(control.provisioning().apply(ACCOUNT, request, None))).await.unwrap();
    assert!(applied.is_complete(), "{applied:#?}");
    assert_eq!(spf(&world), [merged.as_str()]);

    // Somebody adds one of them again: the merged one says it already, and all of them still come back.
    put(&world, &[&merged, OTHER]);
    let request = plan(&control).await;
    let applied = Box::pin(world.drive(control.provisioning().apply(ACCOUNT, request, None))).await.unwrap();
    assert!(applied.is_complete(), "{applied:#?}");
    // Azure has verified it by now, and `~all` may stay.
    assert_eq!(spf(&world), [merged.replace("-all", "~all")]);
    let back = control.provisioning().plan_destruction(ACCOUNT, &[DOMAIN.to_owned()]).await.unwrap();
    let told = back
        .steps
        .iter()
        .flat_map(|step| &step.details)
        .any(|told| told.contains(BEFORE) && told.contains(OTHER));
    assert!(told, "{back:#?}");
    Box::pin(world.drive(e2e::destroy(&control, ACCOUNT, &[DOMAIN.to_owned()], None))).await.unwrap();
    let mut there = spf(&world);
    there.sort();
    assert_eq!(there, ["v=spf1 -all", BEFORE, OTHER]);
    world.finish().await;
}

#[tokio::test]
async fn the_loop_goes_on_with_what_is_approved_alone_and_an_approval_is_used_once() {
    let world = World::start().await;
    let control = world.control();
    // With the same end before and after Azure has verified it, so that the first approval would cover the second change.
    let hard = BEFORE.replace("~all", "-all");
    put(&world, &[&hard]);
    desired(&control).await;
    let request = plan(&control).await;
    let applied = Box::pin(world.drive(control.provisioning().apply(ACCOUNT, request, None))).await.unwrap();
    assert!(applied.is_complete(), "{applied:#?}");
    put(&world, &[&hard]);

    // Two senders are desired, one is approved, and its step is begun when the server is killed.
    let row = |username: &str| SenderRow {
        domain: DOMAIN.to_owned(),
        username: username.to_owned(),
        ..SenderRow::default()
    };
    control
        .provisioning()
        .add_desired_senders(ACCOUNT, &[row("approved"), row("desired")], BadRows::RejectAll)
        .await
        .unwrap();
    let targets = vec!["sender/northwind.example/approved".to_owned()];
    let plan = control.provisioning().plan(ACCOUNT, &targets, None).await.unwrap().id;
    let request = ApplyRequest { plan, targets, ..ApplyRequest::default() };
    let begun = |event: &ApplyEvent| matches!(event, ApplyEvent::Began { key, .. } if key == "sender/northwind.example/approved");
    Box::pin(killed(&world, &control, request, begun)).await;
    let reconciled = Box::pin(world.drive(control.provisioning().reconcile(ACCOUNT))).await.unwrap();
    let Reconciled::AwaitingApproval(what) = reconciled else { panic!("{reconciled:#?}") };
    assert!(what.iter().any(|what| what.contains("desired@northwind.example")), "{what:#?}");
    let twin = format!("{:?}", world.twin.backend().state().domains);
    assert!(twin.contains("\"approved\"") && !twin.contains("\"desired\""), "{twin}");
    assert_eq!(spf(&world), [hard], "its approval was used up");
    world.finish().await;
}

#[tokio::test]
async fn adopting_changes_nothing_at_azure() {
    let world = World::start().await;
    let control = world.control();
    // Put down, and not to be applied yet.
    desired(&control).await;
    let before = world.twin.backend().state().clone();
    control.provisioning().adopt(ACCOUNT, &Adopt::default()).await.unwrap();
    let after = world.twin.backend().state().clone();
    assert_eq!(after.domains.len(), before.domains.len(), "the domain is still only desired");
    assert_eq!(format!("{:?}", after.zones), format!("{:?}", before.zones));
    assert_eq!(after.services[0].linked_domains, before.services[0].linked_domains);
    assert!(approvals(&world).await.is_empty());
    world.finish().await;
}
