//! The queue: what is accepted, claimed, settled, and by whom.

use model::credential::Lane;
use model::delivery::SendState;
use model::queued::IdempotencyKey;
use model::tracking::{DeliveryReport, RecipientState};
use store::{Accepted, Body, DeliveryNoted, NextStep, Reported, ReportedDelivery, StoreError};

use crate::sample::{ACCOUNT, audit, message, settlement};
use crate::{World, at};

/// Accepts messages, and waits until they can be claimed.
async fn accept(world: &World, numbers: &[u32]) {
    for number in numbers {
        let queue = world.store().queue();
        let accepted = queue.accept(message(*number), Body::inline(b"x".to_vec())).await.unwrap();
        assert!(queue.view(accepted.id()).await.unwrap().is_some());
    }
}

async fn state(world: &World, number: u32) -> SendState {
    world.store().queue().view(message(number).id).await.unwrap().unwrap().sends[0].state
}

pub(crate) async fn what_is_accepted_is_there_after_a_restart(world: &mut World) {
    let large = vec![b'l'; 600_000];
    let mut writer = world.store().queue().begin_body(message(2).id);
    for piece in large.chunks(50_000) {
        writer.write(piece).await.unwrap();
    }
    accept(world, &[1]).await;
    let body = writer.finish().await.unwrap();
    let mut second = message(2);
    second.size_bytes = 600_000;
    world.store().queue().accept(second, body).await.unwrap();
    world.restart();
    let queue = world.store().queue();
    assert_eq!(queue.body_of(message(1).id).await.unwrap(), b"x");
    assert_eq!(queue.body_of(message(2).id).await.unwrap(), large);
    assert!(queue.contains(message(1).id).await.unwrap() && !queue.contains(message(3).id).await.unwrap());
    assert_eq!(queue.open_sends(ACCOUNT).await.unwrap(), 2);
}

pub(crate) async fn a_claim_belongs_to_one_until_it_is_settled(world: &mut World) {
    accept(world, &[1, 2]).await;
    let queue = world.store().queue();
    let claims = queue.claim_due(ACCOUNT, at(0), 1, at(60)).await.unwrap();
    assert_eq!(claims.len(), 1, "no more than asked for");
    let others = queue.claim_due(ACCOUNT, at(59), 9, at(120)).await.unwrap();
    assert_eq!(others.len(), 1, "the other one");
    assert_ne!(claims[0].send.id, others[0].send.id);
    let again = NextStep::Again { at: at(90) };
    queue.settle(vec![settlement(claims[0].send.id, again)], Vec::new()).await.unwrap();
    assert!(queue.claim_due(ACCOUNT, at(89), 9, at(120)).await.unwrap().is_empty());
    assert_eq!(queue.next_due(ACCOUNT).await.unwrap(), Some(at(90)));
    let claims = queue.claim_due(ACCOUNT, at(90), 9, at(120)).await.unwrap();
    queue.settle(vec![settlement(claims[0].send.id, NextStep::Sent)], Vec::new()).await.unwrap();
    let late = NextStep::Again { at: at(91) };
    queue.settle(vec![settlement(claims[0].send.id, late)], Vec::new()).await.unwrap();
    assert!(queue.claim_due(ACCOUNT, at(100), 9, at(120)).await.unwrap().is_empty(), "what is sent is over");
}

pub(crate) async fn what_a_dead_process_had_is_put_back_once(world: &mut World) {
    accept(world, &[1, 2]).await;
    assert_eq!(world.store().queue().claim_due(ACCOUNT, at(0), 1, at(60)).await.unwrap().len(), 1);
    assert_eq!(world.store().queue().release_leases(at(1)).await.unwrap(), [], "this process lives");
    world.restart();
    let queue = world.store().queue();
    assert_eq!(queue.claim_due(ACCOUNT, at(1), 9, at(60)).await.unwrap().len(), 1);
    assert_eq!(queue.release_leases(at(2)).await.unwrap(), [(ACCOUNT, 1)]);
    assert_eq!(queue.claim_due(ACCOUNT, at(2), 9, at(60)).await.unwrap().len(), 1);
    assert_eq!(queue.release_leases(at(3)).await.unwrap(), []);
}

pub(crate) async fn urgent_mail_comes_first_and_then_what_came_first(world: &mut World) {
    for (number, lane, second) in
        [(1, Lane::Bulk, 0), (2, Lane::Normal, 1), (3, Lane::Normal, 2), (4, Lane::Urgent, 3)]
    {
        let mut message = message(number);
        (message.lane, message.accepted_at) = (lane, at(second));
        let id = message.id;
        world.store().queue().accept(message, Body::inline(Vec::new())).await.unwrap();
        world.store().queue().view(id).await.unwrap();
    }
    let claims = world.store().queue().claim_due(ACCOUNT, at(9), 9, at(60)).await.unwrap();
    let claimed: Vec<_> = claims.iter().map(|claim| claim.send.id.message).collect();
    assert_eq!(claimed, [4, 2, 3, 1].map(|number| message(number).id));
}

