//! Web hooks: each endpoint is told what it wants, in order, and of nothing twice that it has accepted.

use jiff::Timestamp;
use model::delivery::{Attempt, AttemptResult};
use model::id::{AccountId, WebhookId};
use model::tracking::{DeliveryReport, RecipientState, RefusedAlone};
use model::upstream::Transport;
use model::webhook::{FeedPlace, Reach, Webhook, WebhookForm, WebhookKind, WebhookState, WebhookSubject};
use secrecy::{ExposeSecret as _, SecretString};
use store::{
    Body, NewNotice, NewSigningSecret, NextStep, ReportedDelivery, RequestEnd, SecretName, SecretOwner,
    Settlement, StoreError, WebhookRequest,
};

use crate::sample::{ACCOUNT, account, audit, message};
use crate::{World, at};

fn webhook(number: u8, form: WebhookForm) -> Webhook {
    Webhook {
        id: WebhookId::new(at(0), [number; 10]),
        name: format!("hook{number}").parse().unwrap(),
        url: "https://hooks.example.com/in".parse().unwrap(),
        kinds: WebhookKind::ALL.to_vec(),
        account: None,
        form,
        reach: Reach::Public,
        ca_pem: None,
        state: WebhookState::Enabled,
        created_at: at(0),
    }
}

async fn add(world: &World, webhook: &Webhook) {
    let secret = SecretString::from("whsec_1");
    world.store().webhooks().add(webhook.clone(), secret, audit("webhook.add")).await.unwrap();
}

async fn accept(world: &World, numbers: &[u32]) {
    for number in numbers {
        let queue = world.store().queue();
        let accepted = queue.accept(message(*number), Body::inline(b"x".to_vec())).await.unwrap();
        assert!(queue.view(accepted.id()).await.unwrap().is_some());
    }
}

fn attempt(result: AttemptResult, text: &str) -> Attempt {
    Attempt { at: at(3), transport: Some(Transport::Smtp), result, text: text.to_owned(), reason: None }
}

/// Claims all that is due, and ends it.
async fn settle(world: &World, result: AttemptResult, next: NextStep) {
    let queue = world.store().queue();
    let claims = queue.claim_due(ACCOUNT, at(10), 9, at(60)).await.unwrap();
    let settlement = |id| Settlement {
        id,
        attempt: Some(attempt(result, "said")),
        next: next.clone(),
        refused: Vec::new(),
    };
    let all = claims.iter().map(|claim| settlement(claim.send.id)).collect();
    queue.settle(all, Vec::new()).await.unwrap();
}

async fn report(world: &World, number: u32, state: RecipientState) {
    let report = DeliveryReport {
        recipient: message(number).sends[0].recipients[0].mailbox.to_string(),
        state,
        at: at(5),
        status: Some("5.1.1".to_owned()),
        text: "no such user".to_owned(),
    };
    world
        .store()
        .queue()
        .delivered(ACCOUNT, vec![ReportedDelivery::new(message(number).sends[0].operation, report)])
        .await
        .unwrap();
}

async fn next(world: &World, webhook: &Webhook) -> Option<WebhookRequest> {
    world.store().webhooks().next(webhook, &mut FeedPlace::default(), at(100)).await.unwrap()
}

async fn end(world: &World, request: WebhookRequest, end: RequestEnd) {
    world.store().webhooks().end(request, end).await.unwrap();
}

/// All requests until there is nothing, each accepted: the number of the message and the kind of each event.
async fn told(world: &World, webhook: &Webhook) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    while let Some(request) = next(world, webhook).await {
        all.push(words(&request));
        end(world, request, RequestEnd::Accepted { at: at(101) }).await;
    }
    all
}

fn words(request: &WebhookRequest) -> Vec<String> {
    let word = |event: &model::webhook::WebhookEvent| match &event.about {
        WebhookSubject::Message(news) => {
            format!("{} {} {}", news.recipients.join(","), event.kind, news.state)
        }
        WebhookSubject::Server(news) => format!("{:?} {} {}", news.account, event.kind, news.code),
    };
    request.events.iter().map(word).collect()
}

