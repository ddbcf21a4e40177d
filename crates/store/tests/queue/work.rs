//! Accept, claim, settle.

use std::time::Duration;

use model::delivery::{Attempt, AttemptResult, SendState, Transport};
use store::{Accepted, Cursor, NextStep, Settlement};

use super::*;

fn attempt(result: AttemptResult, text: &str) -> Option<Attempt> {
    Some(Attempt { at: at(1), transport: Some(Transport::Rest), result, text: text.into() })
}

#[tokio::test]
async fn a_message_goes_from_accepted_to_sent() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let queue = store.queue();
    let accepted = accept(&store, 1, b"hello").await.unwrap();
    entered(&store, 1).await;
    assert_eq!(queue.next_due(ACCOUNT).await.unwrap(), Some(at(0)));

    let claims = queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap();
    let [claim] = &claims[..] else { panic!("{claims:?}") };
    assert_eq!(claim.send.id.message, accepted.id());
    assert_eq!(claim.send.recipients[0].mailbox.to_string(), "r1@example.com");
    assert_eq!(queue.body(claim).await.unwrap(), b"hello");
    assert!(queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap().is_empty(), "it is under a lease");

    let again = Settlement {
        id: claim.send.id,
        attempt: attempt(AttemptResult::Deferred, "503"),
        next: NextStep::Again { at: at(30) },
    };
    queue.settle(vec![again], Vec::new()).await.unwrap();
    assert!(queue.claim_due(ACCOUNT, at(29), 10, at(90)).await.unwrap().is_empty(), "it is not due");
    let claims = queue.claim_due(ACCOUNT, at(30), 10, at(90)).await.unwrap();
    assert_eq!(claims[0].send.attempts, 1);

    let read = Settlement {
        id: claims[0].send.id,
        attempt: attempt(AttemptResult::Accepted, "202"),
        next: NextStep::ReadStatus { at: at(40) },
    };
    queue.settle(vec![read], Vec::new()).await.unwrap();
    assert!(queue.body_of(accepted.id()).await.is_err(), "the body is not needed any more");
    let checks = queue.claim_status_checks(ACCOUNT, at(40), 10, at(60)).await.unwrap();
    assert_eq!(checks[0].id, claims[0].send.id);
    assert!(queue.claim_status_checks(ACCOUNT, at(40), 10, at(60)).await.unwrap().is_empty());
    let sent = Settlement { id: checks[0].id, attempt: None, next: NextStep::Sent };
    queue.settle(vec![sent], Vec::new()).await.unwrap();

    let view = queue.view(accepted.id()).await.unwrap().unwrap();
    assert_eq!(view.sends[0].state, SendState::Sent);
    let texts: Vec<&str> = view.sends[0].attempts.iter().map(|attempt| attempt.text.as_str()).collect();
    assert_eq!(texts, ["503", "202"]);
    let list = queue.list(Cursor { limit: 10, ..Cursor::default() }).await.unwrap();
    assert_eq!(list[0].last_text.as_deref(), Some("202"));
    assert_eq!(queue.prune(at(1), 10).await.unwrap(), 1);
    assert!(queue.view(accepted.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_urgent_message_overtakes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for (number, lane) in [(1, Lane::Bulk), (2, Lane::Normal), (3, Lane::Urgent)] {
        let message = QueuedMessage { lane, ..message(number) };
        store.queue().accept(message, inline("x")).await.unwrap();
    }
    entered(&store, 3).await;
    let claims = store.queue().claim_due(ACCOUNT, at(0), 2, at(60)).await.unwrap();
    let operations: Vec<u128> = claims.iter().map(|claim| claim.send.operation.guid().as_u128()).collect();
    assert_eq!(operations, [3, 2]);
}

#[tokio::test]
async fn a_repeated_submission_is_recognised_and_a_failed_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let first = store.queue().accept(fingerprinted(1, 7), inline("x")).await.unwrap();
    let second = store.queue().accept(fingerprinted(2, 7), inline("x")).await.unwrap();
    assert_eq!(second, Accepted::Repeated(first.id()));
    let other = store.queue().accept(fingerprinted(3, 8), inline("x")).await.unwrap();
    assert_eq!(other, Accepted::New(message(3).id));
    entered(&store, 2).await;
    drop(store);

    let store = open(folder.path());
    let third = store.queue().accept(fingerprinted(4, 7), inline("x")).await.unwrap();
    assert_eq!(third, Accepted::Repeated(first.id()), "it is remembered over a restart");
    let later = QueuedMessage { accepted_at: at(4_000), ..fingerprinted(5, 7) };
    assert!(
        matches!(store.queue().accept(later, inline("x")).await, Ok(Accepted::New(_))),
        "but not for ever"
    );
}

#[tokio::test]
async fn a_dropped_message_is_not_settled_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let queue = store.queue();
    let id = accept(&store, 1, b"x").await.unwrap().id();
    entered(&store, 1).await;
    assert_eq!(queue.drop_message(id).await.unwrap(), 1);
    assert_eq!(queue.drop_message(id).await.unwrap(), 0);
    assert!(queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap().is_empty());
    let view = queue.view(id).await.unwrap().unwrap();
    assert_eq!(view.sends[0].state, SendState::Dropped);
    let unknown = message(9).id;
    assert!(matches!(queue.drop_message(unknown).await, Err(StoreError::Missing(_))));
}

#[tokio::test]
async fn waiting_for_arrivals_wakes_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let waiting = tokio::spawn({
        let queue = store.queue().clone();
        async move { queue.arrival(ACCOUNT).await }
    });
    accept(&store, 1, b"x").await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
}

#[tokio::test]
async fn many_at_once_share_syncs_and_all_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let tasks: Vec<_> = (0..500_u32)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { accept(&store, number, &[b'x'; 300]).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    entered(&store, 500).await;
    let mut claimed = 0;
    loop {
        let claims = store.queue().claim_due(ACCOUNT, at(0), 64, at(60)).await.unwrap();
        if claims.is_empty() {
            break;
        }
        for claim in &claims {
            assert_eq!(store.queue().body(claim).await.unwrap(), [b'x'; 300]);
        }
        claimed += claims.len();
    }
    assert_eq!(claimed, 500);
}
