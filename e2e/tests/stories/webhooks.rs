//! Endpoints are told what becomes of mail: all of it, in order, whatever happens to them and to the server.

use std::time::Duration;

use e2e::{Receiver, World, message};
use model::id::WebhookId;
use model::webhook::{Reach, SigningSecret, Webhook, WebhookForm, WebhookKind, WebhookState};
use serde_json::json;
use store::AuditEntry;

const MINUTE: Duration = Duration::from_secs(60);

async fn submit(world: &World, recipients: &[&str]) {
    for recipient in recipients {
        world.submit(&[recipient], &message("s", recipient, "x")).await;
    }
}

/// Waits, while time passes, until the receiver has accepted so many events.
async fn until_told(world: &World, receiver: &Receiver, count: usize) {
    world.advance_slowly_until(Duration::from_secs(2), async || receiver.words().len() >= count).await;
}

#[tokio::test]
async fn what_becomes_of_mail_is_told_in_order_and_signed() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    let secret = world.add_webhook(&receiver, json!({})).await;
    submit(&world, &["a@example.com", "b@example.com"]).await;
    until_told(&world, &receiver, 4).await;
    for address in ["a@example.com", "b@example.com"] {
        let of: Vec<String> = receiver.words().into_iter().filter(|word| word.ends_with(address)).collect();
        let expected = [format!("message.accepted {address}"), format!("message.sent {address}")];
        assert_eq!(of, expected);
    }
    let secret: SigningSecret = secret.parse().unwrap();
    let mut ids = Vec::new();
    for heard in receiver.heard() {
        let (id, seconds) = (heard.field("webhook-id"), heard.field("webhook-timestamp"));
        let signature = secret.sign(id, seconds.parse().unwrap(), heard.body.as_bytes());
        assert_eq!(heard.field("webhook-signature"), signature);
        assert_eq!(heard.field("content-type"), "application/json");
        ids.push(id.to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 4, "each event has a request of its own");
    let first = &receiver.heard()[0].events()[0]["data"];
    assert_eq!((&first["account"], &first["state"]), (&json!("contoso"), &json!("queued")));
    assert_eq!((&first["sender"], &first["subject"]), (&json!("scanner@contoso.example"), &json!("s")));

    // While two secrets are in use there are two signatures.
    let (_, rotated) = world.request("POST", "/v1/webhooks/crm/secret:rotate", json!({})).await;
    submit(&world, &["c@example.com"]).await;
    until_told(&world, &receiver, 6).await;
    let last = receiver.heard().pop().unwrap();
    let new: SigningSecret = rotated["secret"].as_str().unwrap().parse().unwrap();
    let sign = |secret: &SigningSecret| {
        secret.sign(
            last.field("webhook-id"),
            last.field("webhook-timestamp").parse().unwrap(),
            last.body.as_bytes(),
        )
    };
    assert_eq!(last.field("webhook-signature"), format!("{} {}", sign(&new), sign(&secret)));
    world.finish().await;
}

#[tokio::test]
async fn an_endpoint_that_is_down_for_an_hour_is_told_all_of_it_afterwards() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(503);
    world.add_webhook(&receiver, json!({ "batch": 3, "kinds": ["message.accepted"] })).await;
    submit(&world, &["a@example.com", "b@example.com", "c@example.com", "d@example.com"]).await;
    world.advance_slowly_until(MINUTE, async || receiver.heard().len() >= 5).await;
    let status = world.get("/v1/status").await.to_string();
    assert!(status.contains("webhook_failing") && status.contains("it answered 503"), "{status}");
    let shown = world.get("/v1/webhooks/crm").await;
    assert!(shown["failing"]["tries"].as_u64().unwrap() >= 3, "{shown}");
    world.clock.advance(Duration::from_secs(3_600));
    receiver.answers(200);
    world.advance_slowly_until(MINUTE, async || receiver.words().len() >= 4).await;
    let expected = ["a", "b", "c", "d"].map(|name| format!("message.accepted {name}@example.com"));
    assert_eq!(receiver.words(), expected);
    // The first request had the same events and the same id in each try.
    let all = receiver.heard();
    let first: Vec<_> =
        all.iter().filter(|one| one.field("webhook-id") == all[0].field("webhook-id")).collect();
    assert!(first.len() >= 6 && first.iter().all(|one| one.body == all[0].body), "{all:?}");
    let shown = world.get("/v1/webhooks/crm").await;
    assert!(shown["failing"].is_null(), "{shown}");
    world.finish().await;
}

