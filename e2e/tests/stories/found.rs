//! A message is found by what somebody knows of it, and its story says what happened, in the order of time.

use std::time::Duration;

use azure_types::ids::OperationId;
use e2e::{World, message};
use model::delivery::SendState;
use model::tracking::{DeliveryReport, RecipientState};
use serde_json::Value;

async fn ids(world: &World, query: &str) -> Vec<String> {
    let found = world.list(&format!("/v1/messages?{query}")).await;
    found.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_lost_message_is_found_and_its_story_is_told() {
    let world = World::start().await;
    let wanted = world.submit(&["Ada@Example.com"], &message("Invoice 7", "ada@example.com", "x")).await;
    let id = wanted.to_string();
    for query in ["recipient=ada@example.com", "subject=invoice", "recipient=*@example.com&login=scanner1"] {
        assert_eq!(ids(&world, query).await, [id.as_str()], "{query}, right after the 250");
    }
    world.submit(&["grace@example.com"], &message("Invoice 8", "grace@example.com", "x")).await;
    let view = world.until(wanted, &[SendState::Sent]).await;
    world.until_taken(2).await;
    let operation: OperationId = view.sends[0].operation;
    assert_eq!(ids(&world, &format!("operation_id={operation}")).await, [id.as_str()]);
    world.clock.advance(Duration::from_secs(60));
    let report = DeliveryReport {
        recipient: "ada@example.com".to_owned(),
        state: RecipientState::Bounced,
        at: world.clock.now(),
        status: Some("5.1.1".to_owned()),
        text: "550 no such user".to_owned(),
    };
    let account = view.account;
    world
        .server()
        .store
        .queue()
        .delivered(account, vec![store::ReportedDelivery::new(operation, report)])
        .await
        .unwrap();
    assert_eq!(ids(&world, "state=bounced").await, [id.as_str()]);
    let shown: Value = world.get(&format!("/v1/messages/{id}")).await;
    let events = shown["sends"][0]["events"].as_array().unwrap();
    let told: Vec<(&str, &str)> = events
        .iter()
        .map(|event| (event["source"].as_str().unwrap(), event["message"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("attempt", "The upstream accepted the message"),
            ("delivery", "The server of Ada@example.com rejected the message"),
        ]
    );
    assert!(events.is_sorted_by_key(|event| event["at"].as_str().unwrap().to_owned()), "{events:?}");
    world.finish().await;
}
