//! Mail whose sender is to hear of it because time has passed.

use model::delivery::SendId;
use model::queued::{Origin, QueuedMessage};
use smtp::path::ReversePath;
use store::{Body, NextStep, Overdue, OverduePage, Period, Store};

use crate::sample::{ACCOUNT, message, settlement};
use crate::{World, at};

fn returned(number: u32) -> QueuedMessage {
    QueuedMessage { reverse_path: ReversePath::Mailbox("a@b.example".parse().unwrap()), ..message(number) }
}

async fn found(store: &Store, what: Overdue, seconds: (i64, i64)) -> Vec<SendId> {
    let period = Period { after: at(seconds.0), up_to: at(seconds.1) };
    let page = OverduePage { what, period, behind: None, limit: 10 };
    store.queue().overdue(page).await.unwrap().into_iter().map(|send| send.id).collect()
}

/// What waits is found once its time has come; a DSN, what has no reverse-path and what was sent are not.
pub(crate) async fn what_waits_for_long_is_found_once(world: &mut World) {
    let store = world.store();
    let (waiting, sent, mut notice, silent, mut later) =
        (returned(1), returned(2), returned(3), message(4), returned(5));
    notice.origin = Origin::Dsn;
    later.send_at = Some(at(500));
    let id = |message: &QueuedMessage| SendId { message: message.id, part: 0 };
    let (first, done, scheduled) = (id(&waiting), id(&sent), id(&later));
    for message in [waiting, sent, notice, silent, later] {
        store.queue().accept(message, Body::inline(b"x".to_vec())).await.unwrap();
    }
    let claims = store.queue().claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap();
    let settlements = claims.iter().map(|claim| {
        let next = if claim.send.id == done { NextStep::Sent } else { NextStep::Again { at: at(90) } };
        settlement(claim.send.id, next)
    });
    store.queue().settle(settlements.collect(), Vec::new()).await.unwrap();
    assert_eq!(found(store, Overdue::Waiting, (-1, 0)).await, [first]);
    assert_eq!(found(store, Overdue::Waiting, (0, 499)).await, []);
    assert_eq!(found(store, Overdue::Waiting, (0, 500)).await, [scheduled], "its wait begins at that time");
    assert_eq!(found(store, Overdue::Unreported, (-1, 0)).await, [done]);
    let page = OverduePage {
        what: Overdue::Waiting,
        period: Period { after: at(-1), up_to: at(600) },
        behind: Some(first),
        limit: 1,
    };
    assert_eq!(store.queue().overdue(page).await.unwrap(), [], "the page behind the last");

    assert_eq!(store.queue().overdue_up_to(Overdue::Waiting).await.unwrap(), None);
    for second in [5, 9] {
        store.queue().note_overdue(Overdue::Waiting, at(second)).await.unwrap();
    }
    assert_eq!(store.queue().overdue_up_to(Overdue::Waiting).await.unwrap(), Some(at(9)));
    assert_eq!(store.queue().overdue_up_to(Overdue::Unreported).await.unwrap(), None);
}
