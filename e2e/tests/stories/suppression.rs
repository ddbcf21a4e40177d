//! Addresses that mail must not go to: put there by hand or by what became of mail, for all mail or for some.

use std::time::Duration;

use e2e::{World, message};
use model::delivery::SendState;
use serde_json::{Value, json};

use crate::outcomes;

const SECOND: Duration = Duration::from_secs(1);
const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

async fn suppress(world: &World, entry: Value) -> Value {
    let (status, body) = world.request("POST", "/v1/suppressions", entry).await;
    assert_eq!(status, 201, "{body:#}");
    body
}

/// What the server answers to RCPT for one address: the error, if there is one.
async fn refused(world: &World, address: &str) -> Option<String> {
    let mut connection = world.log_in(&world.device).await.unwrap();
    let replies = world.offer(&mut connection, &[address], &message("s", address, "x")).await;
    connection.quit().await;
    replies.recipients[0].as_ref().err().map(ToString::to_string)
}

#[tokio::test]
async fn only_the_recipient_on_the_list_is_rejected() {
    let world = World::start().await;
    suppress(&world, json!({ "address": "Ann@Example.com", "reason": "complaint" })).await;
    let mut connection = world.log_in(&world.device).await.unwrap();
    let replies = world.offer(&mut connection, &[ANN, BOB], &message("s", BOB, "x")).await;
    connection.quit().await;
    let reply = replies.recipients[0].as_ref().unwrap_err().to_string();
    assert!(
        reply.starts_with("550 5.1.1 Ann@example.com is on the suppression list: the recipient complained"),
        "{reply}"
    );
    assert!(replies.recipients[1].is_ok() && replies.message.unwrap().is_ok());
    world.until_taken(1).await;
    let sent: Vec<String> =
        world.captured()[0].recipients.iter().map(|recipient| recipient.address.clone()).collect();
    assert_eq!(sent, [BOB]);
    let refusals = world.list("/v1/refusals").await;
    let advice = refusals[0]["advice"].as_str().unwrap_or_default();
    assert!(advice.contains("postern suppression explain"), "{refusals:#}");
    world.finish().await;
}

#[tokio::test]
async fn where_it_is_set_up_so_mail_is_accepted_and_nothing_is_sent() {
    let mut world = World::start().await;
    world.device = world.add_credential("quiet", |new| new.intake.suppressed = Some("drop".to_owned())).await;
    suppress(&world, json!({ "address": ANN, "account": "contoso", "text": "asked by phone" })).await;
    let both = world.submit(&[ANN, BOB], &message("both", BOB, "x")).await;
    let alone = world.submit(&[ANN], &message("alone", ANN, "x")).await;
    for id in [both, alone] {
        world.until(id, &[SendState::Submitted, SendState::Sent, SendState::Failed]).await;
    }
    let dsns = async || world.captured_for("scanner@contoso.example").len();
    assert!(world.comes_about(async || dsns().await == 2).await, "the sender is told of both");
    assert!(world.captured_for(ANN).is_empty());
    assert_eq!(world.captured_for(BOB).len(), 1);
    let dsn = String::from_utf8_lossy(&world.captured_for("scanner@contoso.example")[0].raw).into_owned();
    assert!(dsn.contains("Status: 5.7.1") && dsn.contains("is on the suppression list"), "{dsn}");
    for id in [both, alone] {
        let shown = world.get(&format!("/v1/messages/{id}")).await;
        let sends = shown["sends"].as_array().unwrap();
        let of_ann = sends.iter().find(|send| send["recipients"].to_string().contains(ANN)).unwrap();
        assert_eq!(of_ann["state"], "failed", "{shown:#}");
        assert_eq!(of_ann["recipients"][0]["state"], "suppressed", "{shown:#}");
        assert!(shown.to_string().contains("the operator put it there"), "{shown:#}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_scope_is_all_mail_a_domain_or_a_sender() {
    let world = World::start().await;
    for (scope, is_rejected) in [
        ("all", true),
        ("contoso.example", true),
        ("scanner@contoso.example", true),
        ("fabrikam.example", false),
    ] {
        let entry =
            suppress(&world, json!({ "address": ANN, "scope": scope, "reason": "unsubscribed" })).await;
        let reply = refused(&world, ANN).await;
        assert_eq!(reply.is_some(), is_rejected, "{scope}: {reply:?}");
        let path = format!("/v1/suppressions/{}", entry["number"]);
        assert_eq!(world.request("DELETE", &path, Value::Null).await.0, 204);
    }
    assert_eq!(refused(&world, ANN).await, None);
    world.finish().await;
}

#[tokio::test]
async fn a_hard_bounce_is_remembered_with_the_servers_words() {
    let world = outcomes::world("EventGridSchema").await;
    let bounce = "bounce@example.com";
    let id = world.submit(&[bounce], &message("first", bounce, "x")).await;
    let entries = async || world.list(&format!("/v1/suppressions?address={bounce}")).await;
    world.advance_slowly_until(SECOND, async || !entries().await.as_array().unwrap().is_empty()).await;
    let entry = entries().await[0].clone();
    assert_eq!(
        (&entry["reason"], &entry["account"]),
        (&json!("hard_bounce"), &json!("contoso")),
        "{entry:#}"
    );
    assert_eq!(entry["message_id"], json!(id.to_string()), "{entry:#}");
    assert!(entry["expires_at"].is_null(), "{entry:#}");
    let reply = refused(&world, bounce).await.unwrap();
    assert!(reply.contains("its server refused the address"), "{reply}");
    let log = world.list(&format!("/v1/audit?subject={bounce}")).await;
    assert_eq!(log[0]["action"], "suppression.add", "{log:#}");
    let path = format!("/v1/suppressions/{}", entry["number"]);
    assert_eq!(world.request("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(refused(&world, bounce).await, None);
    world.finish().await;
}

#[tokio::test]
async fn azures_hidden_list_is_inferred_and_waited_for() {
    let world = outcomes::world("EventGridSchema").await;
    let held = "suppressed@example.com";
    world.submit(&[held], &message("first", held, "x")).await;
    let explained = async || world.get(&format!("/v1/suppressions:explain?address={held}")).await;
    world.advance_slowly_until(SECOND, async || explained().await["is_suppressed"] == true).await;
    let shown = explained().await;
    assert_eq!(shown["entries"][0]["reason"], "azure_managed", "{shown:#}");
    assert!(shown["sentences"].to_string().contains("24 hours at first and for up to 14 days"), "{shown:#}");
    assert!(refused(&world, held).await.is_some());
    world.pass(Duration::from_secs(25 * 3_600)).await;
    assert_eq!(refused(&world, held).await, None, "it is tried again");
    world.advance_slowly_until(SECOND, async || explained().await["is_suppressed"] == true).await;
    let shown = explained().await;
    assert_eq!(shown["entries"][0]["times"], 2, "{shown:#}");
    world.finish().await;
}
