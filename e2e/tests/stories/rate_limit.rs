//! The limit that Azure sets is kept: nothing over the limit, over restarts too.

use std::time::Duration;

use e2e::{Setup, World, message};
use jiff::Timestamp;
use model::quota::Quota;

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
