//! The administrator's morning: for each cause that holds mail up, one command names it.

use std::time::Duration;

use control::AccountChange;
use e2e::{Setup, World, message};
use jiff::SignedDuration;
use model::account::AccountState;
use model::delivery::SendState;
use model::id::QueueId;
use model::quota::Quota;
use serde_json::{Value, json};
use twin::state::Behaviour;
use twin::{Effect, InjectedFault, Operation};

const DONE: [SendState; 2] = [SendState::Submitted, SendState::Sent];

/// What `postern status` shows of one problem, once it does; its message has to hold all of `pieces`.
pub(crate) async fn named(world: &World, code: &str, pieces: &[&str]) -> Value {
    let find = async || {
        let problems = world.get("/v1/status").await["problems"].clone();
        let is_it = |problem: &&Value| {
            let text = format!("{} {}", problem["message"], problem["action"]);
            problem["code"] == code && pieces.iter().all(|piece| text.contains(piece))
        };
        problems.as_array().unwrap().iter().find(is_it).cloned()
    };
    let Some(found) = world.found(find).await else {
        panic!("{code} with {pieces:?} is not in {:#}", world.get("/v1/status").await);
    };
    assert!(found["since"].is_string() && found["severity"].is_string(), "{found:#}");
    let metric = format!(
        "postern_problem{{code=\"{code}\",account=\"{}\",severity=\"{}\"}} 1\n",
        found["account"].as_str().unwrap_or_default(),
        found["severity"].as_str().unwrap_or_default()
    );
    let metrics = world.text("/metrics").await;
    assert!(metrics.contains(&metric), "{metrics}");
    found
}

pub(crate) async fn nothing_is_wrong(world: &World) {
    let is_quiet = async || world.get("/v1/status").await["problems"] == json!([]);
    assert!(world.comes_about(is_quiet).await, "{:#}", world.get("/v1/status").await);
}

/// Why a message waits, as `postern message show` says it.
async fn wait_of(world: &World, id: QueueId) -> Value {
    world.get(&format!("/v1/messages/{id}")).await["sends"][0]["waits"].clone()
}

/// Of messages that were accepted in one instant any may be the last to leave.
async fn one_that_waits(world: &World, ids: &[QueueId]) -> (QueueId, Value) {
    for id in ids {
        let wait = wait_of(world, *id).await;
        if !wait.is_null() {
            return (*id, wait);
        }
    }
    panic!("none of {} messages waits", ids.len());
}

async fn submit_many(world: &World, count: usize) -> Vec<QueueId> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(world.submit(&["a@example.com"], &message(&number.to_string(), "a@example.com", "x")).await);
    }
    ids
}

async fn deferred_once(world: &World, to: &str) -> QueueId {
    let id = world.submit(&[to], &message("s", to, "x")).await;
    world.until_view(id, |view| !view.sends[0].attempts.is_empty()).await;
    id
}