pub(crate) async fn a_repetition_is_recognised_until_its_client_knows(world: &mut World) {
    let with_key = |number, key| {
        let mut message = message(number);
        message.idempotency_key = Some(IdempotencyKey([key; 16]));
        message
    };
    let body = || Body::inline(b"x".to_vec());
    let accepted = world.store().queue().accept(with_key(1, 7), body()).await.unwrap();
    assert_eq!(accepted, Accepted::New(message(1).id));
    let again = world.store().queue().accept(with_key(2, 7), body()).await.unwrap();
    assert_eq!(again, Accepted::Repeated(message(1).id));
    world.restart();
    let again = world.store().queue().accept(with_key(3, 7), body()).await.unwrap();
    assert_eq!(again, Accepted::Repeated(message(1).id), "a restart forgets nothing");
    world.store().queue().heard(message(1).id);
    let new = world.store().queue().accept(with_key(4, 7), body()).await.unwrap();
    assert_eq!(new, Accepted::New(message(4).id), "who knows of the first sends a new one");
}

pub(crate) async fn an_operator_retries_and_drops_what_waits(world: &mut World) {
    accept(world, &[1]).await;
    let (queue, id) = (world.store().queue(), message(1).id);
    let claim = queue.claim_due(ACCOUNT, at(0), 1, at(60)).await.unwrap().remove(0);
    assert_eq!(queue.drop_message(id, audit("queue.drop")).await.unwrap(), 0, "it is under way");
    let later = NextStep::Again { at: at(500) };
    queue.settle(vec![settlement(claim.send.id, later)], Vec::new()).await.unwrap();
    assert_eq!(queue.retry(id, at(5), audit("queue.retry")).await.unwrap(), 1);
    assert_eq!(queue.next_due(ACCOUNT).await.unwrap(), Some(at(5)));
    assert_eq!(queue.drop_message(id, audit("queue.drop")).await.unwrap(), 1);
    assert_eq!(state(world, 1).await, SendState::Dropped);
    assert!(queue.body_of(id).await.is_err(), "nobody needs it");
    let missing = queue.drop_message(message(9).id, audit("queue.drop")).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
}

pub(crate) async fn a_status_is_read_by_one_at_a_time(world: &mut World) {
    accept(world, &[1]).await;
    let queue = world.store().queue();
    let claim = queue.claim_due(ACCOUNT, at(0), 1, at(60)).await.unwrap().remove(0);
    let read = NextStep::ReadStatus { at: at(30) };
    queue.settle(vec![settlement(claim.send.id, read)], Vec::new()).await.unwrap();
    assert_eq!(queue.next_status_check(ACCOUNT).await.unwrap(), Some(at(30)));
    assert!(queue.claim_status_checks(ACCOUNT, at(29), 9, at(60)).await.unwrap().is_empty());
    let checks = queue.claim_status_checks(ACCOUNT, at(30), 9, at(60)).await.unwrap();
    assert_eq!(checks[0].operation, claim.send.operation);
    assert!(queue.claim_status_checks(ACCOUNT, at(59), 9, at(90)).await.unwrap().is_empty());
    assert_eq!(queue.claim_status_checks(ACCOUNT, at(60), 9, at(90)).await.unwrap().len(), 1, "a lease ends");
    queue.settle(vec![settlement(claim.send.id, NextStep::Failed)], Vec::new()).await.unwrap();
    assert_eq!(state(world, 1).await, SendState::Failed);
    assert_eq!(queue.unread(ACCOUNT).await.unwrap(), 0);
}