pub(crate) async fn what_happens_is_told_in_order_and_once(world: &mut World) {
    accept(world, &[8]).await;
    let (single, batch) = (webhook(1, WebhookForm::Single), webhook(2, WebhookForm::Batch(3)));
    add(world, &single).await;
    add(world, &batch).await;
    assert_eq!(next(world, &single).await, None, "what was before is not told");
    let grown = world.store().webhooks().grown();
    accept(world, &[1, 2]).await;
    grown.await;
    settle(world, AttemptResult::Deferred, NextStep::Again { at: at(10) }).await;
    settle(world, AttemptResult::Accepted, NextStep::Sent).await;
    report(world, 2, RecipientState::Bounced).await;
    report(world, 2, RecipientState::Bounced).await;
    report(world, 1, RecipientState::Delivered).await;
    let all = [
        "r1@example.com message.accepted queued",
        "r2@example.com message.accepted queued",
        "r8@example.com message.deferred queued",
        "r1@example.com message.deferred queued",
        "r2@example.com message.deferred queued",
        "r8@example.com message.sent sent",
        "r1@example.com message.sent sent",
        "r2@example.com message.sent sent",
        "r2@example.com message.failed bounced",
        "r1@example.com message.delivered delivered",
    ];
    // What the order among messages of one settlement is, the claims decide.
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words[2..5].sort();
        words[5..8].sort();
        words
    };
    let mut expected: Vec<String> = all.map(str::to_owned).to_vec();
    expected[2..5].sort();
    expected[5..8].sort();

    let first = next(world, &batch).await.unwrap();
    assert_eq!((first.events.len(), first.tries), (3, 0));
    let problem = "503".to_owned();
    end(world, first.clone(), RequestEnd::Again { at: at(100), due_at: at(105), problem }).await;
    accept(world, &[3]).await;
    world.restart();
    let again = next(world, &batch).await.unwrap();
    assert_eq!((&again.events, again.tries, again.due_at), (&first.events, 1, at(105)), "the same events");
    let standing = world.store().webhooks().standing(batch.id).await.unwrap();
    assert_eq!((standing.tries, standing.failing_since), (1, Some(at(100))));
    assert_eq!((standing.problem.as_deref(), standing.next_at), (Some("503"), Some(at(105))));

    let requests = told(world, &batch).await;
    assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 2]);
    let (ends, last) = (requests.concat(), "r3@example.com message.accepted queued".to_owned());
    assert_eq!(sorted(&ends[..10]), expected);
    assert_eq!(ends[10], last);
    let singles = told(world, &single).await;
    assert!(singles.iter().all(|request| request.len() == 1));
    assert_eq!(singles.concat(), ends);
    assert_eq!(next(world, &single).await, None);
    let standing = world.store().webhooks().standing(batch.id).await.unwrap();
    assert_eq!((standing.tries, standing.delivered_at), (0, Some(at(101))));
}

pub(crate) async fn an_endpoint_is_told_what_it_wants(world: &mut World) {
    let store = world.store();
    store.accounts().add(account(1, "contoso"), None, audit("account.add")).await.unwrap();
    let failures = Webhook { kinds: vec![WebhookKind::Failed], ..webhook(1, WebhookForm::Single) };
    let other = AccountId::from_bytes([9; 16]);
    let elsewhere = Webhook { account: Some(other), ..webhook(2, WebhookForm::Single) };
    let here = Webhook { account: Some(ACCOUNT), ..webhook(3, WebhookForm::Batch(9)) };
    for webhook in [&failures, &elsewhere, &here] {
        add(world, webhook).await;
    }
    let taken = store.webhooks().add(failures.clone(), SecretString::from("x"), audit("webhook.add")).await;
    assert!(matches!(taken, Err(StoreError::Exists(_))), "{taken:?}");
    let mut two = message(1);
    two.sends[0].recipients.extend(message(2).sends[0].recipients.clone());
    let accepted = store.queue().accept(two.clone(), Body::inline(b"x".to_vec())).await.unwrap();
    assert!(store.queue().view(accepted.id()).await.unwrap().is_some());
    let claims = store.queue().claim_due(ACCOUNT, at(10), 9, at(60)).await.unwrap();
    let alone = RefusedAlone {
        state: RecipientState::Failed,
        recipient: two.sends[0].recipients[1].clone(),
        status: "5.1.1".to_owned(),
        text: "nobody".to_owned(),
    };
    let settlement = Settlement {
        id: claims[0].send.id,
        attempt: Some(attempt(AttemptResult::Accepted, "for some")),
        next: NextStep::Sent,
        refused: vec![alone],
    };
    store.queue().settle(vec![settlement], Vec::new()).await.unwrap();
    let notice = |account, code: &str| NewNotice {
        at: at(7),
        kind: WebhookKind::of_problem(code),
        account,
        code: code.to_owned(),
        message: "m".to_owned(),
    };
    store.webhooks().notice(notice(Some((ACCOUNT, "contoso".into())), "azure_failing")).await.unwrap();
    store.webhooks().notice(notice(None, "disk_full")).await.unwrap();

    assert_eq!(told(world, &failures).await, [["r2@example.com message.failed failed"]]);
    assert!(told(world, &elsewhere).await.is_empty());
    let expected = [
        "r1@example.com,r2@example.com message.accepted queued",
        "r2@example.com message.failed failed",
        "r1@example.com message.sent sent",
        "Some(\"contoso\") queue.stuck azure_failing",
    ];
    assert_eq!(told(world, &here).await, [expected]);

    let webhooks = store.webhooks();
    webhooks.set_state(failures.id, WebhookState::Disabled, audit("webhook.disable")).await.unwrap();
    report(world, 1, RecipientState::Bounced).await;
    webhooks.set_state(failures.id, WebhookState::Enabled, audit("webhook.enable")).await.unwrap();
    assert_eq!(next(world, &failures).await, None, "what happened while it was disabled is not told");
    let stays = webhooks.named("HOOK1").await.unwrap();
    assert_eq!(stays, failures);
    webhooks.remove(failures.id, audit("webhook.remove")).await.unwrap();
    assert!(matches!(webhooks.named("hook1").await, Err(StoreError::Missing(_))));
    store.accounts().add(account(9, "fabrikam"), None, audit("account.add")).await.unwrap();
    store.accounts().remove(&account(9, "fabrikam"), audit("account.remove")).await.unwrap();
    assert_eq!(webhooks.list().await.unwrap(), [here], "it went with its account");
}

