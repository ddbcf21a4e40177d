//! Topics and subscriptions, as clients of Resource Manager see them.

use azure_types::event_grid::DELIVERY_REPORT;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::tests::{SUBSCRIPTION, send_with};
use crate::rehearsal::{Answer, Rehearsal};

fn service() -> String {
    format!(
        "{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.Communication/CommunicationServices/contoso-mail"
    )
}

fn topic() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/mail/providers/Microsoft.EventGrid/systemTopics/mail-events")
}

fn of_service(name: &str) -> String {
    format!("{}/providers/Microsoft.EventGrid/eventSubscriptions/{name}", service())
}

/// A twin whose subscription may use Event Grid.
fn registered() -> Rehearsal {
    let rehearsal = Rehearsal::begin();
    let now = rehearsal.backend.now();
    rehearsal.backend.change_state(|state| {
        let namespace = "Microsoft.EventGrid".to_owned();
        state.subscriptions[0].registrations.push(crate::state::Registration { namespace, done_at: now });
    });
    rehearsal
}

async fn send(rehearsal: &Rehearsal, method: &str, path: &str, body: Value) -> Answer {
    send_with(rehearsal, method, &format!("{path}?api-version=2025-02-15"), body, &[]).await
}

fn hook() -> Value {
    json!({ "properties": { "destination": { "endpointType": "WebHook", "properties": {
        "endpointUrl": "https://mail.example/events?key=secret",
        "deliveryAttributeMappings": [
            { "name": "x-key", "type": "Static", "properties": { "value": "hush", "isSecret": true } },
        ],
    } }, "filter": { "includedEventTypes": [DELIVERY_REPORT] } } })
}

fn make_topic() -> Value {
    json!({ "location": "global", "properties": {
        "source": service(), "topicType": "Microsoft.Communication.CommunicationServices" } })
}

#[tokio::test]
async fn a_provider_has_to_be_registered_first() {
    let rehearsal = Rehearsal::begin();
    let refused = send(&rehearsal, "PUT", &topic(), make_topic()).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (409, &json!("MissingSubscriptionRegistration"))
    );
}

#[tokio::test]
async fn a_service_has_one_system_topic_which_takes_its_subscriptions_along() {
    let rehearsal = registered();
    let made = send(&rehearsal, "PUT", &topic(), make_topic()).await;
    assert_eq!(
        (made.status, &made.body["properties"]["provisioningState"]),
        (201, &json!("Creating")),
        "{}",
        made.text
    );
    assert!(made.headers.contains_key("azure-asyncoperation"));
    rehearsal.backend.advance(SignedDuration::from_secs(5));
    let there = send(&rehearsal, "GET", &topic(), Value::Null).await;
    assert_eq!(there.body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(send(&rehearsal, "PUT", &topic(), make_topic()).await.status, 200);
    let other = send(&rehearsal, "PUT", &topic().replace("mail-events", "other"), make_topic()).await;
    assert_eq!((other.status, &other.body["error"]["code"]), (400, &json!("InvalidRequest")));

    let below = format!("{}/eventSubscriptions/reports", topic());
    assert_eq!(send(&rehearsal, "PUT", &below, hook()).await.status, 201);
    let listed = send(&rehearsal, "GET", &format!("{}/eventSubscriptions", topic()), Value::Null).await;
    assert_eq!(listed.body["value"][0]["type"], "Microsoft.EventGrid/systemTopics/eventSubscriptions");
    let gone = send(&rehearsal, "DELETE", &topic(), Value::Null).await;
    assert!(gone.status == 202 && gone.headers.contains_key("location"));
    assert_eq!(send(&rehearsal, "GET", &below, Value::Null).await.status, 404);
    assert_eq!(send(&rehearsal, "DELETE", &topic(), Value::Null).await.status, 204);
}

#[tokio::test]
async fn a_subscription_shows_no_secret_but_to_those_who_ask_for_it() {
    let rehearsal = registered();
    let path = of_service("reports");
    let made = send(&rehearsal, "PUT", &path, hook()).await;
    assert_eq!(
        (made.status, &made.body["properties"]["provisioningState"]),
        (201, &json!("Creating")),
        "{}",
        made.text
    );
    assert!(!made.text.contains("secret") && !made.text.contains("hush"), "{}", made.text);
    let id = rehearsal.backend.state().events.subscriptions[0].id;
    let now = rehearsal.backend.now();
    rehearsal.backend.change_state(|state| state.end_handshake(id, Ok(()), now));
    let there = send(&rehearsal, "GET", &path, Value::Null).await;
    // Azure/azure-cli, eventgrid, test_event_subscription_delivery_attributes, 2022-03.
    let order = [
        "\"topic\"",
        "\"provisioningState\"",
        "\"destination\"",
        "\"filter\"",
        "\"labels\":null",
        "\"eventDeliverySchema\"",
        "\"retryPolicy\"",
        "\"systemData\":null",
        "\"id\"",
        "\"name\":\"reports\"",
    ];
    let places: Vec<usize> = order.iter().map(|word| there.text.find(word).expect(word)).collect();
    assert!(places.is_sorted(), "{}", there.text);
    assert_eq!(
        there.body["properties"]["destination"]["properties"]["endpointBaseUrl"],
        "https://mail.example/events"
    );
    assert_eq!(
        there.body["properties"]["destination"]["properties"]["deliveryAttributeMappings"][0]["properties"]["value"],
        "Hidden"
    );
    assert_eq!(there.body["properties"]["provisioningState"], "Succeeded");
    let whole = send(&rehearsal, "POST", &format!("{path}/getFullUrl"), Value::Null).await;
    assert_eq!(whole.body["endpointUrl"], "https://mail.example/events?key=secret");
    let attributes = send(&rehearsal, "POST", &format!("{path}/getDeliveryAttributes"), Value::Null).await;
    assert_eq!(attributes.body["value"][0]["name"], "x-key");
    let patched = send(&rehearsal, "PATCH", &path, json!({ "labels": ["a"] })).await;
    assert_eq!((patched.status, &patched.body["properties"]["labels"]), (201, &json!(["a"])));

    let gone = send(&rehearsal, "DELETE", &path, Value::Null).await;
    assert_eq!(gone.status, 202);
    rehearsal.backend.advance(SignedDuration::from_secs(5));
    assert_eq!(send(&rehearsal, "GET", &path, Value::Null).await.status, 404);
}

#[tokio::test]
async fn what_event_grid_does_not_know_is_refused() {
    let rehearsal = registered();
    for (pointer, value) in [
        ("/properties/colour", json!("red")),
        ("/properties/destination/properties/endpointUrl", json!("http://mail.example/")),
        ("/properties/destination/properties/maxEventsPerBatch", json!(5_001)),
        ("/properties/destination/endpointType", json!("Pigeon")),
        ("/properties/eventDeliverySchema", json!("CustomInputSchema")),
        ("/properties/retryPolicy", json!({ "maxDeliveryAttempts": 31 })),
    ] {
        let mut body = hook();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        let refused = send(&rehearsal, "PUT", &of_service("reports"), body).await;
        assert_eq!(refused.status, 400, "{pointer}: {}", refused.text);
    }
}
