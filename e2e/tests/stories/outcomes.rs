//! What became of each recipient comes by Event Grid: to the record, and to the sender.

use std::time::Duration;

use azure_types::event_grid::NewEventSubscription;
use e2e::{Setup, World, message};
use jiff::SignedDuration;
use model::id::QueueId;
use model::tracking::{DeliveryReport, RecipientState};
use postern::config::EventSettings;
use serde_json::{Value, json};
use store::{DataDir, KeySource, Options, ReportedDelivery, Store, Volatile};
use twin::state::SystemData;
use twin::state::event_grid::{EventSubscription, Handshake};
use twin::{Effect, InjectedFault, Operation};
use uuid::Uuid;

const SECOND: Duration = Duration::from_secs(1);

/// A server with a web hook for events; Azure has been told its URL, and trusts its certificate.
pub(crate) async fn world(schema: &str) -> World {
    let events = EventSettings {
        listen: Some(([127, 0, 0, 1], 0).into()),
        url: Some("https://localhost".parse().unwrap()),
        is_plain: false,
    };
    let world = World::start_with(Setup { events, ..Setup::default() }).await;
    let (status, body) = world.request("POST", "/v1/accounts/contoso/event-url", json!({})).await;
    assert_eq!(status, 200, "{body:#}");
    let port = world.server().events.unwrap().port();
    let url = body["url"].as_str().unwrap().replacen("localhost", &format!("localhost:{port}"), 1);
    let hook =
        json!({ "endpointType": "WebHook", "properties": { "endpointUrl": url, "maxEventsPerBatch": 10 } });
    let asking = Handshake::Asking {
        code: Uuid::from_u128(9),
        is_change: false,
        attempts: 0,
        next_at: world.clock.now(),
    };
    subscribe(&world, json!({ "eventDeliverySchema": schema, "destination": hook }), asking);
    let agreed = async || world.twin.backend().state().events.subscriptions[0].handshake == Handshake::Agreed;
    world.advance_slowly_until(SECOND, agreed).await;
    world
}

fn subscribe(world: &World, properties: Value, handshake: Handshake) {
    let written: NewEventSubscription = serde_json::from_value(json!({ "properties": properties })).unwrap();
    let now = world.clock.now();
    world.twin.backend().change_state(|state| {
        let certificate = world.certificate().display().to_string();
        state.behaviour.events.trusted_certificates.push(certificate);
        let source = state.services[0].resource_id();
        state.events.subscriptions.push(EventSubscription {
            id: Uuid::from_u128(7),
            name: "postern".to_owned(),
            scope: source.clone(),
            source,
            properties: written.properties,
            system_data: SystemData::made("a", now),
            handshake,
            operation: Uuid::nil(),
            ready_at: now,
            base_url: "https://localhost".to_owned(),
            gone_at: None,
        });
    });
    // Event Grid looks at what is new only when it is woken.
    world.twin.backend().advance(SignedDuration::ZERO);
}

async fn has_state(world: &World, state: &str) -> bool {
    !world.list(&format!("/v1/messages?state={state}")).await.as_array().unwrap().is_empty()
}