pub(crate) async fn what_was_given_up_is_delivered_again(world: &mut World) {
    let webhook = webhook(1, WebhookForm::Batch(2));
    add(world, &webhook).await;
    accept(world, &[1, 2, 3]).await;
    let first = next(world, &webhook).await.unwrap();
    end(world, first.clone(), RequestEnd::Dead { at: at(50), problem: "404".to_owned() }).await;
    world.restart();
    assert_eq!(told(world, &webhook).await, [["r3@example.com message.accepted queued"]]);
    let dead = world.store().webhooks().dead_letters(webhook.id, 0, 9).await.unwrap();
    let [letter] = &dead[..] else { panic!("{dead:?}") };
    assert_eq!((letter.events, letter.at, letter.problem.as_str()), (2, at(50), "404"));
    let webhooks = world.store().webhooks();
    assert!(webhooks.dead_letters(webhook.id, letter.number, 9).await.unwrap().is_empty());
    let grown = webhooks.grown();
    assert_eq!(webhooks.replay_dead_letters(webhook.id, audit("webhook.replay")).await.unwrap(), 1);
    grown.await;
    let again = next(world, &webhook).await.unwrap();
    assert_eq!(again.events, first.events);
    // It is given up again, and replayed together with the rest.
    end(world, again, RequestEnd::Dead { at: at(51), problem: "404".to_owned() }).await;
    assert_eq!(next(world, &webhook).await, None);
    webhooks.replay_since(webhook.id, at(0), audit("webhook.replay")).await.unwrap();
    let all = told(world, &webhook).await;
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    webhooks.replay_since(webhook.id, at(1), audit("webhook.replay")).await.unwrap();
    assert_eq!(next(world, &webhook).await, None, "nothing has happened since");
}

pub(crate) async fn a_signing_secret_is_replaced_and_goes_with_its_endpoint(world: &mut World) {
    let webhook = webhook(1, WebhookForm::Single);
    add(world, &webhook).await;
    let (store, owner) = (world.store(), SecretOwner::Webhook(webhook.id));
    let secret = async |name| {
        let secret = store.secrets().get(owner, name).await;
        secret.map(|secret| secret.expose_secret().to_owned()).ok()
    };
    let new = |secret: &str, previous: Option<(&str, Timestamp)>| NewSigningSecret {
        secret: SecretString::from(secret.to_owned()),
        previous: previous.map(|(secret, until)| (SecretString::from(secret.to_owned()), until)),
        at: at(1),
    };
    let before = Some(("whsec_1", at(90)));
    store.webhooks().rotate(webhook.id, new("whsec_2", before), audit("webhook.rotate")).await.unwrap();
    assert_eq!(secret(SecretName::SigningSecret).await.as_deref(), Some("whsec_2"));
    assert_eq!(secret(SecretName::PreviousSigningSecret).await.as_deref(), Some("whsec_1"));
    let facts = store.secrets().facts(owner, SecretName::PreviousSigningSecret).await.unwrap().unwrap();
    assert_eq!(facts.expires_at, Some(at(90)));
    store.webhooks().rotate(webhook.id, new("whsec_3", None), audit("webhook.rotate")).await.unwrap();
    assert_eq!(secret(SecretName::PreviousSigningSecret).await, None);
    store.webhooks().remove(webhook.id, audit("webhook.remove")).await.unwrap();
    assert_eq!(secret(SecretName::SigningSecret).await, None);
}

pub(crate) async fn what_is_told_of_goes_after_a_time(world: &mut World) {
    let webhook = webhook(1, WebhookForm::Single);
    add(world, &webhook).await;
    accept(world, &[1]).await;
    let given_up = next(world, &webhook).await.unwrap();
    end(world, given_up, RequestEnd::Dead { at: at(50), problem: "404".to_owned() }).await;
    accept(world, &[2]).await;
    let webhooks = world.store().webhooks();
    assert_eq!(webhooks.prune(at(0), 9).await.unwrap(), 0);
    assert_eq!(webhooks.dead_letters(webhook.id, 0, 9).await.unwrap().len(), 1);
    assert_eq!(webhooks.prune(at(1), 9).await.unwrap(), 2);
    assert!(webhooks.dead_letters(webhook.id, 0, 9).await.unwrap().is_empty());
    assert_eq!(next(world, &webhook).await, None);
    accept(world, &[3]).await;
    assert_eq!(told(world, &webhook).await, [["r3@example.com message.accepted queued"]]);
}
