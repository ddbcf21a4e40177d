//! An account that is removed with mail that waits: the caller has to say how much that is, and the senders are told.

use e2e::{World, message};
use model::azure::TransportChoice;
use model::delivery::SendState;
use model::id::QueueId;
use serde_json::{Value, json};
use twin::{Effect, InjectedFault, Operation};

/// Removes the account; gives the status and what is answered.
async fn remove(world: &World, query: &str) -> (u16, Value) {
    world.request("DELETE", &format!("/v1/accounts/contoso{query}"), Value::Null).await
}

/// Two messages that Azure does not take for now.
async fn waiting(world: &World) -> [QueueId; 2] {
    let effect =
        Effect::Answer { status: 503, code: "Busy".into(), message: "no".into(), retry_after: Some(3_600) };
    world.twin.backend().arm(InjectedFault { operation: Operation::Send, effect, times: None, one_in: None });
    let first = world.submit(&["a@example.com"], &message("one", "a@example.com", "x")).await;
    let second = world.submit(&["b@example.com"], &message("two", "b@example.com", "x")).await;
    for id in [first, second] {
        let is_put_off = |view: &store::StoredMessage| {
            let mut sends = view.sends.iter();
            sends.all(|send| send.state == SendState::Queued && !send.attempts.is_empty())
        };
        world.until_view(id, is_put_off).await;
    }
    world.twin.backend().disarm();
    // Two of one moment have an order, too.
    [first.min(second), first.max(second)]
}

#[tokio::test]
async fn what_is_lost_has_to_be_said_and_the_senders_hear_of_it() {
    let world = World::start().await;
    world.add_account("second", TransportChoice::Auto, false).await;
    let ids = waiting(&world).await;
    for query in ["", "?discard=2", "?discard=4"] {
        let (status, body) = remove(&world, query).await;
        assert_eq!((status, &body["code"]), (409, &json!("in_use")), "{query}: {body}");
        let details = &body["details"];
        assert_eq!((&details["count"], &details["logins"]), (&json!(3), &json!(["scanner1"])), "{body}");
        let sender = "scanner@contoso.example";
        let expected: Vec<Value> =
            ids.iter().map(|id| json!({ "id": id.to_string(), "sender": sender })).collect();
        assert_eq!(details["messages"], json!(expected));
    }
    assert!(world.control().account("contoso").unwrap().is_enabled(), "nothing has happened");
    let content = world.text(&format!("/v1/messages/{}/content", ids[0])).await;
    assert!(content.contains("From: scanner@contoso.example"), "{content}");

    let (status, body) = remove(&world, "?discard=3").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["told"], json!(ids.map(|id| id.to_string())));
    assert_eq!(body["untold"], json!([]));
    assert!(world.control().account("contoso").is_err());
    world.until_taken(2).await;
    let dsns = world.captured_for("scanner@contoso.example");
    assert_eq!(dsns.len(), 2);
    let texts: Vec<String> = dsns.iter().map(|one| String::from_utf8_lossy(&one.raw).into_owned()).collect();
    for (subject, recipient) in [("one", "a@example.com"), ("two", "b@example.com")] {
        let is_told = |text: &&String| {
            text.contains(&format!("Subject: {subject}"))
                && text.contains(recipient)
                && text.contains("The administrator removed the account")
        };
        assert_eq!(texts.iter().filter(is_told).count(), 1, "{texts:?}");
    }
    let log = world.text("/v1/audit").await;
    for expected in
        ["credential.remove", "queue.drop", "1 login, 2 waiting messages, 2 senders and 0 domains"]
    {
        assert!(log.contains(expected), "{expected} in {log}");
    }
    for id in ids {
        assert!(world.view(id).await.unwrap().sends.iter().all(|send| send.state == SendState::Dropped));
    }
    world.finish().await;
}

#[tokio::test]
async fn senders_who_cannot_be_told_are_named() {
    let world = World::start().await;
    let ids = waiting(&world).await;
    let (status, body) = remove(&world, "?discard=3").await;
    assert_eq!((status, &body["told"]), (200, &json!([])), "{body}");
    assert_eq!(body["untold"], json!(ids.map(|id| id.to_string())));
    let log = world.text("/v1/audit").await;
    assert!(log.contains(&format!("the senders of {}, {} were not told", ids[0], ids[1])), "{log}");
    assert_eq!(world.captured().len(), 0);
    world.finish().await;
}

#[tokio::test]
async fn an_account_that_nothing_depends_on_goes_without_a_word() {
    let world = World::start().await;
    world.control().remove_credential("scanner1").await.unwrap();
    assert_eq!(remove(&world, "").await.0, 200);
    world.finish().await;
}
