//! The world knows when the product is at rest, on which all stories rely that say what has not happened.

use std::time::Duration;

use e2e::World;

#[tokio::test]
async fn the_world_knows_of_every_loop_of_the_product() {
    let world = World::start().await;
    let mut most = 0;
    for _ in 0..10 {
        world.pass(Duration::from_secs(61)).await;
        most = most.max(world.clock.sleepers().len());
    }
    assert_eq!(most, world.loops(), "a loop was added or has gone: say so in World::loops");
    world.finish().await;
}