/// The counter of events with that result.
async fn counted(world: &World, result: &str) -> u64 {
    let metrics = world.text("/metrics").await;
    let name = format!("postern_events_total{{result=\"{result}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
}

/// Each address, the state that its recipient gets, and whether the sender is told.
const OUTCOMES: [(&str, &str, bool); 6] = [
    ("ada@example.com", "delivered", false),
    ("bounce@example.com", "bounced", true),
    ("suppressed@example.com", "suppressed", true),
    ("quarantine@example.com", "quarantined", true),
    ("spam@example.com", "filtered_spam", true),
    ("fail@example.com", "undelivered", true),
];

#[tokio::test]
async fn each_outcome_is_recorded_and_told() {
    for schema in ["EventGridSchema", "CloudEventSchemaV1_0"] {
        let world = world(schema).await;
        for (address, state, is_told) in OUTCOMES {
            let id = world.submit(&[address], &message(state, address, "x")).await;
            world.advance_slowly_until(SECOND, async || has_state(&world, state).await).await;
            let shown: Value = world.get(&format!("/v1/messages/{id}")).await;
            let events = shown["sends"][0]["events"].as_array().unwrap();
            assert!(events.iter().any(|event| event["source"] == "delivery"), "{schema} {address} {shown:#}");
            let dsns = async || {
                world
                    .captured_for("scanner@contoso.example")
                    .iter()
                    .filter(|dsn| is_about(dsn, address))
                    .count()
            };
            let expected = usize::from(is_told);
            world.advance_slowly_until(SECOND, async || dsns().await >= expected).await;
            assert_eq!(dsns().await, expected, "{schema} {address}");
        }
        world.finish().await;
    }
}

fn is_about(dsn: &twin::captured::CapturedMail, address: &str) -> bool {
    String::from_utf8_lossy(&dsn.raw).contains(&format!("Final-Recipient: rfc822; {address}"))
}

#[tokio::test]
async fn an_event_that_comes_twice_tells_the_sender_once() {
    let world = world("EventGridSchema").await;
    let effect = Effect::DoneButUnanswered;
    let fault = InjectedFault { operation: Operation::Event, effect, times: None, one_in: None };
    world.twin.backend().arm(fault);
    world.submit(&["bounce@example.com"], &message("s", "bounce@example.com", "x")).await;
    // Of the bounce, and of the DSN that follows: each twice.
    world.advance_slowly_until(SECOND, async || counted(&world, "repeated").await >= 2).await;
    assert_eq!(counted(&world, "applied").await, 2);
    assert_eq!(world.captured_for("scanner@contoso.example").len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_server_that_nobody_reaches_pulls_its_events_from_a_queue() {
    for schema in ["EventGridSchema", "CloudEventSchemaV1_0"] {
        let world = World::start().await;
        let storage = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/contoso";
        let queue = json!({ "resourceId": storage, "queueName": "events" });
        let queue = json!({ "endpointType": "StorageQueue", "properties": queue });
        subscribe(&world, json!({ "eventDeliverySchema": schema, "destination": queue }), Handshake::Agreed);
        let url = format!("{}/queues/contoso/events", world.twin.ready().url.trim_end_matches('/'));
        let (status, body) =
            world.request("PUT", "/v1/accounts/contoso/event-queue", json!({ "url": url })).await;
        assert_eq!((status, &body["authorization"]), (200, &json!("entra")), "{body:#}");
        for (address, state, is_told) in OUTCOMES {
            world.submit(&[address], &message(state, address, "x")).await;
            world.advance_slowly_until(SECOND * 5, async || has_state(&world, state).await).await;
            let dsns = || world.captured_for("scanner@contoso.example");
            let count = || dsns().iter().filter(|dsn| is_about(dsn, address)).count();
            world.advance_slowly_until(SECOND, async || count() >= usize::from(is_told)).await;
            assert_eq!(count(), usize::from(is_told), "{schema} {address}");
        }
        // Six messages and five DSNs. What was recorded is deleted: it does not come again once it is visible again.
        world.advance_slowly_until(SECOND, async || counted(&world, "applied").await == 11).await;
        world.pass(Duration::from_secs(600)).await;
        world.pass(Duration::from_secs(600)).await;
        assert_eq!((counted(&world, "applied").await, counted(&world, "repeated").await), (11, 0));
        world.finish().await;
    }
}

/// Notes a report as a server that is killed right after its commit.
async fn report_and_die(world: &World, id: QueueId) {
    let data_dir = DataDir::open(&world.folder().join("server"), Volatile::Allowed).unwrap();
    let key = KeySource::File(data_dir.join("master.key"));
    let store = Store::open(&data_dir, key, &Options::default(), world.clock.now()).unwrap();
    let view = store.queue().view(id).await.unwrap().unwrap();
    let operation = view.sends[0].operation;
    let report = DeliveryReport {
        recipient: "ada@example.com".to_owned(),
        state: RecipientState::Bounced,
        at: world.clock.now(),
        status: Some("5.1.1".to_owned()),
        text: "550 5.1.1 no such user".to_owned(),
    };
    assert!(
        store.queue().delivered(view.account, vec![ReportedDelivery::new(operation, report)]).await.unwrap()
            [0]
        .is_news
    );
}

#[tokio::test]
async fn a_crash_before_the_dsn_and_a_full_disk_lose_no_dsn() {
    let mut world = World::start().await;
    let id = world.submit(&["ada@example.com"], &message("s", "ada@example.com", "x")).await;
    world.advance_until(SECOND, async || has_state(&world, "sent").await).await;
    world.stop_server().await;
    report_and_die(&world, id).await;
    world.set_disk_reserve(u64::MAX);
    world.start_server().await;
    world.pass(Duration::from_secs(600)).await;
    assert_eq!(world.server().store.queue().untold(None, 9).await.unwrap().len(), 1);
    world.stop_server().await;
    world.set_disk_reserve(0);
    world.start_server().await;
    let dsns = |world: &World| world.captured_for("scanner@contoso.example").len();
    world.advance_until(SECOND, async || dsns(&world) == 1).await;
    assert!(world.server().store.queue().untold(None, 9).await.unwrap().is_empty());
    world.stop_server().await;
    world.start_server().await;
    world.pass(Duration::from_secs(600)).await;
    assert_eq!(dsns(&world), 1, "it is told once");
    world.finish().await;
}
