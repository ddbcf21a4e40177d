//! The harness itself: it notices a message that nobody accounts for.

use e2e::{World, message};
use twin::{Effect, InjectedFault, Operation};

#[tokio::test]
async fn a_message_that_waits_for_another_try_is_accounted_for() {
    let world = World::start().await;
    let effect =
        Effect::Answer { status: 503, code: String::new(), message: "busy".into(), retry_after: None };
    world.twin.backend().arm(InjectedFault { operation: Operation::Send, effect, times: None, one_in: None });
    world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    assert!(world.captured().is_empty());
    world.finish().await;
}
