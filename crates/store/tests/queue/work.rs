//! Accept, claim, settle.

use std::time::Duration;

use model::delivery::{Attempt, AttemptResult, SendState};
use model::division::{Division, Group};
use model::operation;
use model::tracking::{DeliveryReport, RecipientState};
use model::upstream::Transport;
use store::{Accepted, Cursor, NextStep, ReportedDelivery, Settlement, TakenGroup};

use super::*;

fn attempt(result: AttemptResult, text: &str) -> Option<Attempt> {
    Some(Attempt { at: at(1), transport: Some(Transport::Rest), result, text: text.into(), reason: None })
}

#[tokio::test]
async fn small_bodies_of_a_batch_are_read_together_each_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let large = vec![b'l'; 300_000];
    for (number, body) in [(1, &b"one"[..]), (2, b"two"), (3, &large)] {
        accept(&store, number, body).await.unwrap();
        entered(&store, number.into()).await;
    }
    let mut claims = store.queue().claim_due(ACCOUNT, at(9), 10, at(60)).await.unwrap();
    store.queue().read_ahead(&mut claims).await;
    let mut bodies = Vec::new();
    for claim in &claims {
        bodies.push(store.queue().body(claim).await.unwrap().into_owned());
    }
    bodies.sort();
    assert_eq!(bodies, [large, b"one".to_vec(), b"two".to_vec()]);
    // Where nothing is to be read any more, the body itself says why.
    std::fs::remove_dir_all(folder.path().join("journal")).unwrap();
    let mut again = claims;
    store.queue().read_ahead(&mut again).await;
    assert!(store.queue().body(&again[0]).await.is_err());
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
    assert_eq!(*queue.body(claim).await.unwrap(), *b"hello");
    assert!(queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap().is_empty(), "it is under a lease");

    let again = Settlement {
        id: claim.send.id,
        attempt: attempt(AttemptResult::Deferred, "503"),
        next: NextStep::Again { at: at(30) },
        refused: Vec::new(),
    };
    queue.settle(vec![again], Vec::new()).await.unwrap();
    assert!(queue.claim_due(ACCOUNT, at(29), 10, at(90)).await.unwrap().is_empty(), "it is not due");
    let claims = queue.claim_due(ACCOUNT, at(30), 10, at(90)).await.unwrap();
    assert_eq!(claims[0].send.attempts, 1);

    let read = Settlement {
        id: claims[0].send.id,
        attempt: attempt(AttemptResult::Accepted, "202"),
        next: NextStep::ReadStatus { at: at(40) },
        refused: Vec::new(),
    };
    queue.settle(vec![read], Vec::new()).await.unwrap();
    assert!(queue.body_of(accepted.id()).await.is_err(), "the body is not needed any more");
    let checks = queue.claim_status_checks(ACCOUNT, at(40), 10, at(60)).await.unwrap();
    assert_eq!(checks[0].id, claims[0].send.id);
    assert!(queue.claim_status_checks(ACCOUNT, at(40), 10, at(60)).await.unwrap().is_empty());
    let sent = Settlement { id: checks[0].id, attempt: None, next: NextStep::Sent, refused: Vec::new() };
    queue.settle(vec![sent], Vec::new()).await.unwrap();

    let view = queue.view(accepted.id()).await.unwrap().unwrap();
    assert_eq!(view.sends[0].state, SendState::Sent);
    let texts: Vec<&str> = view.sends[0].attempts.iter().map(|attempt| attempt.text.as_str()).collect();
    assert_eq!(texts, ["503", "202"]);
    let list = queue.list(Cursor { limit: 10, ..Cursor::default() }).await.unwrap();
    assert_eq!(list.sends[0].last_text.as_deref(), Some("202"));
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
    let first = store.queue().accept(keyed(1, 7), inline("x")).await.unwrap();
    let second = store.queue().accept(keyed(2, 7), inline("x")).await.unwrap();
    assert_eq!(second, Accepted::Repeated(first.id()));
    let other = store.queue().accept(keyed(3, 8), inline("x")).await.unwrap();
    assert_eq!(other, Accepted::New(message(3).id));
    entered(&store, 2).await;
    drop(store);

    let store = open(folder.path());
    let third = store.queue().accept(keyed(4, 7), inline("x")).await.unwrap();
    assert_eq!(third, Accepted::Repeated(first.id()), "it is remembered over a restart");
    let later = |number, second| QueuedMessage { accepted_at: at(second), ..keyed(number, 7) };
    let soon = store.queue().accept(later(5, 599), inline("x")).await.unwrap();
    assert_eq!(soon, Accepted::Repeated(first.id()));
    let fourth = store.queue().accept(later(6, 600), inline("x")).await.unwrap();
    assert_eq!(fourth, Accepted::New(message(6).id), "but not for ever");
    let fifth = store.queue().accept(later(7, 601), inline("x")).await.unwrap();
    assert_eq!(
        fifth,
        Accepted::Repeated(fourth.id()),
        "what was forgotten does not take the new one with it"
    );
}

