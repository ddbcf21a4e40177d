//! Changes that reach Azure or a DNS provider. Nothing is changed there before it is entered here.

use serde_json::{Value, json};
use twin::state::dns::Record;

use super::must_be_whole;
use crate::app::Answer;
use crate::azure::{ACCOUNT, WithAzure};

fn path(rest: &str) -> String {
    format!("/v1/accounts/{ACCOUNT}/{rest}")
}

async fn post(app: &WithAzure, rest: &str, body: Value) -> Answer {
    app.drive(app.post(&path(rest), &body)).await
}

fn secrets(app: &WithAzure) -> usize {
    app.twin.backend().state().tenants[0].apps[0].secrets.len()
}

#[tokio::test]
async fn a_verification_registers_and_sends_once_that_is_entered() {
    let app = WithAzure::start().await;
    let registrations = || app.twin.backend().state().subscriptions[0].registrations.len();
    app.twin.backend().change_state(|state| state.subscriptions[0].registrations.clear());
    let verify = async || post(&app, "verification", json!({ "fix": true })).await;
    must_be_whole(&app, &["account.verify"], verify, registrations).await;
    let sent = || app.twin.backend().captured().taken();
    let sender = json!({ "account": ACCOUNT, "address": "noreply@contoso.example" });
    assert_eq!(app.post("/v1/senders", &sender).await.status, 201);
    let verify = async || post(&app, "verification", json!({ "send_to": "you@example.com" })).await;
    must_be_whole(&app, &["account.verify"], verify, sent).await;
}

#[tokio::test]
async fn senders_are_imported_and_entered_or_not() {
    let app = WithAzure::start().await;
    let body = json!({ "scope": "senders", "domains": ["contoso.example"] });
    let import = async || post(&app, "infrastructure:adopt", body.clone()).await;
    must_be_whole(&app, &["sender.add"; 3], import, || ()).await;
}

#[tokio::test]
async fn a_rotation_begins_and_is_cancelled_with_its_entry() {
    let app = WithAzure::start().await;
    let begin = async || post(&app, "rotation", json!({ "remove_old": true })).await;
    must_be_whole(&app, &["secret.rotate"], begin, || secrets(&app)).await;
    let entry = app.get(&format!("/v1/audit?subject={ACCOUNT}&limit=1")).await.body["items"][0].clone();
    let detail = entry["detail"].as_str().unwrap();
    assert!(detail.starts_with("begins, as \"Postern 2027-01-15 "), "{detail}");
    assert!(detail.ends_with(", is deleted at the end"), "{detail}");
    let cancel = async || app.drive(app.delete(&path("rotation"))).await;
    must_be_whole(&app, &["secret.rotate"], cancel, || secrets(&app)).await;
}

#[tokio::test]
async fn a_secret_made_by_hand_is_put_into_use_with_its_entry() {
    let app = WithAzure::start().await;
    let secret = app.new_secret();
    let complete = async || post(&app, "rotation:complete", json!({ "secret": secret })).await;
    must_be_whole(&app, &["account.edit"], complete, || ()).await;
}

#[tokio::test]
async fn a_dns_provider_is_connected_and_removed_with_its_entry() {
    let app = WithAzure::start().await;
    let body = app.dns_provider();
    let add = async || app.drive(app.post("/v1/dns-providers", &body)).await;
    must_be_whole(&app, &["dns.add"], add, || ()).await;
    must_be_whole(&app, &["dns.remove"], async || app.delete("/v1/dns-providers/cf").await, || ()).await;
}

#[tokio::test]
async fn a_plan_is_applied_and_destroyed_once_the_approval_is_entered() {
    let app = WithAzure::start().await;
    app.desire_domain("northwind.example").await;
    let plan = app.plan(&json!({})).await;
    let apply = async || post(&app, "infrastructure:apply", json!({ "plan": plan })).await;
    must_be_whole(&app, &["infrastructure.apply", "sender.provision"], apply, || app.domains()).await;

    let plan = app.plan(&json!({ "destroy": true })).await;
    let destroy = async || post(&app, "infrastructure:apply", json!({ "plan": plan, "destroy": true })).await;
    let actions = ["infrastructure.apply", "sender.provision", "infrastructure.remove"];
    must_be_whole(&app, &actions, destroy, || app.domains()).await;
}

#[tokio::test]
async fn what_azure_has_is_adopted_with_its_entries_or_not() {
    let app = WithAzure::start().await;
    let adopt = async || post(&app, "infrastructure:adopt", json!({})).await;
    let actions = ["infrastructure.edit", "sender.provision", "sender.provision"];
    must_be_whole(&app, &actions, adopt, || app.domains()).await;
}

#[tokio::test]
async fn an_spf_record_is_restored_once_that_is_entered() {
    let app = WithAzure::start().await;
    let records = || {
        let state = app.twin.backend().state();
        let zone = state.zones.iter().find(|zone| zone.name == "northwind.example").unwrap();
        zone.records.iter().map(|record| record.value.clone()).collect::<Vec<_>>()
    };
    app.twin.backend().change_state(|state| {
        let zone = state.zones.iter_mut().find(|zone| zone.name == "northwind.example").unwrap();
        zone.records.push(Record::new("TXT", "northwind.example", "v=spf1 include:_spf.other.example ~all"));
    });
    app.desire_domain("northwind.example").await;
    let plan = app.plan(&json!({})).await;
    let applied = post(&app, "infrastructure:apply", json!({ "plan": plan })).await;
    assert_eq!(applied.status, 200, "{}", applied.text);
    let restore = async || post(&app, "domains/northwind.example/spf:restore", Value::Null).await;
    must_be_whole(&app, &["spf.restore"], restore, records).await;
}
