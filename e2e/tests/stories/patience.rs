//! A secret that is new and not known: why it takes a minute is said at once, and nobody has to wait.

use std::time::Duration;

use api::verification::Verdict;
use control::AccountChange;
use control::verify::{Event, Manner, Patience, Repair};
use e2e::World;
use tokio::sync::mpsc::unbounded_channel;

const ACCOUNT: &str = "contoso";

async fn with_a_wrong_secret() -> World {
    let world = World::start().await;
    let secret = Some("wrong-but-long-enough-to-be-a-secret-0000".to_owned().into());
    let change = AccountChange { secret, ..AccountChange::default() };
    world.control().change_account(ACCOUNT, change).await.unwrap();
    world
}

#[tokio::test]
async fn why_it_waits_is_said_before_it_waits() {
    let world = with_a_wrong_secret().await;
    let (events, mut heard) = unbounded_channel();
    let control = world.control();
    let verifying = tokio::spawn(async move { control.verify(ACCOUNT, Repair::Nothing, Some(events)).await });
    // Time stands: nothing but the first try has happened.
    let began = world.clock.now();
    let message = loop {
        match heard.recv().await.unwrap() {
            Event::Waits(_, message) => break message,
            _ => assert_eq!(world.clock.now(), began),
        }
    };
    assert!(message.contains("can take a minute") && message.contains("--no-wait"), "{message}");
    world.advance_slowly_until(Duration::from_secs(5), async || verifying.is_finished()).await;
    assert_eq!(verifying.await.unwrap().unwrap().verdict, Verdict::NotReady);
    world.finish().await;
}

#[tokio::test]
async fn a_verification_that_must_not_wait_ends_at_once() {
    let world = with_a_wrong_secret().await;
    let manner = Manner { patience: Patience::AtOnce, ..Manner::default() };
    // Time stands all along.
    let report = world.control().verify(ACCOUNT, manner, None).await.unwrap();
    assert!(
        report.findings.iter().any(|finding| finding.code == "authentication.secret_wrong"),
        "{report:#?}"
    );
    world.finish().await;
}
