//! Locks that nodes share.

use store::{StoreError, Term};

use crate::{World, at};

pub(crate) async fn a_lock_has_one_owner_and_its_epoch_grows(world: &mut World) {
    let locks = world.store().locks();
    let term = |now, until| Term { now: at(now), until: at(until) };
    let first = locks.try_take("watch", term(0, 10)).await.unwrap().unwrap();
    assert!(locks.try_take("watch", term(9, 20)).await.unwrap().is_none());
    assert!(locks.try_take("apply", term(9, 20)).await.unwrap().is_some(), "another name is another lock");
    let second = locks.try_take("watch", term(10, 20)).await.unwrap().unwrap();
    assert!(second.epoch() > first.epoch());
    let late = first.renew(at(30)).await;
    assert!(matches!(late, Err(StoreError::Changed(_))), "{late:?}");
    drop(first);
    assert!(
        locks.try_take("watch", term(19, 30)).await.unwrap().is_none(),
        "what is lost cannot be given back"
    );
}

pub(crate) async fn a_lock_that_is_dropped_wakes_who_waits(world: &mut World) {
    let locks = world.store().locks().clone();
    let first = locks.take("apply", Term::from(at(0))).await.unwrap();
    let epoch = first.epoch();
    let waiting = tokio::spawn(async move { locks.take("apply", Term::from(at(1))).await.unwrap().epoch() });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(first);
    assert!(waiting.await.unwrap() > epoch);
}

pub(crate) async fn a_restart_frees_locks_and_fences_their_owners(world: &mut World) {
    let before = world.store().node();
    let held = world.store().locks().take("rotation", Term::from(at(0))).await.unwrap();
    let epoch = held.epoch();
    // A process that is killed gives nothing back.
    std::mem::forget(held);
    world.restart();
    assert!(world.store().node() > before);
    let held = world.store().locks().try_take("rotation", Term::from(at(1))).await.unwrap();
    assert!(held.unwrap().epoch() > epoch);
}
