//! Provisioning while Azure is stuck, fails, is slow or has had enough.

use api::infrastructure::manifest::DomainManifest;
use api::infrastructure::progress::{Applied, StepOutcome};
use control::Control;
use e2e::World;
use twin::{Effect, InjectedFault, Operation};

const ACCOUNT: &str = "contoso";
const DOMAIN: &str = "northwind.example";

async fn desired(control: &Control) {
    let manifest = DomainManifest { dns: Some("azure".into()), ..DomainManifest::default() };
    e2e::add_domain(control, DOMAIN, manifest).await;
}

async fn apply(world: &World, control: &Control) -> Applied {
    world.drive(e2e::apply(control, ACCOUNT, None)).await.unwrap()
}

fn arm(world: &World, operation: Operation, effect: Effect, times: Option<u32>) {
    world.twin.backend().arm(InjectedFault { operation, effect, times, one_in: None });
}

fn answer(status: u16, code: &str, retry_after: Option<u64>) -> Effect {
    Effect::Answer { status, code: code.into(), message: "on demand".into(), retry_after }
}

/// What is told of a step that is not done.
fn told<'a>(applied: &'a Applied, key: &str) -> (StepOutcome, &'a str) {
    let step = applied.open.iter().find(|step| step.key == key).unwrap();
    (step.outcome, &step.problem)
}

/// Once Azure is well again, the next apply does the rest.
async fn must_come_right(world: World, control: &Control) {
    world.twin.backend().disarm();
    let applied = apply(&world, control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    assert!(control.provisioning().plan(ACCOUNT, &[], None).await.unwrap().steps.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_verification_that_is_stuck_is_taken_back_and_begun_again() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    // The first one hangs until it is cancelled; the second one is well.
    arm(&world, Operation::Verification, Effect::Hang, Some(1));
    let applied = apply(&world, &control).await;
    assert!(applied.is_complete(), "{applied:#?}");
    must_come_right(world, &control).await;
}

#[tokio::test]
async fn a_verification_that_stays_stuck_waits_and_says_so() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    arm(&world, Operation::Verification, Effect::Hang, None);
    let applied = apply(&world, &control).await;
    let (outcome, problem) = told(&applied, "ownership/northwind.example");
    assert!(outcome == StepOutcome::Pending && problem.contains("asked twice"), "{problem}");
    must_come_right(world, &control).await;
}

#[tokio::test]
async fn what_azure_could_not_make_is_told_with_its_reason_and_made_the_next_time() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    arm(&world, Operation::Provisioning, answer(400, "InternalProvisioningError", None), Some(1));
    let applied = apply(&world, &control).await;
    let (outcome, problem) = told(&applied, "domain/northwind.example");
    assert!(outcome == StepOutcome::Failed && problem.contains("InternalProvisioningError"), "{problem}");
    must_come_right(world, &control).await;
}

#[tokio::test]
async fn a_verification_that_azure_refuses_is_told_in_its_words() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    arm(&world, Operation::Verification, answer(400, "SomethingAboutDns", None), Some(1));
    let applied = apply(&world, &control).await;
    let (outcome, problem) = told(&applied, "ownership/northwind.example");
    assert!(outcome == StepOutcome::Pending && problem.contains("SomethingAboutDns"), "{problem}");
    must_come_right(world, &control).await;
}

#[tokio::test]
async fn passing_trouble_is_not_even_noticed() {
    for effect in [
        answer(429, "TooManyRequests", Some(7)),
        answer(429, "TooManyRequests", None),
        answer(503, "ServerBusy", None),
        Effect::Late(50),
        Effect::DoneButUnanswered,
    ] {
        let world = World::start().await;
        let control = world.control();
        desired(&control).await;
        world.twin.backend().arm(InjectedFault {
            operation: Operation::ArmWrite,
            effect: effect.clone(),
            times: Some(4),
            one_in: Some(3),
        });
        let applied = apply(&world, &control).await;
        assert!(applied.is_complete(), "{effect:?}: {applied:#?}");
        must_come_right(world, &control).await;
    }
}

#[tokio::test]
async fn one_domain_too_many_is_azures_word() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    arm(&world, Operation::ArmWrite, answer(409, "QuotaExceeded", None), Some(1));
    let applied = apply(&world, &control).await;
    let (outcome, problem) = told(&applied, "domain/northwind.example");
    assert!(outcome == StepOutcome::Failed && problem.contains("QuotaExceeded"), "{problem}");
    must_come_right(world, &control).await;
}

#[tokio::test]
async fn an_app_that_may_not_is_told_what_to_look_at() {
    let world = World::start().await;
    let control = world.control();
    desired(&control).await;
    arm(&world, Operation::ArmWrite, answer(403, "AuthorizationFailed", None), Some(1));
    let applied = apply(&world, &control).await;
    let (outcome, problem) = told(&applied, "domain/northwind.example");
    assert!(outcome == StepOutcome::Failed && problem.contains("account verify"), "{problem}");
    must_come_right(world, &control).await;
}