pub(crate) async fn a_report_of_a_recipient_is_news_once(world: &mut World) {
    accept(world, &[1, 2]).await;
    let queue = world.store().queue();
    let claims = queue.claim_due(ACCOUNT, at(0), 2, at(60)).await.unwrap();
    let sent = claims.iter().map(|claim| settlement(claim.send.id, NextStep::Sent)).collect();
    queue.settle(sent, Vec::new()).await.unwrap();
    let report = || DeliveryReport {
        recipient: message(1).sends[0].recipients[0].mailbox.to_string(),
        state: RecipientState::Bounced,
        at: at(5),
        status: Some("5.1.1".to_owned()),
        text: "no such user".to_owned(),
    };
    let operation = message(1).sends[0].operation;
    for is_news in [true, false] {
        let noted =
            queue.delivered(ACCOUNT, vec![ReportedDelivery::new(operation, report())]).await.unwrap()[0];
        assert_eq!(noted, DeliveryNoted { is_known: true, is_news }, "reports come more than once");
    }
    let stranger = queue
        .delivered(ACCOUNT, vec![ReportedDelivery::new(message(9).sends[0].operation, report())])
        .await
        .unwrap()[0];
    assert_eq!(stranger, DeliveryNoted::default(), "nobody knows that send");
    let elsewhere = queue
        .delivered(
            model::id::AccountId::from_bytes([9; 16]),
            vec![ReportedDelivery::new(operation, report())],
        )
        .await
        .unwrap()[0];
    assert!(!elsewhere.is_known, "one account does not report on another's mail");
    let by_message = queue
        .delivered(ACCOUNT, vec![ReportedDelivery::new(Reported::Message(message(1).id), report())])
        .await
        .unwrap()[0];
    assert!(by_message.is_known && !by_message.is_news);
    world.restart();
    let noted = world
        .store()
        .queue()
        .delivered(ACCOUNT, vec![ReportedDelivery::new(operation, report())])
        .await
        .unwrap()[0];
    assert!(!noted.is_news);
}

pub(crate) async fn who_was_not_reached_is_untold_until_the_sender_is_told(world: &mut World) {
    accept(world, &[1, 2]).await;
    let queue = world.store().queue();
    let claims = queue.claim_due(ACCOUNT, at(0), 2, at(60)).await.unwrap();
    let sent = claims.iter().map(|claim| settlement(claim.send.id, NextStep::Sent)).collect();
    queue.settle(sent, Vec::new()).await.unwrap();
    for (number, state) in
        [(1, RecipientState::Bounced), (2, RecipientState::Delivered), (2, RecipientState::Bounced)]
    {
        let report = DeliveryReport {
            recipient: message(number).sends[0].recipients[0].mailbox.to_string(),
            state,
            at: at(5),
            status: None,
            text: "no such user".to_owned(),
        };
        queue
            .delivered(ACCOUNT, vec![ReportedDelivery::new(message(number).sends[0].operation, report)])
            .await
            .unwrap();
    }
    world.restart();
    let queue = world.store().queue();
    let untold = queue.untold(None, 9).await.unwrap();
    let ids: Vec<_> = untold.iter().map(|one| (one.id.message, one.account)).collect();
    assert_eq!(ids, [(message(1).id, ACCOUNT), (message(2).id, ACCOUNT)]);
    assert_eq!(untold[0].recipient, message(1).sends[0].recipients[0]);
    assert_eq!(untold[0].outcome.as_ref().unwrap().state, RecipientState::Bounced);
    assert_eq!(queue.untold(None, 1).await.unwrap(), untold[..1]);
    assert_eq!(queue.untold(Some(&untold[0]), 9).await.unwrap(), untold[1..]);
    queue.told(&untold[0]).await.unwrap();
    assert_eq!(queue.untold(None, 9).await.unwrap(), untold[1..]);
    queue.prune(at(1_000_000), 9).await.unwrap();
    assert!(queue.untold(None, 9).await.unwrap().is_empty(), "nothing is kept of what is forgotten");
}

pub(crate) async fn what_is_done_with_is_pruned_and_nothing_else(world: &mut World) {
    accept(world, &[1, 2]).await;
    let queue = world.store().queue();
    let claim = queue.claim_due(ACCOUNT, at(0), 1, at(60)).await.unwrap().remove(0);
    queue.settle(vec![settlement(claim.send.id, NextStep::Sent)], Vec::new()).await.unwrap();
    assert_eq!(queue.prune(at(0), 9).await.unwrap(), 0, "it is not old enough");
    assert_eq!(queue.prune(at(1), 9).await.unwrap(), 1);
    assert!(queue.view(claim.send.id.message).await.unwrap().is_none());
    assert_eq!(queue.open_sends(ACCOUNT).await.unwrap(), 1);
}

pub(crate) async fn expired_mail_is_claimed_to_be_given_up(world: &mut World) {
    accept(world, &[1]).await;
    let (queue, end) = (world.store().queue(), 48 * 3_600);
    assert!(queue.claim_expired(ACCOUNT, at(end - 1), 9, at(end)).await.unwrap().is_empty());
    let claims = queue.claim_expired(ACCOUNT, at(end), 9, at(end + 60)).await.unwrap();
    assert_eq!(claims.len(), 1);
    assert!(queue.claim_due(ACCOUNT, at(end), 9, at(end + 60)).await.unwrap().is_empty(), "it is claimed");
}