#[tokio::test]
async fn what_an_endpoint_rejects_is_given_up_and_replayed_by_hand() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(422);
    world.add_webhook(&receiver, json!({ "kinds": ["message.accepted"] })).await;
    submit(&world, &["a@example.com"]).await;
    let letters = async || world.list("/v1/webhooks/crm/dead-letters").await;
    world.advance_slowly_until(MINUTE, async || letters().await.as_array().unwrap().len() == 1).await;
    assert_eq!(receiver.heard().len(), 5);
    let letter = letters().await[0].clone();
    assert_eq!((&letter["events"], &letter["problem"]), (&json!(1), &json!("it answered 422")));
    receiver.answers(200);
    submit(&world, &["b@example.com"]).await;
    world.advance_slowly_until(MINUTE, async || receiver.words().len() == 1).await;
    let (status, replayed) = world.request("POST", "/v1/webhooks/crm/events:replay", json!({})).await;
    assert_eq!((status, &replayed["dead_letters"]), (200, &json!(1)));
    world.advance_slowly_until(MINUTE, async || receiver.words().len() == 2).await;
    let accepted = receiver.accepted();
    assert_eq!(
        accepted[1].field("webhook-id"),
        receiver.heard()[0].field("webhook-id"),
        "it is the same request"
    );
    assert_eq!(receiver.words(), ["message.accepted b@example.com", "message.accepted a@example.com"]);
    let (status, _) = world
        .request("POST", "/v1/webhooks/crm/events:replay", json!({ "since": "2000-01-01T00:00:00Z" }))
        .await;
    assert_eq!(status, 200);
    world.advance_slowly_until(MINUTE, async || receiver.words().len() == 4).await;
    assert_eq!(receiver.words()[2..], ["message.accepted a@example.com", "message.accepted b@example.com"]);
    world.finish().await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_and_mail_goes_on() {
    let world = World::start().await;
    let (gone, other) = (Receiver::start().await, Receiver::start().await);
    gone.answers(410);
    world.add_webhook(&gone, json!({})).await;
    world.add_webhook(&other, json!({ "name": "other", "kinds": ["message.sent"] })).await;
    submit(&world, &["a@example.com", "b@example.com"]).await;
    until_told(&world, &other, 2).await;
    let is_gone = async || world.get("/v1/webhooks/crm").await["state"] == "gone";
    world.advance_slowly_until(MINUTE, is_gone).await;
    assert_eq!(gone.heard().len(), 1);
    let status = world.get("/v1/status").await.to_string();
    assert!(status.contains("answered 410"), "{status}");
    world.finish().await;
}

#[tokio::test]
async fn a_private_address_is_refused_unless_it_is_allowed() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    let port = receiver.url.split(':').nth(2).unwrap().to_owned();
    let body = json!({ "url": receiver.url, "name": "crm", "allow_plain": true });
    let (status, refused) = world.request("POST", "/v1/webhooks", body).await;
    assert_eq!((status, &refused["field"]), (422, &json!("url")), "{refused}");
    // A name whose address only the resolver knows.
    let webhook = Webhook {
        id: WebhookId::from_bytes([7; 16]),
        name: "crm".parse().unwrap(),
        url: format!("http://localhost:{port}").parse().unwrap(),
        kinds: WebhookKind::ALL.to_vec(),
        account: None,
        form: WebhookForm::Single,
        reach: Reach::Public,
        ca_pem: None,
        state: WebhookState::Enabled,
        created_at: world.clock.now(),
    };
    let secret = SigningSecret::of([1; 32]).text().clone();
    let audit = AuditEntry {
        at: world.clock.now(),
        who: "a test".to_owned(),
        origin: String::new(),
        action: "webhook.add".to_owned(),
        subject: "crm".to_owned(),
        detail: String::new(),
    };
    world.server().store.webhooks().add(webhook, secret, audit).await.unwrap();
    let (_, tested) = world.request("POST", "/v1/webhooks/crm/events:test", json!({})).await;
    assert_eq!(tested["accepted"], false, "{tested}");
    assert!(tested["message"].as_str().unwrap().contains("not an address on the Internet"), "{tested}");
    assert!(receiver.heard().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_nothing_and_repeats_with_the_same_id() {
    let mut world = World::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(500);
    world.add_webhook(&receiver, json!({ "batch": 2, "kinds": ["message.accepted"] })).await;
    submit(&world, &["a@example.com", "b@example.com", "c@example.com"]).await;
    world.advance_slowly_until(Duration::from_secs(2), async || receiver.heard().len() >= 2).await;
    world.stop_server().await;
    let before = receiver.heard();
    world.start_server().await;
    submit(&world, &["d@example.com"]).await;
    receiver.answers(200);
    world.advance_slowly_until(MINUTE, async || receiver.words().len() >= 4).await;
    let expected = ["a", "b", "c", "d"].map(|name| format!("message.accepted {name}@example.com"));
    assert_eq!(receiver.words(), expected);
    let again = &receiver.accepted()[0];
    assert_eq!(again.field("webhook-id"), before.last().unwrap().field("webhook-id"));
    assert_eq!(again.body, before.last().unwrap().body);
    world.finish().await;
}
