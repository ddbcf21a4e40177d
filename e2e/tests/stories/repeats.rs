//! A message that is sent again because its reply was lost is one message; an equal one of a client that knows that
//! the first was accepted is another.

use std::time::Duration;

use e2e::{Device, World};
use smtp_client::Connection;

const ALARM: &[u8] = b"From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: Door open\r\nMessage-ID: <alarm@device>\r\n\r\nx\r\n";
const SCAN: &[u8] = b"From: scanner@contoso.example\r\nTo: a@example.com\r\nSubject: Scan\r\n\r\nx\r\n";

async fn offer(world: &World, connection: &mut Connection, text: &[u8]) -> String {
    let verdict = world.offer(connection, &["a@example.com"], text).await;
    verdict.message.unwrap().unwrap().text().to_owned()
}

/// Sends a message and breaks the connection without another word.
async fn lose_the_reply(world: &World, device: &Device, text: &[u8]) -> String {
    let mut connection = world.log_in(device).await.unwrap();
    offer(world, &mut connection, text).await
}

/// Sends a message and takes leave.
async fn send(world: &World, device: &Device, text: &[u8]) -> String {
    let mut connection = world.log_in(device).await.unwrap();
    let reply = offer(world, &mut connection, text).await;
    connection.quit().await;
    reply
}

#[tokio::test]
async fn what_is_sent_again_after_a_lost_reply_is_queued_once() {
    let world = World::start().await;
    for text in [ALARM, SCAN] {
        let first = lose_the_reply(&world, &world.device, text).await;
        world.clock.advance(Duration::from_secs(540));
        assert_eq!(send(&world, &world.device, text).await, first, "with and without a Message-ID");
    }
    world.until_taken(2).await;
    assert_eq!(world.captured().len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn an_equal_alarm_is_a_new_one_when_the_first_was_heard_of() {
    let world = World::start().await;
    let first = send(&world, &world.device, ALARM).await;
    let second = send(&world, &world.device, ALARM).await;
    assert_ne!(first, second, "QUIT came after the reply");
    let mut connection = world.log_in(&world.device).await.unwrap();
    let third = offer(&world, &mut connection, ALARM).await;
    let fourth = offer(&world, &mut connection, ALARM).await;
    assert_ne!(third, fourth, "MAIL came after the reply");
    world.until_taken(4).await;
    world.finish().await;
}

#[tokio::test]
async fn an_equal_alarm_eleven_minutes_later_is_a_new_one_in_any_case() {
    let world = World::start().await;
    let first = lose_the_reply(&world, &world.device, ALARM).await;
    world.clock.advance(Duration::from_secs(660));
    let second = lose_the_reply(&world, &world.device, ALARM).await;
    assert_ne!(first, second);
    world.until_taken(2).await;
    world.finish().await;
}

#[tokio::test]
async fn anything_that_differs_is_another_message() {
    let world = World::start().await;
    let other = world.add_device("scanner2").await;
    let changed = [SCAN, b"y\r\n"].concat();
    let replies = [
        lose_the_reply(&world, &world.device, SCAN).await,
        lose_the_reply(&world, &world.device, &changed).await,
        lose_the_reply(&world, &other, SCAN).await,
    ];
    assert!(replies[0] != replies[1] && replies[0] != replies[2] && replies[1] != replies[2]);
    world.until_taken(3).await;
    world.finish().await;
}

#[tokio::test]
async fn entra_logins_follow_the_same_rule() {
    let world = World::start().await;
    let ready = world.twin.ready();
    let login = format!("{}.{}.{}", ready.communication_service, ready.client_id, ready.tenant_id);
    let app = Device { login, password: ready.client_secret.clone() };
    let first = lose_the_reply(&world, &app, ALARM).await;
    let second = send(&world, &app, ALARM).await;
    assert_eq!(first, second, "the reply may have been lost");
    let third = send(&world, &app, ALARM).await;
    assert_ne!(second, third, "QUIT came after the reply");
    world.until_taken(2).await;
    assert_eq!(world.captured().len(), 2);
    world.finish().await;
}