#[tokio::test]
async fn what_is_equal_is_new_once_the_client_has_heard_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let first = store.queue().accept(keyed(1, 7), inline("x")).await.unwrap();
    store.queue().heard(first.id());
    let second = store.queue().accept(keyed(2, 7), inline("x")).await.unwrap();
    assert_eq!(second, Accepted::New(message(2).id));
    store.queue().heard(first.id());
    let third = store.queue().accept(keyed(3, 7), inline("x")).await.unwrap();
    assert_eq!(third, Accepted::Repeated(second.id()), "only the first was heard of");
}

#[tokio::test]
async fn a_dropped_message_is_not_settled_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let queue = store.queue();
    let id = accept(&store, 1, b"x").await.unwrap().id();
    entered(&store, 1).await;
    assert_eq!(queue.drop_message(id, entry("queue.drop")).await.unwrap(), 1);
    assert_eq!(queue.drop_message(id, entry("queue.drop")).await.unwrap(), 0);
    let entries = store.audit().list(String::new(), None, 10).await.unwrap();
    let details: Vec<&str> = entries.iter().map(|(_, entry)| entry.detail.as_str()).collect();
    assert_eq!(details, ["1 waiting send"], "what changed nothing is not entered");
    assert!(queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap().is_empty());
    let view = queue.view(id).await.unwrap().unwrap();
    assert_eq!(view.sends[0].state, SendState::Dropped);
    let unknown = message(9).id;
    assert!(matches!(queue.drop_message(unknown, entry("queue.drop")).await, Err(StoreError::Missing(_))));
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
            assert_eq!(*store.queue().body(claim).await.unwrap(), [b'x'; 300]);
        }
        claimed += claims.len();
    }
    assert_eq!(claimed, 500);
}

#[tokio::test]
async fn a_divided_send_keeps_what_is_left_and_gives_away_what_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let queue = store.queue();
    let one = |text: &str| Recipient { mailbox: text.parse().unwrap(), notify: None, original: None };
    let (a, b, c) = (one("a@example.com"), one("b@example.com"), one("c@example.com"));
    let mut new = message(1);
    new.sends[0].recipients = vec![a.clone(), b.clone(), c.clone()];
    let first = new.sends[0].operation;
    let id = queue.accept(new, inline("x")).await.unwrap().id();
    entered(&store, 1).await;
    let settle = async |at_second: i64, result: AttemptResult, next: NextStep| {
        let claims = queue.claim_due(ACCOUNT, at(at_second), 10, at(at_second + 60)).await.unwrap();
        let settlement =
            Settlement { id: claims[0].send.id, attempt: attempt(result, "said"), next, refused: Vec::new() };
        queue.settle(vec![settlement], Vec::new()).await.unwrap();
        claims.into_iter().next().unwrap().send
    };
    let group = |recipients: &[&Recipient]| Group {
        recipients: recipients.iter().map(|one| (*one).clone()).collect(),
        is_other_half: false,
    };
    let operation = |number: u128| OperationId::new(Uuid::from_u128(number));
    let division = Division { groups: vec![group(&[&a]), group(&[&b, &c])], ..Division::default() };
    let next =
        NextStep::Divided { at: at(1), division: division.clone(), operation: operation(11), taken: None };
    let whole = settle(0, AttemptResult::Deferred, next).await;
    assert_eq!((whole.asked_for().len(), whole.division), (3, None));

    // a is taken: it is a send of its own, under the id that it was sent under.
    let left =
        Division { groups: vec![group(&[&c]), group(&[&b])], is_message_taken: true, ..division.clone() };
    let taken = TakenGroup { recipients: vec![a.clone()], read_status_at: Some(at(20)) };
    let next =
        NextStep::Divided { at: at(2), division: left.clone(), operation: operation(12), taken: Some(taken) };
    let sent = settle(1, AttemptResult::Accepted, next).await;
    assert_eq!((sent.asked_for(), sent.operation), (&[a.clone()][..], operation(11)));
    assert_eq!(sent.division, Some(division));
    drop(store);

    // All of that is there after a restart; the body is needed as long as somebody is left.
    let store = open(folder.path());
    let queue = store.queue();
    let claim = queue.claim_due(ACCOUNT, at(2), 10, at(60)).await.unwrap().remove(0);
    assert_eq!((claim.send.operation, claim.send.division.as_ref()), (operation(12), Some(&left)));
    assert_eq!(claim.send.recipients, [b.clone(), c.clone()]);
    assert_eq!(*queue.body(&claim).await.unwrap(), *b"x");
    let taken = Some(TakenGroup { recipients: vec![c.clone()], read_status_at: None });
    let next = NextStep::FailedFor { recipients: vec![b.clone()], taken };
    let settlement = Settlement {
        id: claim.send.id,
        attempt: attempt(AttemptResult::Accepted, "ok"),
        next,
        refused: Vec::new(),
    };
    queue.settle(vec![settlement], Vec::new()).await.unwrap();
    assert!(queue.body_of(id).await.is_err(), "nobody is left");
    let view = queue.view(id).await.unwrap().unwrap();
    let seen: Vec<_> = view
        .sends
        .iter()
        .map(|send| (send.state, send.recipients.clone(), send.operation, send.attempts.len()))
        .collect();
    assert_eq!(
        seen,
        [
            (SendState::Failed, vec![b], operation(12), 1),
            (SendState::Submitted, vec![a], operation(11), 1),
            (SendState::Sent, vec![c], operation(12), 1),
        ]
    );
    assert_ne!(first, operation(11));
    let checks = queue.claim_status_checks(ACCOUNT, at(20), 10, at(60)).await.unwrap();
    assert_eq!(checks.iter().map(|check| check.operation).collect::<Vec<_>>(), [operation(11)]);
}

