//! In what order waiting mail is claimed.

use jiff::Timestamp;
use model::credential::Lane;
use model::delivery::SendId;
use model::fairness::PerLane;
use model::id::QueueId;
use model::queued::QueuedMessage;
use store::{Body, LaneQueue, NextStep};

use crate::sample::{ACCOUNT, audit, message, settlement};
use crate::{World, at};

/// Accepts a message, and waits until it can be claimed.
async fn accept(world: &World, message: QueuedMessage) {
    let (queue, id) = (world.store().queue(), message.id);
    queue.accept(message, Body::inline(b"x".to_vec())).await.unwrap();
    assert!(queue.view(id).await.unwrap().is_some());
}

fn of(number: u32, lane: Lane, sender: &str) -> QueuedMessage {
    let mut message = message(number);
    message.lane = lane;
    message.header.from = sender.to_owned();
    message
}

/// Claims so many at a time until nothing is due; gives their numbers.
async fn claim(world: &World, now: Timestamp, limit: usize, times: usize) -> Vec<u32> {
    let mut numbers = Vec::new();
    for _ in 0..times {
        let claims = world.store().queue().claim_due(ACCOUNT, now, limit, at(9_999)).await.unwrap();
        numbers.extend(claims.iter().map(|claim| number_of(claim.send.id)));
    }
    numbers
}

fn number_of(id: SendId) -> u32 {
    (0..2_000).find(|number| message(*number).id == id.message).unwrap()
}

pub(crate) async fn lanes_share_what_may_start(world: &mut World) {
    for number in 0..30 {
        accept(world, of(number, Lane::Bulk, "news@example.com")).await;
        accept(world, of(100 + number, Lane::Normal, "erp@example.com")).await;
        accept(world, of(200 + number, Lane::Urgent, "codes@example.com")).await;
    }
    let claimed = claim(world, at(1), 21, 1).await;
    let of_lane = |from: u32| claimed.iter().filter(|number| (from..from + 100).contains(*number)).count();
    assert_eq!((of_lane(200), of_lane(100), of_lane(0)), (16, 4, 1));
    // One at a time it is the same, and a lane's own order stays.
    let claimed = claim(world, at(1), 1, 21).await;
    let bulk: Vec<u32> = claimed.iter().copied().filter(|number| *number < 100).collect();
    let normal: Vec<u32> = claimed.iter().copied().filter(|number| (100..200).contains(number)).collect();
    assert_eq!((bulk, &normal[..4]), (vec![1], &[104, 105, 106, 107][..]));
}

pub(crate) async fn one_message_does_not_wait_for_thousands_of_another_sender(world: &mut World) {
    for number in 0..200 {
        accept(world, of(number, Lane::Normal, "a@example.com")).await;
    }
    assert_eq!(claim(world, at(1), 10, 1).await, (0..10).collect::<Vec<_>>());
    accept(world, of(300, Lane::Normal, "b@example.com")).await;
    accept(world, of(301, Lane::Normal, "b@example.com")).await;
    world.restart();
    // Who has much waiting does not pass himself after a restart.
    accept(world, of(302, Lane::Normal, "a@example.com")).await;
    assert_eq!(claim(world, at(1), 4, 1).await, [300, 10, 301, 11]);
    let all = claim(world, at(1), 300, 1).await;
    assert_eq!((all.len(), all.last()), (189, Some(&302)));
}

pub(crate) async fn a_message_waits_for_the_time_that_it_was_to_be_sent(world: &mut World) {
    let mut later = of(1, Lane::Urgent, "a@example.com");
    later.send_at = Some(at(600));
    accept(world, later).await;
    let queue = world.store().queue();
    assert_eq!(queue.next_due(ACCOUNT).await.unwrap(), Some(at(600)));
    accept(world, of(2, Lane::Bulk, "a@example.com")).await;
    assert_eq!(claim(world, at(599), 9, 1).await, [2]);
    world.restart();
    assert!(claim(world, at(599), 9, 1).await.is_empty());
    assert_eq!(claim(world, at(600), 9, 1).await, [1]);
}

pub(crate) async fn what_was_put_off_keeps_its_turn(world: &mut World) {
    for number in 0..3 {
        accept(world, of(number, Lane::Normal, "a@example.com")).await;
    }
    let queue = world.store().queue();
    let claims = queue.claim_due(ACCOUNT, at(1), 1, at(60)).await.unwrap();
    let again = settlement(claims[0].send.id, NextStep::Again { at: at(30) });
    queue.settle(vec![again], Vec::new()).await.unwrap();
    assert_eq!(claim(world, at(29), 1, 1).await, [1]);
    assert_eq!(claim(world, at(30), 9, 1).await, [0, 2]);
}

