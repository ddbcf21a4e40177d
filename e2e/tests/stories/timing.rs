//! When mail leaves: lanes share the quota, and senders say until when and not before when.

use std::time::Duration;

use e2e::{Setup, World, message};
use jiff::Timestamp;
use model::delivery::SendState;
use model::quota::Quota;

fn limited() -> Setup {
    Setup { quota: Quota::CUSTOM_DOMAIN, twin_is_generous: false, ..Setup::default() }
}

/// A message to somebody that has these fields, too.
fn with(fields: &str, subject: &str) -> Vec<u8> {
    let mut text = fields.as_bytes().to_vec();
    text.extend(message(subject, "a@example.com", "x"));
    text
}

/// Offers so many messages of one lane.
async fn submit(world: &World, lane: &str, count: usize) {
    let mut connection = world.log_in(&world.device).await.unwrap();
    for _ in 0..count {
        let text = with(&format!("X-Postern-Lane: {lane}\r\n"), lane);
        assert!(world.offer(&mut connection, &["a@example.com"], &text).await.message.unwrap().is_ok());
    }
    connection.quit().await;
}

fn subjects(world: &World) -> Vec<String> {
    world.captured().iter().map(|mail| mail.parts().subject).collect()
}

#[tokio::test]
async fn urgent_mail_goes_before_a_newsletter_that_goes_on() {
    let world = World::start_with(limited()).await;
    submit(&world, "bulk", 60).await;
    world.until_taken(30).await;
    submit(&world, "normal", 20).await;
    submit(&world, "urgent", 20).await;
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 60).await;
    let next = &subjects(&world)[30..];
    let of = |lane: &str| next.iter().filter(|subject| *subject == lane).count();
    assert_eq!(of("urgent"), 20, "{next:?}");
    assert!((1..=3).contains(&of("bulk")), "{next:?}");
    assert!(
        world.captured().iter().all(|mail| !String::from_utf8_lossy(&mail.raw).contains("X-Postern-Lane"))
    );
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 100).await;
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_leave_before_its_deadline_fails_at_once() {
    let world = World::start_with(limited()).await;
    submit(&world, "normal", 100).await;
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 100).await;
    let now = world.clock.now();
    let soon = world.submit(&["b@example.com"], &with("X-Postern-Deadline: 5m\r\n", "soon")).await;
    let late = world.submit(&["b@example.com"], &with("X-Postern-Deadline: 2h\r\n", "late")).await;
    // The hour's quota is used up: nothing leaves for most of an hour.
    let failed = world.until(soon, &[SendState::Failed]).await;
    assert!(world.clock.now().duration_since(now).as_secs() < 60, "at once, not at the deadline");
    let text = &failed.sends[0].attempts.last().unwrap().text;
    assert!(text.contains("It could not be sent before its deadline, "), "{text}");
    world
        .advance_until(Duration::from_secs(15), async || subjects(&world).contains(&"late".to_owned()))
        .await;
    world.until(late, &[SendState::Submitted, SendState::Sent]).await;
    let dsn = || world.captured_for("scanner@contoso.example");
    world.advance_until(Duration::from_secs(15), async || dsn().len() == 1).await;
    let text = String::from_utf8_lossy(&dsn()[0].raw).into_owned();
    assert!(text.contains("Status: 5.4.7") && text.contains("before its deadline"), "{text}");
    world.finish().await;
}

#[tokio::test]
async fn what_will_be_too_late_when_its_turn_comes_fails_at_once() {
    let world = World::start_with(limited()).await;
    submit(&world, "normal", 100).await;
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 100).await;
    // The first thirty places of the next hour come before the deadline, the others a minute later.
    let now = world.clock.now();
    for number in 0..35 {
        let text = with("X-Postern-Deadline: 58m\r\n", &number.to_string());
        world.submit(&["b@example.com"], &text).await;
    }
    let failed = async || world.list("/v1/queue?state=failed").await.as_array().unwrap().len();
    world.advance_until(Duration::from_secs(1), async || failed().await == 5).await;
    assert!(world.clock.now().duration_since(now).as_secs() < 60, "at once, not at the deadline");
    let waits = world.list("/v1/queue?state=queued&limit=40").await;
    let deadlines = waits.as_array().unwrap().iter().filter(|one| one["deadline"].is_string()).count();
    assert_eq!(deadlines, 30, "{waits:#}");
    world
        .advance_until(Duration::from_secs(15), async || world.captured_for("b@example.com").len() == 30)
        .await;
    world.finish().await;
}

