//! What status, account list and metrics say of an outage is what happens: from its first attempt until mail flows again.

use std::time::Duration;

use e2e::{World, message};
use jiff::Timestamp;
use serde_json::Value;
use twin::{Effect, InjectedFault, Operation};

use crate::morning::{named, nothing_is_wrong};

fn fail(world: &World, operation: Operation, status: u16) {
    let effect =
        Effect::Answer { status, code: String::new(), message: "on purpose".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault { operation, effect, times: None, one_in: None });
}

async fn outage(world: &World) -> Value {
    world.get("/v1/accounts").await["items"][0]["outage"].clone()
}

async fn has_metric(world: &World, line: &str) {
    let metrics = world.text("/metrics").await;
    assert!(metrics.lines().any(|there| there == line), "{line} is not in {metrics}");
}

#[tokio::test]
async fn an_outage_is_shown_with_its_next_try_until_mail_flows_again() {
    let world = World::start().await;
    fail(&world, Operation::Token, 503);
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    world.until_view(id, |view| !view.sends[0].attempts.is_empty()).await;
    let problem = named(&world, "azure_unreachable", &["The next attempt is at"]).await;
    let shown = outage(&world).await;
    assert_eq!((&shown["code"], &shown["since"]), (&problem["code"], &problem["since"]));
    assert_eq!(shown["attempts"], 1);
    let since: Timestamp = shown["since"].as_str().unwrap().parse().unwrap();
    let next: Timestamp = shown["next_at"].as_str().unwrap().parse().unwrap();
    assert!(next > world.clock.now(), "{shown:#}");
    let failing = "postern_failing_since_timestamp_seconds{account=\"contoso\"}";
    has_metric(&world, &format!("{failing} {}", since.as_second())).await;
    // It is tried when it was said to be, and fails again.
    world.advance_until(Duration::from_secs(1), async || outage(&world).await["attempts"] == 2).await;
    assert!(world.clock.now() >= next, "{shown:#}");
    let found = async |reason: &str| {
        let page = world.get(&format!("/v1/messages?reason={reason}")).await;
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((found("unreachable").await, found("rate").await), (1, 0));
    let again = outage(&world).await;
    assert_eq!((&again["since"], &again["attempts"]), (&shown["since"], &Value::from(2)));
    world.twin.backend().disarm();
    world.advance_until(Duration::from_secs(5), async || world.captured().len() == 1).await;
    nothing_is_wrong(&world).await;
    assert_eq!(outage(&world).await, Value::Null);
    has_metric(&world, &format!("{failing} 0")).await;
    has_metric(&world, "postern_queue_sends{account=\"contoso\",lane=\"normal\"} 0").await;
    world.finish().await;
}

#[tokio::test]
async fn mail_that_does_not_move_is_named_by_its_age() {
    let world = World::start().await;
    fail(&world, Operation::Send, 404);
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    world.until_view(id, |view| !view.sends[0].attempts.is_empty()).await;
    nothing_is_wrong(&world).await;
    let is_old = async || world.text("/metrics").await.contains("code=\"queue_stuck\"");
    world.advance_until(Duration::from_secs(60), is_old).await;
    named(&world, "queue_stuck", &["Nothing has been sent for account contoso", "1 message waits"]).await;
    has_metric(&world, "postern_queue_sends{account=\"contoso\",lane=\"normal\"} 1").await;
    let metrics = world.text("/metrics").await;
    let age = metrics.lines().find_map(|line| {
        let (name, age) = line.rsplit_once(' ')?;
        (name == "postern_queue_oldest_seconds{account=\"contoso\",lane=\"normal\"}")
            .then(|| age.parse().unwrap())
    });
    assert!(age.is_some_and(|age: u64| (900..1_100).contains(&age)), "{age:?}");
    world.twin.backend().disarm();
    world.advance_until(Duration::from_secs(60), async || world.captured().len() == 1).await;
    nothing_is_wrong(&world).await;
    world.finish().await;
}
