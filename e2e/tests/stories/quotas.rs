//! What Azure allows: its default is a warning, and accounts of one subscription share it.

use std::time::Duration;

use api::verification::{Finding, Outcome, Report};
use control::verify::Repair;
use control::{AccountChange, AuthenticationMethod, NewAccount};
use e2e::World;
use model::account::Concurrency;
use model::azure::TransportChoice;
use model::quota::QuotaKind;
use model::quota::{Allowance, Quota};
use model::upstream::QuotaScope;
use store::Throttling;

const ACCOUNT: &str = "contoso";

async fn world() -> World {
    let world = World::start().await;
    world.clock.advance(Duration::from_secs(900));
    world
}

async fn verify(world: &World) -> Report {
    world.control().verify(ACCOUNT, Repair::Nothing, None).await.unwrap()
}

fn wrong(report: &Report) -> Vec<&str> {
    let is_wrong = |finding: &&Finding| finding.outcome >= Outcome::Warning;
    report.findings.iter().filter(is_wrong).map(|finding| finding.code.as_str()).collect()
}

#[tokio::test]
async fn azures_default_is_a_warning_until_it_is_raised() {
    let world = world().await;
    let set = async |sends: Allowance| {
        let quota = Some(Quota { sends, status_reads: sends });
        let change = AccountChange { quota, ..AccountChange::default() };
        world.control().change_account(ACCOUNT, change).await.unwrap();
    };
    set(Quota::CUSTOM_DOMAIN.sends).await;
    let report = verify(&world).await;
    assert_eq!(wrong(&report), ["quota.default"], "{report:#?}");
    let finding = report.findings.iter().find(|finding| finding.code == "quota.default").unwrap();
    assert_eq!(finding.outcome, Outcome::Warning);
    assert!(finding.message.contains("30 sends a minute and 100 an hour"), "{finding:?}");
    assert!(finding.fix.as_ref().unwrap().portal.as_ref().unwrap().contains("support request"));
    set(Allowance { per_minute: 100, per_hour: 1_000, per_day: None }).await;
    assert!(wrong(&verify(&world).await).is_empty());
    world.finish().await;
}

#[tokio::test]
async fn accounts_of_one_subscription_share_what_azure_allows_it() {
    let world = world().await;
    let ready = world.twin.ready().clone();
    let key = world.twin.backend().state().services[0].keys[0].clone();
    let sends = Allowance { per_minute: 100, per_hour: 500, per_day: None };
    let new = NewAccount {
        name: "second".into(),
        tenant_id: ready.tenant_id.to_string(),
        client_id: ready.client_id.to_string(),
        authentication: AuthenticationMethod::AccessKey(key.into()),
        expires_at: None,
        subscription_id: ready.subscription_id.to_string(),
        service: Some(ready.communication_service.clone()),
        endpoint: Some(ready.url.clone()),
        cloud: world.cloud(),
        transport: TransportChoice::Auto,
        quota: Quota { sends, status_reads: sends },
        concurrency: Concurrency::default(),
    };
    world.control().add_account(new).await.unwrap();
    let report = verify(&world).await;
    assert_eq!(wrong(&report), ["quota.differs"], "{report:#?}");
    let refusal = Throttling { at: world.clock.now(), in_minute: 2, in_hour: 348, wait_seconds: Some(1_700) };
    world
        .server()
        .store
        .rate_usage()
        .throttled(QuotaScope::Subscription(ready.subscription_id).of(QuotaKind::Sends), refusal)
        .await
        .unwrap();
    let report = verify(&world).await;
    let finding = report.findings.iter().find(|finding| finding.code == "quota.refused").unwrap();
    let both = "postern account edit contoso --quota 100/340\npostern account edit second --quota 100/340";
    assert_eq!(finding.fix.as_ref().unwrap().commands.join("\n"), both);
    assert!(finding.message.contains("contoso and second together"), "{finding:?}");
    world.finish().await;
}

#[tokio::test]
async fn a_quota_that_azure_does_not_grant() {
    let world = world().await;
    let subscription = world.twin.ready().subscription_id;
    let refusal = Throttling { at: world.clock.now(), in_minute: 2, in_hour: 348, wait_seconds: Some(1_700) };
    world
        .server()
        .store
        .rate_usage()
        .throttled(QuotaScope::Subscription(subscription).of(QuotaKind::Sends), refusal)
        .await
        .unwrap();
    let report = verify(&world).await;
    assert_eq!(wrong(&report), ["quota.refused"], "{report:#?}");
    let finding = report.findings.iter().find(|finding| finding.code == "quota.refused").unwrap();
    assert_eq!(finding.fix.as_ref().unwrap().commands, ["postern account edit contoso --quota 340/340"]);
    let allowance = Allowance { per_minute: 30, per_hour: 340, per_day: None };
    let quota = Some(Quota { sends: allowance, status_reads: allowance });
    let change = AccountChange { quota, ..AccountChange::default() };
    world.control().change_account(ACCOUNT, change).await.unwrap();
    assert!(wrong(&verify(&world).await).is_empty());
    world.finish().await;
}