#[tokio::test]
async fn mail_leaves_when_it_was_foretold() {
    let world = World::start_with(limited()).await;
    submit(&world, "bulk", 60).await;
    submit(&world, "normal", 15).await;
    world.until_taken(30).await;
    let waiting = world.list("/v1/queue?state=queued&limit=100").await;
    let waiting = waiting.as_array().unwrap();
    assert_eq!(waiting.len(), 45);
    let time = |value: &serde_json::Value| -> Timestamp { value.as_str().unwrap().parse().unwrap() };
    let foretold: Vec<(String, Timestamp)> = waiting
        .iter()
        .map(|one| (one["id"].as_str().unwrap().to_owned(), time(&one["waits"]["until"])))
        .collect();
    let last = waiting.iter().find(|one| one["lane"] == "bulk").unwrap();
    let text = last["waits"]["message"].as_str().unwrap();
    let pieces = ["30 sends in a minute, until ", " messages of lane bulk leave before it"];
    assert!(pieces.iter().all(|piece| text.contains(piece)), "{text}");
    assert_eq!(last["due_at"], last["waits"]["until"], "not in the past");
    let found = world.list("/v1/messages?state=queued&limit=1").await;
    assert!(found[0]["waits"]["until"].is_string(), "{found:#}");
    let status = world.get("/v1/status").await;
    let queue = &status["queues"][0];
    assert_eq!((&queue["account"], &queue["waiting"]), (&"contoso".into(), &45.into()));
    let empty_at = time(&queue["empty_at"]);
    assert_eq!(Some(empty_at), foretold.iter().map(|(_, at)| *at).max());
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 75).await;
    let empty = world.clock.now().duration_since(empty_at).as_secs();
    assert!((-2..=2).contains(&empty), "{empty}");
    for (id, at) in foretold {
        let view = world.get(&format!("/v1/messages/{id}")).await;
        let left = time(&view["sends"][0]["attempts"][0]["at"]);
        assert!(left.duration_since(at).as_secs().abs() <= 2, "{id}: {left} for {at}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_scheduled_message_waits_and_says_until_when() {
    let mut world = World::start().await;
    let at: Timestamp = clock::after(world.clock.now(), jiff::SignedDuration::from_hours(3));
    let fields = format!("X-Postern-Send-At: {at}\r\n");
    let id = world.submit(&["a@example.com"], &with(&fields, "later")).await;
    let other = world.submit(&["a@example.com"], &with(&fields, "retried")).await;
    let dropped = world.submit(&["a@example.com"], &with(&fields, "dropped")).await;
    let view = world.get(&format!("/v1/messages/{id}")).await;
    let wait = &view["sends"][0]["waits"];
    assert_eq!((wait["code"].as_str(), &view["send_at"]), (Some("scheduled"), &wait["until"]), "{view:#}");
    assert_eq!(wait["message"], "its sender wants it to be sent then");
    world.stop_server().await;
    world.start_server().await;
    assert_eq!(world.control().retry_message(other).await.unwrap(), 1);
    assert_eq!(world.control().drop_message(dropped).await.unwrap(), 1);
    world.until_taken(1).await;
    world.pass(Duration::from_secs(2 * 3_600)).await;
    assert_eq!(subjects(&world), ["retried"]);
    world.advance_until(Duration::from_secs(60), async || world.captured().len() == 2).await;
    let sent = world.captured()[1].at;
    assert!(sent >= at && sent.duration_since(at).as_secs() < 120, "{sent} for {at}");
    world.until(id, &[SendState::Submitted, SendState::Sent]).await;
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_with_what_can() {
    let world = World::start().await;
    let mut connection = world.log_in(&world.device).await.unwrap();
    for (fields, expected) in [
        ("X-Postern-Lane: fast\r\n", "The lane \"fast\" does not exist: it is urgent, normal or bulk"),
        ("X-Postern-Deadline: soon\r\n", "neither a time, as 2026-11-28T08:00:00Z, nor a duration"),
        ("X-Postern-Send-At: 40d\r\n", "more than 30 days away"),
    ] {
        let offered = world.offer(&mut connection, &["a@example.com"], &with(fields, "no")).await;
        let reply = format!("{:?}", offered.message.unwrap().unwrap_err());
        assert!(reply.contains(&expected.replace('"', "\\\"")) || reply.contains(expected), "{reply}");
    }
    connection.quit().await;
    world.finish().await;
}
