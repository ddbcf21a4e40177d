//! The sender of a message that does not arrive receives one DSN, and none about a DSN.

use std::time::Duration;

use e2e::{Setup, World, message};
use model::azure::TransportChoice;
use model::delivery::SendState;
use model::id::QueueId;
use twin::state::Behaviour;
use twin::{Effect, InjectedFault, Operation};

#[tokio::test]
async fn a_bounce_gives_one_notice() {
    for takes_null_reverse_path in [true, false] {
        let behaviour = Behaviour { takes_null_reverse_path, ..Behaviour::default() };
        let world = World::start_with(Setup { behaviour, ..Setup::default() }).await;
        let id = world.submit(&["bounce@example.com"], &message("lost", "bounce@example.com", "x")).await;
        world.advance_until(Duration::from_secs(2), async || world.captured().len() == 2).await;
        world.until(id, &[SendState::Failed]).await;
        let [dsn] = &world.captured_for("scanner@contoso.example")[..] else { panic!() };
        assert_eq!(dsn.sender, "donotreply@contoso.example");
        let reverse_path = if takes_null_reverse_path { "<>" } else { "<donotreply@contoso.example>" };
        assert_eq!(dsn.reverse_path.as_deref(), Some(reverse_path));
        let text = String::from_utf8_lossy(&dsn.raw).into_owned();
        for expected in [
            "Content-Type: multipart/report; report-type=delivery-status",
            "Auto-Submitted: auto-replied",
            "Final-Recipient: rfc822; bounce@example.com\r\nAction: failed\r\n",
            "EmailDropped",
            "Subject: lost",
        ] {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
        // However long one waits, there is no second.
        world.pass(Duration::from_secs(86_400)).await;
        assert_eq!(world.captured().len(), 2);
        world.finish().await;
    }
}

#[tokio::test]
async fn a_message_that_azure_refuses_is_told_at_once() {
    let world = World::start().await;
    let id = world.submit(&["refuse@example.com"], &message("no", "refuse@example.com", "x")).await;
    world.until(id, &[SendState::Failed]).await;
    world.until_taken(1).await;
    let dsn = &world.captured_for("scanner@contoso.example")[0];
    // REST and SMTP refuse the address, and it is SMTP's reply that says so with a status.
    let text = String::from_utf8_lossy(&dsn.raw).into_owned();
    assert!(text.contains("Status: 5.1.3") && text.contains("HTTP 400 BadRequest"), "{text}");
    world.finish().await;
}

#[tokio::test]
async fn the_same_message_is_welcome_again_after_it_came_to_nothing() {
    let world = World::start_with(Setup { by_access_key: true, ..Setup::default() }).await;
    let text =
        b"From: scanner@contoso.example\r\nTo: a@example.com\r\nMessage-ID: <1@contoso.example>\r\nSubject: s\r\n\r\nx\r\n";
    let effect = Effect::Answer { status: 400, code: "No".into(), message: "no".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(1),
        one_in: None,
    });
    let failed = offered(&world, text).await;
    world.until(failed, &[SendState::Failed]).await;
    let again = offered(&world, text).await;
    assert_ne!(again, failed);
    world.until(again, &[SendState::Submitted, SendState::Sent]).await;
    assert_eq!(world.captured_for("a@example.com").len(), 1);
    assert_eq!(offered(&world, text).await, again, "now it has been sent");
    world.finish().await;
}

/// Offers a message and breaks the connection before anything shows that the reply was read.
async fn offered(world: &World, text: &[u8]) -> QueueId {
    let mut connection = world.log_in(&world.device).await.unwrap();
    let verdict = world.offer(&mut connection, &["a@example.com"], text).await;
    verdict.message.unwrap().unwrap().text().rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_notice_that_fails_is_not_answered() {
    let world = World::start().await;
    // The DSN's own way is SMTP; there it is refused for good.
    let effect =
        Effect::Answer { status: 554, code: "5.6.0".into(), message: "no".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::SmtpMessage,
        effect,
        times: None,
        one_in: None,
    });
    let id = world.submit(&["refuse@example.com"], &message("no", "refuse@example.com", "x")).await;
    world.until(id, &[SendState::Failed]).await;
    let failed = async || {
        let counts = world.server().store.queue().counts().await.unwrap();
        counts.contains(&(SendState::Failed, 2)) && counts.len() == 1
    };
    world.advance_until(Duration::from_secs(10), failed).await;
    assert!(world.captured().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_delivered_in_time_is_told() {
    let setup = Setup { expiry: Duration::from_secs(4 * 3_600), ..Setup::default() };
    let world = World::start_with(setup).await;
    let effect =
        Effect::Answer { status: 503, code: String::new(), message: "busy".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault { operation: Operation::Send, effect, times: None, one_in: None });
    let id = world.submit(&["a@example.com"], &message("late", "a@example.com", "x")).await;
    world
        .advance_until(Duration::from_secs(600), async || {
            world.view(id).await.is_some_and(|view| view.sends[0].state == SendState::Failed)
        })
        .await;
    world.until_taken(1).await;
    let notices = world.captured_for("scanner@contoso.example");
    assert_eq!(notices.len(), 1, "a message that is about to fail is not reported as late");
    let text = String::from_utf8_lossy(&notices[0].raw).into_owned();
    assert!(text.contains("could not be delivered within 4 hours"), "{text}");
    assert!(text.contains("Status: 5.4.7"), "{text}");
    let tries = world.view(id).await.unwrap().sends[0].attempts.len();
    assert!((8..14).contains(&tries), "it was tried {tries} times");
    world.finish().await;
}

#[tokio::test]
async fn where_only_rest_is_open_the_sender_is_told_too() {
    let world = World::start_with(Setup { transport: TransportChoice::Rest, ..Setup::default() }).await;
    let id = world.submit(&["refuse@example.com"], &message("no", "refuse@example.com", "x")).await;
    world.until(id, &[SendState::Failed]).await;
    world.until_taken(1).await;
    assert!(world.captured()[0].parts().text.unwrap().contains("refuse@example.com"));
    world.finish().await;
}