pub(crate) async fn what_waits_is_known_with_its_places(world: &mut World) {
    for number in 0..5 {
        accept(world, of(number, Lane::Normal, "a@example.com")).await;
    }
    let mut later = of(9, Lane::Normal, "b@example.com");
    (later.send_at, later.deadline) = (Some(at(600)), Some(at(900)));
    accept(world, later).await;
    accept(world, of(20, Lane::Bulk, "a@example.com")).await;
    let queue = world.store().queue();
    assert_eq!(claim(world, at(1), 1, 1).await, [0]);
    let backlog = queue.backlog(ACCOUNT).await.unwrap();
    assert_eq!(backlog.ready, PerLane::from_fn(|lane| [0, 4, 1][lane as usize]));
    let [joins] = backlog.joining[..] else { panic!("{backlog:?}") };
    assert_eq!(
        (joins.at, joins.lane, joins.id.message, joins.count),
        (at(600), Lane::Normal, message(9).id, 1)
    );
    let sends = queue.waiting_sends([3, 9, 0, 20].map(|number| message(number).id).to_vec()).await.unwrap();
    let places: Vec<_> = sends.iter().map(|send| (number_of(send.id), send.in_lane.ahead)).collect();
    assert_eq!(places[0], (3, 2), "the first of them is claimed");
    assert_eq!((places[1].0, places[2], places.len()), (9, (20, 0), 3));
    let scheduled = sends[1].in_lane;
    assert_eq!((scheduled.not_before, scheduled.deadline), (at(600), Some(at(900))));
    assert_eq!(scheduled.ahead, 0, "its turn is that of the other sender's first, which has left");
}

pub(crate) async fn a_deadline_that_is_near_goes_first(world: &mut World) {
    for number in 0..9 {
        accept(world, of(number, Lane::Normal, "a@example.com")).await;
    }
    for (number, deadline) in [(20, 900), (21, 400), (22, 299)] {
        let mut message = of(number, Lane::Normal, "a@example.com");
        message.deadline = Some(at(deadline));
        accept(world, message).await;
    }
    let queue = world.store().queue();
    let deadlines = queue.deadlines(ACCOUNT, 9).await.unwrap();
    let numbers: Vec<_> = deadlines.iter().map(|one| (number_of(one.id), one.deadline)).collect();
    assert_eq!(numbers, [(22, at(299)), (21, at(400)), (20, at(900))]);
    assert_eq!(claim(world, at(1), 1, 2).await, [22, 0]);
    assert_eq!(claim(world, at(100), 1, 2).await, [21, 1]);
    // One that cannot leave in time any more is claimed alone.
    let [late] = &queue.deadlines(ACCOUNT, 9).await.unwrap()[..] else { panic!() };
    let claims = queue.claim_waiting(vec![late.id], at(60)).await.unwrap();
    assert_eq!((number_of(claims[0].send.id), claims[0].send.deadline), (20, Some(at(900))));
    assert!(queue.claim_waiting(vec![late.id], at(60)).await.unwrap().is_empty(), "it is claimed");
    assert!(queue.deadlines(ACCOUNT, 9).await.unwrap().is_empty());
}

pub(crate) async fn what_waits_is_counted_by_lane_with_its_age(world: &mut World) {
    let minutes = |minutes: i64| at(minutes * 60);
    let lane = |lane, count, since| LaneQueue { account: ACCOUNT, lane, count, since };
    let mut later = of(9, Lane::Bulk, "a@example.com");
    later.send_at = Some(minutes(60));
    accept(world, later).await;
    for number in [1, 2] {
        let mut message = of(number, Lane::Urgent, "a@example.com");
        message.id = QueueId::new(minutes(i64::from(number)), [7; 10]);
        accept(world, message).await;
    }
    let queue = world.store().queue().clone();
    let both = [lane(Lane::Urgent, 2, minutes(1)), lane(Lane::Bulk, 1, minutes(60))];
    assert_eq!(queue.lanes().await.unwrap(), both);
    let claims = queue.claim_due(ACCOUNT, minutes(3), 1, at(9_999)).await.unwrap();
    assert_eq!(queue.lanes().await.unwrap(), both, "what is under way has not arrived");
    let again = settlement(claims[0].send.id, NextStep::Again { at: minutes(4) });
    queue.settle(vec![again], Vec::new()).await.unwrap();
    assert_eq!(queue.lanes().await.unwrap(), both, "what is tried again keeps its age");
    drop((queue, claims));
    world.restart();
    let queue = world.store().queue().clone();
    let claims = queue.claim_due(ACCOUNT, minutes(4), 9, at(9_999)).await.unwrap();
    let first = claims.iter().find(|claim| claim.send.id.message.made_at() == minutes(1)).unwrap();
    queue.settle(vec![settlement(first.send.id, NextStep::Sent)], Vec::new()).await.unwrap();
    let left = [lane(Lane::Urgent, 1, minutes(2)), lane(Lane::Bulk, 1, minutes(60))];
    assert_eq!(queue.lanes().await.unwrap(), left);
    queue.drop_message(message(9).id, audit("queue.drop")).await.unwrap();
    assert_eq!(queue.lanes().await.unwrap(), left[..1], "a minute without mail is forgotten");
}
