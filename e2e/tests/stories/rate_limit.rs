//! The limit that Azure sets is kept: nothing over the limit, over restarts too.

use std::time::Duration;

use e2e::{Setup, World, message};
use jiff::Timestamp;
use model::quota::{Allowance, Quota};
use twin::{Effect, InjectedFault, Operation};

use crate::morning::named;

fn limited() -> Setup {
    Setup { quota: Quota::CUSTOM_DOMAIN, twin_is_generous: false, ..Setup::default() }
}

async fn submit(world: &World, count: usize) {
    let mut connection = world.log_in(&world.device).await.unwrap();
    for number in 0..count {
        let text = message(&number.to_string(), "a@example.com", "x");
        assert!(world.offer(&mut connection, &["a@example.com"], &text).await.message.unwrap().is_ok());
    }
    connection.quit().await;
}

fn throttled(world: &World) -> u64 {
    world.twin.backend().captured().meters().map(|(_, meter)| meter.throttled).sum()
}

fn times(world: &World) -> Vec<Timestamp> {
    world.captured().iter().map(|mail| mail.at).collect()
}

#[tokio::test]
async fn a_burst_leaves_at_thirty_a_minute_and_a_hundred_an_hour() {
    let world = World::start_with(limited()).await;
    submit(&world, 130).await;
    world.until_taken(30).await;
    let start = world.clock.now();
    assert!(times(&world).iter().all(|at| *at == start));
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 100).await;
    let spent = world.clock.now().duration_since(start).as_secs();
    assert!((180..200).contains(&spent), "100 messages took {spent} seconds");
    world.advance_until(Duration::from_secs(15), async || world.captured().len() == 130).await;
    let spent = world.clock.now().duration_since(start).as_secs();
    assert!((3_600..3_660).contains(&spent), "130 messages took {spent} seconds");
    assert_eq!(throttled(&world), 0, "Azure never had to say no");
    world.finish().await;
}

#[tokio::test]
async fn a_day_may_be_limited_too() {
    let sends = Allowance { per_minute: 30, per_hour: 40, per_day: Some(40) };
    let world =
        World::start_with(Setup { quota: Quota { sends, ..Quota::CUSTOM_DOMAIN }, ..limited() }).await;
    submit(&world, 41).await;
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 40).await;
    let found = named(&world, "quota_used_up", &["40 sends in a day", "1 message waits", "empty at"]).await;
    assert_eq!(found["severity"], "notice");
    world.pass(Duration::from_secs(2 * 3_600)).await;
    assert_eq!(world.captured().len(), 40);
    world.advance_until(Duration::from_secs(600), async || world.captured().len() == 41).await;
    let days = world.clock.now().duration_since(times(&world)[0]).as_secs_f64() / 86_400.0;
    assert!((1.0..1.03).contains(&days), "{days}");
    world.finish().await;
}

#[tokio::test]
async fn azure_refuses_below_the_quota_and_less_is_sent_for_a_while() {
    let mut world = World::start_with(limited()).await;
    submit(&world, 20).await;
    world.until_taken(20).await;
    let effect = Effect::Answer {
        status: 429,
        code: String::new(),
        message: "on purpose".into(),
        retry_after: Some(30),
    };
    let (operation, times, one_in) = (Operation::Send, Some(1), None);
    world.twin.backend().arm(InjectedFault { operation, effect, times, one_in });
    submit(&world, 30).await;
    let pieces = ["fewer than the configured 30 sends in a minute", "at most 18 for now"];
    named(&world, "quota_lowered", &pieces).await;
    world.stop_server().await;
    world.start_server().await;
    named(&world, "quota_lowered", &pieces).await;
    let before = world.captured().len();
    world.advance_until(Duration::from_secs(1), async || world.captured().len() > before + 1).await;
    world.pass(Duration::from_secs(10)).await;
    assert!(world.captured().len() <= before + 18, "{} after {before}", world.captured().len());
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 50).await;
    let report = world.get("/v1/accounts/contoso/quota-report").await;
    assert_eq!(
        (&report["requests"], &report["messages"], &report["refused"]),
        (&51.into(), &50.into(), &1.into())
    );
    let text = report["text"].as_str().unwrap();
    let pieces = ["Refused because of the quota (429): 1 times", "Present quota: 30 a minute, 100 an hour"];
    assert!(pieces.iter().all(|piece| text.contains(piece)), "{text}");
    world.finish().await;
}

#[tokio::test]
async fn a_restart_does_not_forget_what_was_used() {
    let mut world = World::start_with(limited()).await;
    submit(&world, 50).await;
    world.until_taken(30).await;
    for _ in 0..3 {
        world.stop_server().await;
        world.start_server().await;
        world.pass(Duration::from_secs(10)).await;
    }
    assert_eq!(world.captured().len(), 30);
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 50).await;
    assert_eq!(throttled(&world), 0);
    world.finish().await;
}
