//! Requests that an upstream has counted, and leases of those that it allows.

use azure_types::ids::SubscriptionId;
use model::quota::{QuotaKey, QuotaKind};
use model::upstream::QuotaScope;
use store::{QuotaRequest, QuotaWindow, Throttling, Usage};
use uuid::Uuid;

use crate::{World, at};

const SCOPE: QuotaScope = QuotaScope::Subscription(SubscriptionId::new(Uuid::from_u128(1)));
const QUOTA: QuotaKey = SCOPE.of(QuotaKind::Sends);

fn usage(slot: i64, count: u32) -> Usage {
    Usage { key: QUOTA, slot_seconds: 60, slot, count }
}

pub(crate) async fn usage_adds_up_and_old_slots_go(world: &mut World) {
    let slot = at(0).as_second() / 60;
    let rates = world.store().rate_usage();
    rates.add(vec![usage(slot, 2), usage(slot + 1, 1)]).await.unwrap();
    rates.add(vec![usage(slot, 3)]).await.unwrap();
    drop(rates);
    world.restart();
    let rates = world.store().rate_usage();
    let load = async |since| rates.load(QUOTA, at(since)).await.unwrap();
    assert_eq!(load(0).await, [usage(slot, 5), usage(slot + 1, 1)]);
    assert_eq!(load(60).await, [usage(slot + 1, 1)]);
    assert_eq!(rates.load(SCOPE.of(QuotaKind::StatusReads), at(0)).await.unwrap(), []);
    rates.forget(at(61)).await.unwrap();
    assert_eq!(load(0).await, [usage(slot + 1, 1)]);
    // Slots of ten minutes are kept for a day, those of an hour for 90.
    let long = [600, 3_600].map(|slot_seconds| Usage {
        slot_seconds,
        slot: at(0).as_second() / i64::from(slot_seconds),
        ..usage(slot, 1)
    });
    rates.add(long.to_vec()).await.unwrap();
    for (days, kept) in [(1, 2), (2, 1), (89, 1), (92, 0)] {
        rates.forget(at(days * 86_400 + 61)).await.unwrap();
        assert_eq!(load(0).await.len(), kept, "after {days} days");
    }
}

pub(crate) async fn throttlings_are_remembered_newest_first(world: &mut World) {
    let rates = world.store().rate_usage();
    let throttling = |second| Throttling { at: at(second), in_minute: 2, in_hour: 88, wait_seconds: Some(7) };
    for second in [1, 3, 2] {
        rates.throttled(QUOTA, throttling(second)).await.unwrap();
    }
    drop(rates);
    world.restart();
    let remembered = world.store().rate_usage().throttlings(QUOTA).await.unwrap();
    assert_eq!(remembered, [3, 2, 1].map(throttling));
}

pub(crate) async fn leases_keep_all_nodes_within_the_limit(world: &mut World) {
    let request = |permits, until| QuotaRequest {
        quota: QUOTA,
        windows: vec![QuotaWindow { seconds: 60, slot_seconds: 60, limit: 10 }],
        permits,
        until: at(until),
    };
    let slot = at(0).as_second() / 60;
    world.store().rate_usage().add(vec![usage(slot, 4)]).await.unwrap();
    let leases = world.store().quota_leases();
    let first = leases.take(request(4, 5), at(0)).await.unwrap().unwrap();
    let second = leases.take(request(4, 5), at(0)).await.unwrap().unwrap();
    assert_eq!((first.permits, second.permits), (4, 2), "no more than is left");
    assert_eq!(leases.take(request(1, 5), at(0)).await.unwrap(), None);
    world.store().rate_usage().add(vec![usage(slot, 1)]).await.unwrap();
    leases.used(&first, 1).await.unwrap();
    assert_eq!(
        leases.take(request(1, 5), at(1)).await.unwrap(),
        None,
        "what was used moved, and nothing came free"
    );
    leases.give_back(&first, at(1)).await.unwrap();
    // The process ends with the second lease: nobody knows how many of its requests were made.
    drop(leases);
    world.restart();
    let leases = world.store().quota_leases();
    let third = leases.take(request(9, 90), at(2)).await.unwrap().unwrap();
    assert_eq!(third.permits, 3);
    leases.give_back(&third, at(3)).await.unwrap();
    assert_eq!(leases.take(request(9, 100), at(64)).await.unwrap().unwrap().permits, 3);
    assert_eq!(
        leases.take(request(9, 200), at(65)).await.unwrap().unwrap().permits,
        2,
        "the lease left the window"
    );
}