#[tokio::test]
async fn what_the_email_api_said_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let queue = store.queue();
    accept(&store, 1, b"x").await.unwrap();
    entered(&store, 1).await;
    let claim = queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap().remove(0);
    assert_eq!(claim.send.refused_by_rest, None);
    let next = NextStep::BySmtp { at: at(0), refusal: "HTTP 400".to_owned() };
    let settlement = Settlement {
        id: claim.send.id,
        attempt: attempt(AttemptResult::Deferred, "no"),
        next,
        refused: Vec::new(),
    };
    queue.settle(vec![settlement], Vec::new()).await.unwrap();
    let claim = queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap().remove(0);
    assert_eq!(claim.send.refused_by_rest.as_deref(), Some("HTTP 400"));
    assert_eq!(claim.send.attempts, 0, "the second way is no repetition");
}

#[tokio::test]
async fn a_delivery_report_is_recorded_once_with_its_recipient() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let queue = store.queue();
    let mut new = message(1);
    let other = Recipient { mailbox: "other@example.com".parse().unwrap(), notify: None, original: None };
    new.sends[0].recipients.push(other.clone());
    let operation = operation::for_message(new.id, [3; 10]);
    new.sends[0].operation = operation;
    let id = queue.accept(new, inline("x")).await.unwrap().id();
    entered(&store, 1).await;
    let claim = queue.claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap().remove(0);
    let next = NextStep::ReadStatus { at: at(40) };
    let attempt = attempt(AttemptResult::Accepted, "202");
    let settlement = Settlement { id: claim.send.id, attempt, next, refused: Vec::new() };
    queue.settle(vec![settlement], Vec::new()).await.unwrap();
    let report = |address: &str, state| DeliveryReport {
        recipient: address.to_owned(),
        state,
        at: at(50),
        status: Some("5.1.1".to_owned()),
        text: "550 unknown".to_owned(),
    };
    let bounced = report("Other@example.com", RecipientState::Bounced);
    assert!(
        queue.delivered(ACCOUNT, vec![ReportedDelivery::new(operation, bounced.clone())]).await.unwrap()[0]
            .is_news
    );
    let untold = queue.untold(None, 9).await.unwrap();
    assert_eq!(untold.iter().map(|one| &one.recipient).collect::<Vec<_>>(), [&other]);
    assert_eq!(untold[0].id, claim.send.id);
    let again = queue.delivered(ACCOUNT, vec![ReportedDelivery::new(operation, bounced)]).await.unwrap()[0];
    assert!(!again.is_news, "it comes at least once");
    let delivered = report("r1@example.com", RecipientState::Delivered);
    assert!(
        queue.delivered(ACCOUNT, vec![ReportedDelivery::new(operation, delivered)]).await.unwrap()[0].is_news
    );
    for unknown in [OperationId::new(Uuid::from_u128(99)), operation::for_message(id, [4; 10])] {
        let stranger = report("r1@example.com", RecipientState::Bounced);
        assert!(
            !queue.delivered(ACCOUNT, vec![ReportedDelivery::new(unknown, stranger)]).await.unwrap()[0]
                .is_known
        );
    }
    assert_eq!(queue.untold(None, 9).await.unwrap(), untold);

    let send = queue.view(id).await.unwrap().unwrap().sends.remove(0);
    assert_eq!(send.state, SendState::Sent, "nothing is left to be read");
    let states: Vec<RecipientState> = send.outcomes.iter().map(|outcome| outcome.state).collect();
    assert_eq!(states, [RecipientState::Delivered, RecipientState::Bounced]);
    let story: Vec<(&str, Option<&str>)> =
        send.events.iter().map(|event| (event.result.as_str(), event.recipient.as_deref())).collect();
    let (one, other) = (Some("r1@example.com"), Some("other@example.com"));
    assert_eq!(story, [("accepted", None), ("bounced", other), ("delivered", one)]);
    assert_eq!(send.attempts.len(), 1);
    assert_eq!(queue.counts().await.unwrap(), [(SendState::Sent, 1)]);
}
