//! The product stops and starts in the middle of its work.

use std::time::Duration;

use e2e::{World, message};
use model::delivery::SendState;
use twin::{Effect, InjectedFault, Operation};

#[tokio::test]
async fn what_waits_is_sent_after_a_restart() {
    let mut world = World::start().await;
    let effect =
        Effect::Answer { status: 503, code: String::new(), message: "busy".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault { operation: Operation::Send, effect, times: None, one_in: None });
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(world.submit(&["a@example.com"], &message(&number.to_string(), "a@example.com", "x")).await);
    }
    world.stop_server().await;
    world.twin.backend().disarm();
    world.start_server().await;
    world.advance_until(Duration::from_secs(10), async || world.captured().len() == 10).await;
    for id in ids {
        world.until(id, &[SendState::Submitted, SendState::Sent]).await;
    }
    let mut subjects: Vec<String> = world.captured().iter().map(|mail| mail.parts().subject).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
    world.finish().await;
}

#[tokio::test]
async fn a_waiting_message_can_be_hurried_or_dropped() {
    let world = World::start().await;
    let effect =
        Effect::Answer { status: 503, code: String::new(), message: "busy".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault {
        operation: Operation::Send,
        effect,
        times: Some(2),
        one_in: None,
    });
    let first = world.submit(&["a@example.com"], &message("1", "a@example.com", "x")).await;
    let second = world.submit(&["b@example.com"], &message("2", "b@example.com", "x")).await;
    for id in [first, second] {
        world
            .until_view(id, |view| {
                view.sends[0].state == SendState::Queued && !view.sends[0].attempts.is_empty()
            })
            .await;
    }
    assert_eq!(world.control().drop_message(first).await.unwrap(), 1);
    assert_eq!(world.control().retry_message(second).await.unwrap(), 1);
    world.until_taken(1).await;
    assert_eq!(world.captured()[0].parts().subject, "2");
    world.finish().await;
}
