//! Random histories of the queue beside a map: whatever is done in whatever order, every message is where the map
//! says, and nothing is lost or claimed twice.

use std::collections::BTreeMap;

use model::delivery::{SendId, SendState};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use store::{Body, NextStep};

use crate::sample::{ACCOUNT, audit, message, settlement};
use crate::{World, at};

/// What is done next.
#[derive(Clone, Copy, Debug)]
enum Act {
    Accept,
    /// So many that are due.
    Claim(usize),
    /// The first that is claimed is tried again after so many seconds.
    Again(i64),
    /// The first that is claimed is handed over; its status can be read after so many seconds.
    Submit(i64),
    Send,
    Fail,
    /// The n-th message is dropped, if it waits.
    Drop(usize),
    Pass(i64),
    /// The process is killed, and the next one puts back what it had under way.
    Restart,
}

/// Where a message is, and when it is due there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expected {
    state: SendState,
    due: i64,
}

#[derive(Default)]
struct Model {
    now: i64,
    places: BTreeMap<SendId, Expected>,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Accept),
        6 => (1..4_usize).prop_map(Act::Claim),
        3 => (0..40_i64).prop_map(Act::Again),
        2 => (0..40_i64).prop_map(Act::Submit),
        3 => Just(Act::Send),
        1 => Just(Act::Fail),
        1 => (0..20_usize).prop_map(Act::Drop),
        3 => (1..30_i64).prop_map(Act::Pass),
        1 => Just(Act::Restart),
    ]
}

pub(crate) async fn random_histories_end_as_a_map_would(world: &mut World) {
    let acts = proptest::collection::vec(act(), 300);
    let mut runner = TestRunner::deterministic();
    let mut model = Model::default();
    for act in acts.new_tree(&mut runner).unwrap().current() {
        perform(world, act, &mut model).await;
        let mut counts = BTreeMap::new();
        for place in model.places.values() {
            *counts.entry(place.state.as_str()).or_insert(0_u64) += 1;
        }
        let kept = world.store().queue().counts().await.unwrap();
        let kept: BTreeMap<&str, u64> = kept
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(state, count)| (state.as_str(), count))
            .collect();
        assert_eq!(kept, counts, "after {act:?}");
    }
    assert!(model.places.len() > 20, "the history was too short");
    for (id, place) in &model.places {
        let view = world.store().queue().view(id.message).await.unwrap().unwrap();
        assert_eq!(view.sends[0].state, place.state);
    }
}

async fn perform(world: &mut World, act: Act, model: &mut Model) {
    let now = model.now;
    match act {
        Act::Pass(seconds) => model.now += seconds,
        Act::Accept => {
            let mut new = message(u32::try_from(model.places.len()).unwrap() + 1);
            new.accepted_at = at(now);
            let id = SendId { message: new.id, part: 0 };
            world.store().queue().accept(new, Body::inline(b"x".to_vec())).await.unwrap();
            world.store().queue().view(id.message).await.unwrap();
            model.places.insert(id, Expected { state: SendState::Queued, due: now });
        }
        Act::Claim(limit) => {
            let claims =
                world.store().queue().claim_due(ACCOUNT, at(now), limit, at(now + 60)).await.unwrap();
            let due = |place: &&Expected| place.state == SendState::Queued && place.due <= now;
            assert_eq!(claims.len(), model.places.values().filter(due).count().min(limit));
            for claim in claims {
                let place = model.places.get_mut(&claim.send.id).unwrap();
                assert!(due(&&*place), "{place:?} was claimed at {now}");
                *place = Expected { state: SendState::Sending, due: now + 60 };
            }
        }
        Act::Again(seconds) => {
            let place = Expected { state: SendState::Queued, due: now + seconds };
            settle(world, model, place, NextStep::Again { at: at(now + seconds) }).await;
        }
        Act::Submit(seconds) => {
            let place = Expected { state: SendState::Submitted, due: now + seconds };
            settle(world, model, place, NextStep::ReadStatus { at: at(now + seconds) }).await;
        }
        Act::Send => settle(world, model, Expected { state: SendState::Sent, due: 0 }, NextStep::Sent).await,
        Act::Fail => {
            settle(world, model, Expected { state: SendState::Failed, due: 0 }, NextStep::Failed).await;
        }
        Act::Drop(which) => {
            let Some((id, place)) = model.places.iter_mut().nth(which) else { return };
            let dropped = world.store().queue().drop_message(id.message, audit("queue.drop")).await.unwrap();
            assert_eq!(dropped, usize::from(place.state == SendState::Queued));
            if dropped == 1 {
                place.state = SendState::Dropped;
            }
        }
        Act::Restart => {
            world.restart();
            let released = world.store().queue().release_leases(at(now)).await.unwrap();
            let mut count = 0;
            for place in model.places.values_mut().filter(|place| place.state == SendState::Sending) {
                *place = Expected { state: SendState::Queued, due: now };
                count += 1;
            }
            assert_eq!(released.iter().map(|(_, count)| count).sum::<u32>(), count);
        }
    }
}

/// Settles the first send that is claimed.
async fn settle(world: &World, model: &mut Model, place: Expected, next: NextStep) {
    let claimed = model.places.iter_mut().find(|(_, place)| place.state == SendState::Sending);
    let Some((id, before)) = claimed else { return };
    world.store().queue().settle(vec![settlement(*id, next)], Vec::new()).await.unwrap();
    *before = place;
}