fn fail(world: &World, operation: Operation, status: u16, retry_after: Option<u64>, times: Option<u32>) {
    let effect = Effect::Answer { status, code: String::new(), message: "on purpose".into(), retry_after };
    world.twin.backend().arm(InjectedFault { operation, effect, times, one_in: None });
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_named_with_its_end() {
    let setup = Setup { quota: Quota::CUSTOM_DOMAIN, twin_is_generous: false, ..Setup::default() };
    let world = World::start_with(setup).await;
    nothing_is_wrong(&world).await;
    let ids = submit_many(&world, 33).await;
    world.until_taken(30).await;
    let pieces = ["30 sends in a minute", "leaves at 08:01:01 UTC", "3 messages wait"];
    let found = named(&world, "quota_used_up", &pieces).await;
    assert_eq!((found["account"].as_str(), found["severity"].as_str()), (Some("contoso"), Some("notice")));
    let (last, wait) = one_that_waits(&world, &ids).await;
    assert_eq!((&wait["code"], &wait["until"]), (&json!("quota_used_up"), &json!("2027-01-15T08:01:01Z")));
    // A retry changes nothing, and says why it waits in place of "nothing waits".
    let retried = world.post(&format!("/v1/queue/{last}/sends:retry")).await;
    assert_eq!((&retried["changed"], &retried["waits"]), (&json!(0), &json!([wait])));
    world.advance_until(Duration::from_secs(1), async || world.captured().len() == 33).await;
    nothing_is_wrong(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn a_pause_that_azure_asks_for_ends_within_the_hour_with_one_request() {
    let world = World::start().await;
    fail(&world, Operation::Send, 429, Some(7_200), Some(2));
    let first = deferred_once(&world, "a@example.com").await;
    submit_many(&world, 3).await;
    let pieces =
        ["429", "a pause until 10:00:00 UTC", "nothing is sent before 09:00:00 UTC", "4 messages wait"];
    named(&world, "azure_rate_limited", &pieces).await;
    let wait = wait_of(&world, first).await;
    assert_eq!(wait["code"], "azure_rate_limited", "{wait:#}");
    world.clock.advance(Duration::from_secs(3_590));
    world.breathe().await;
    let tries = async |world: &World| -> usize {
        let list = world.list("/v1/queue?limit=10").await;
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| usize::try_from(one["attempts"].as_u64().unwrap()).unwrap())
            .sum()
    };
    assert_eq!(tries(&world).await, 1, "nothing is sent before the hour is over");
    // One trial, which Azure refuses again: the others wait on.
    world.advance_until(Duration::from_secs(5), async || tries(&world).await == 2).await;
    named(&world, "azure_rate_limited", &["4 messages wait"]).await;
    assert_eq!((tries(&world).await, world.captured().len()), (2, 0));
    world.advance_until(Duration::from_secs(120), async || world.captured().len() == 4).await;
    nothing_is_wrong(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn a_pause_outlives_a_restart() {
    let mut world = World::start().await;
    fail(&world, Operation::Send, 429, Some(600), Some(1));
    deferred_once(&world, "a@example.com").await;
    world.stop_server().await;
    world.start_server().await;
    world.submit(&["b@example.com"], &message("2", "b@example.com", "x")).await;
    named(&world, "azure_rate_limited", &["a pause until 08:10:00 UTC", "2 messages wait"]).await;
    world.clock.advance(Duration::from_secs(590));
    world.breathe().await;
    assert!(world.captured().is_empty());
    world.advance_until(Duration::from_secs(5), async || world.captured().len() == 2).await;
    world.finish().await;
}

#[tokio::test]
async fn an_azure_that_is_away_or_fails_is_named() {
    let world = World::start().await;
    fail(&world, Operation::Token, 503, None, None);
    let id = deferred_once(&world, "a@example.com").await;
    let found =
        named(&world, "azure_unreachable", &["the last attempt failed", "1 message waits", "Entra"]).await;
    assert_eq!(found["severity"], "warning");
    assert!(!found["message"].as_str().unwrap().contains("by REST"), "the way is no part of the cause");
    assert_eq!(wait_of(&world, id).await["code"], "azure_unreachable");
    world.twin.backend().disarm();
    world.advance_until(Duration::from_secs(5), async || world.captured().len() == 1).await;
    nothing_is_wrong(&world).await;
    fail(&world, Operation::Send, 503, None, Some(2));
    let id = deferred_once(&world, "b@example.com").await;
    named(&world, "azure_failing", &["the last attempt ended with an error from Azure"]).await;
    let wait = wait_of(&world, id).await;
    assert_eq!(wait["code"], "put_off", "{wait:#}");
    assert!(wait["message"].as_str().unwrap().contains("attempt 1 failed"), "{wait:#}");
    world.advance_until(Duration::from_secs(5), async || world.captured().len() == 2).await;
    nothing_is_wrong(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn a_disk_without_room_is_named_and_refuses_mail() {
    let mut world = World::start().await;
    nothing_is_wrong(&world).await;
    world.stop_server().await;
    world.set_disk_reserve(u64::MAX);
    world.start_server().await;
    let mut connection = world.log_in(&world.device).await.unwrap();
    let verdict = world.offer(&mut connection, &["a@example.com"], &message("s", "a@example.com", "x")).await;
    connection.quit().await;
    let refusal = verdict.message.unwrap().unwrap_err();
    assert_eq!(refusal.reply().code(), 452, "{refusal}");
    let found = named(&world, "disk_full", &["free", "new mail is refused with 452", "df -h"]).await;
    assert_eq!((found["account"].as_str(), found["severity"].as_str()), (None, Some("critical")));
    world.finish().await;
}

/// A message of so many bytes and more; gives the reply's code.
async fn offer_large(world: &World, bytes: usize) -> u16 {
    let mut connection = world.log_in(&world.device).await.unwrap();
    let text = "a line of a scan that is long enough\r\n".repeat(bytes / 38 + 1);
    let verdict =
        world.offer(&mut connection, &["a@example.com"], &message("s", "a@example.com", &text)).await;
    connection.quit().await;
    match verdict.message.unwrap() {
        Ok(reply) => reply.code(),
        Err(refusal) => refusal.reply().code(),
    }
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_written_is_named_until_it_can() {
    let options = store::Options { segment_bytes: 65_536, ..store::Options::default() };
    let world = World::start_with(Setup { store: options, ..Setup::default() }).await;
    // The file of a message that is larger than a quarter of a mebibyte, and the journal's next segment.
    for (folder, what, bytes) in [
        ("large", "could not write the file of a large message", 400_000),
        ("journal", "could not append a message to its journal", 40_000),
    ] {
        let there = world.folder().join("server").join(folder);
        let away = there.with_extension("away");
        std::fs::rename(&there, &away).unwrap();
        let mut tries = 0;
        while offer_large(&world, bytes).await != 451 {
            tries += 1;
            assert!(tries < 5, "{folder}: one segment has no room for so many");
        }
        let pieces = [what, "at 08:00:00 UTC", "No such file", "refused with 451", "`ls -ld ", "dmesg"];
        let found = named(&world, "storage_failing", &pieces).await;
        assert!(found["action"].as_str().unwrap().contains(&format!("/server/{folder}`")), "{found:#}");
        assert_eq!((found["account"].as_str(), found["severity"].as_str()), (None, Some("critical")));
        if folder == "large" {
            // A small message does not end what large ones still meet.
            assert_eq!(offer_large(&world, 1_000).await, 250);
            assert_eq!(named(&world, "storage_failing", &pieces).await["since"], found["since"]);
            assert_eq!(offer_large(&world, bytes).await, 451);
            assert_eq!(named(&world, "storage_failing", &pieces).await["since"], found["since"]);
        }
        std::fs::rename(&away, &there).unwrap();
        assert_eq!(offer_large(&world, bytes).await, 250, "{folder} is there again");
        let is_over = async || {
            let problems = world.get("/v1/status").await["problems"].clone();
            problems.as_array().unwrap().iter().all(|one| one["code"] == "client_refused")
        };
        assert!(world.comes_about(is_over).await, "{:#}", world.get("/v1/status").await);
    }
    world.clock.advance(Duration::from_secs(3_600));
    let all_sent = async || {
        let sends = world.get("/v1/status").await["sends"].clone();
        sends.as_object().unwrap().keys().all(|state| ["submitted", "sent"].contains(&state.as_str()))
    };
    assert!(world.comes_about(all_sent).await, "nothing was given up: {:#}", world.get("/v1/status").await);
    world.finish().await;
}

#[tokio::test]
async fn a_secret_that_has_expired_is_named_before_and_after() {
    let world = World::start().await;
    let expires_at = Some(world.clock.now() + SignedDuration::from_hours(24 * 3));
    let change = AccountChange { expires_at, ..AccountChange::default() };
    world.control().change_account("contoso", change).await.unwrap();
    named(
        &world,
        "secret_expires",
        &["client secret of account contoso expires in 3 days", "rotate contoso"],
    )
    .await;
    world.revoke_secrets();
    world.clock.advance(Duration::from_secs(3 * 86_400 + 60));
    let id = deferred_once(&world, "a@example.com").await;
    named(&world, "secret_expired", &["expired on 2027-01-18", "postern account edit contoso --secret"])
        .await;
    named(&world, "login_refused", &["AADSTS7000215", "1 message waits"]).await;
    assert_eq!(wait_of(&world, id).await["code"], "login_refused");
    world.finish().await;
}

#[tokio::test]
async fn a_domain_that_is_not_linked_is_named_until_it_is_linked_again() {
    let world = World::start().await;
    world.twin.backend().change_state(|state| state.services[0].linked_domains.clear());
    let id = deferred_once(&world, "a@example.com").await;
    let pieces = ["mail from contoso.example", "not linked to the communication service contoso-mail"];
    named(&world, "domain_not_linked", &pieces).await;
    world.twin.backend().change_state(|state| state.link("contoso-mail", "contoso.example"));
    let retried = world.post(&format!("/v1/queue/{id}/sends:retry")).await;
    assert_eq!(retried["changed"], 1);
    world.until(id, &DONE).await;
    nothing_is_wrong(&world).await;
    world.finish().await;
}

#[tokio::test]
async fn a_sender_that_azure_does_not_have_is_named() {
    let world = World::start().await;
    world.twin.backend().change_state(|state| {
        let domain = state.domains.iter_mut().find(|domain| domain.name == "contoso.example").unwrap();
        domain.senders.retain(|sender| sender.username != "scanner");
    });
    deferred_once(&world, "a@example.com").await;
    named(&world, "sender_unknown", &["mail from scanner@contoso.example", "postern sender add"]).await;
    world.finish().await;
}

#[tokio::test]
async fn recipients_that_are_suppressed_are_counted() {
    let behaviour = Behaviour { operation_seconds: 0, ..Behaviour::default() };
    let world = World::start_with(Setup { behaviour, ..Setup::default() }).await;
    let now = world.clock.now();
    let list = json!({
        "name": "l", "list_name": "scanner", "created_at": now, "updated_at": now,
        "addresses": [{ "name": "1", "email": "gone@example.com", "updated_at": now }],
    });
    world.twin.backend().change_state(|state| {
        let domain = state.domains.iter_mut().find(|domain| domain.name == "contoso.example").unwrap();
        domain.suppression_lists.push(serde_json::from_value(list).unwrap());
    });
    let id = world.submit(&["gone@example.com"], &message("s", "gone@example.com", "x")).await;
    let failed = async || world.view(id).await.is_some_and(|view| view.sends[0].state == SendState::Failed);
    world.advance_until(Duration::from_secs(5), failed).await;
    let pieces = ["dropped 1 message of account contoso", "suppression list", "queue list --state failed"];
    let found = named(&world, "recipients_suppressed", &pieces).await;
    assert_eq!(found["severity"], "notice");
    world.finish().await;
}

#[tokio::test]
async fn a_disabled_account_is_named_while_mail_waits_for_it() {
    let world = World::start().await;
    fail(&world, Operation::Send, 503, None, Some(1));
    let id = deferred_once(&world, "a@example.com").await;
    let set = async |state| {
        let change = AccountChange { state: Some(state), ..AccountChange::default() };
        world.control().change_account("contoso", change).await.unwrap();
    };
    set(AccountState::Disabled).await;
    named(&world, "account_disabled", &["1 message waits", "postern account enable contoso"]).await;
    let wait = wait_of(&world, id).await;
    assert_eq!((&wait["code"], &wait["until"]), (&json!("account_disabled"), &Value::Null));
    set(AccountState::Enabled).await;
    world.advance_until(Duration::from_secs(5), async || world.captured().len() == 1).await;
    nothing_is_wrong(&world).await;
    world.finish().await;
}
