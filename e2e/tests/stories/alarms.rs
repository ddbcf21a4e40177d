//! Somebody hears in time that a secret will expire, and that an account cannot send.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use control::watch::WatchSettings;
use control::{AccountChange, AuthenticationMethod, NewAccount, NewSender};
use e2e::{Setup, World, message};
use jiff::SignedDuration;
use model::account::Concurrency;
use model::azure::TransportChoice;
use model::delivery::SendState;
use model::quota::Quota;
use postern::config::AlarmSettings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A service of the operator's: it says yes to everything and keeps what it was told.
async fn hook() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/alarms", listener.local_addr().unwrap());
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut bytes, mut piece) = (Vec::new(), [0; 4_096]);
            while !bytes.ends_with(b"}") {
                let count = stream.read(&mut piece).await.unwrap();
                bytes.extend_from_slice(&piece[..count]);
            }
            kept.lock().unwrap().push(String::from_utf8(bytes).unwrap());
            stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await.unwrap();
        }
    });
    (url, heard)
}

async fn add_second_account(world: &World) {
    let ready = world.twin.ready();
    let new = NewAccount {
        name: "second".into(),
        tenant_id: ready.tenant_id.to_string(),
        client_id: ready.client_id.to_string(),
        authentication: AuthenticationMethod::AccessKey(
            world.twin.backend().state().services[0].keys[0].clone().into(),
        ),
        expires_at: None,
        subscription_id: ready.subscription_id.to_string(),
        service: Some(ready.communication_service.clone()),
        endpoint: Some(ready.url.clone()),
        cloud: world.cloud(),
        transport: TransportChoice::Auto,
        quota: Quota::CUSTOM_DOMAIN,
        concurrency: Concurrency::default(),
    };
    world.control().add_account(new).await.unwrap();
    let mailbox = "noreply@contoso.example".to_owned();
    let new = NewSender { account: "second".into(), mailbox, display_name: None };
    world.control().add_sender(new).await.unwrap();
}

#[tokio::test]
async fn an_expiry_is_told_in_steps_by_hook_and_by_mail_through_another_account() {
    let (url, heard) = hook().await;
    let alarms = AlarmSettings {
        web_hook: Some(url.parse().unwrap()),
        mail_to: Some("admin@example.com".parse().unwrap()),
    };
    let watch = WatchSettings { verify_every: None, rotate_before: None, ..WatchSettings::default() };
    let world = World::start_with(Setup { watch, alarms, ..Setup::default() }).await;
    add_second_account(&world).await;
    let expires_at = Some(world.clock.now() + SignedDuration::from_hours(24 * 8));
    let change = AccountChange { expires_at, ..AccountChange::default() };
    world.control().change_account("contoso", change).await.unwrap();
    let told = || heard.lock().unwrap().len();
    world.advance_slowly_until(Duration::from_secs(30), async || told() == 1).await;
    assert!(heard.lock().unwrap()[0].contains(r#""code":"secret_expires""#), "{heard:?}");
    world.until_taken(1).await;
    // Within a week; and then it is over.
    world.clock.advance(Duration::from_secs(86_400 + 3_600));
    world.advance_slowly_until(Duration::from_secs(30), async || told() == 2).await;
    world.until_taken(2).await;
    world.clock.advance(Duration::from_secs(7 * 86_400));
    world.advance_slowly_until(Duration::from_secs(30), async || told() == 3).await;
    let last = heard.lock().unwrap()[2].clone();
    assert!(last.contains("POST /alarms") && last.contains("its mail waits"), "{last}");
    world.until_taken(3).await;
    let mails = world.captured_for("admin@example.com");
    assert_eq!(mails.len(), 3);
    let raw = String::from_utf8_lossy(&mails[0].raw).into_owned();
    assert!(
        raw.contains("noreply@contoso.example") && raw.contains("The secret of account contoso expires"),
        "{raw}"
    );
    world.finish().await;
}

#[tokio::test]
async fn the_alarm_of_an_app_that_may_not_renew_its_secret_names_the_way_that_works() {
    let (url, heard) = hook().await;
    let alarms = AlarmSettings { web_hook: Some(url.parse().unwrap()), mail_to: None };
    for (roles, command) in [
        (None, "`postern account rotate contoso` rotates it"),
        (Some("Application.Read.All"), "`postern account rotate contoso --by-hand` guides you"),
        (Some(""), "`postern account rotate contoso --by-hand` guides you"),
    ] {
        heard.lock().unwrap().clear();
        let watch = WatchSettings { verify_every: None, rotate_before: None, ..WatchSettings::default() };
        let world = World::start_with(Setup { watch, alarms: alarms.clone(), ..Setup::default() }).await;
        if let Some(role) = roles {
            let roles = role.split_whitespace().map(str::to_owned).collect();
            world.twin.backend().change_state(|state| state.tenants[0].apps[0].graph_roles = roles);
        }
        let expires_at = Some(world.clock.now() + SignedDuration::from_hours(24 * 8));
        let change = AccountChange { expires_at, ..AccountChange::default() };
        world.control().change_account("contoso", change).await.unwrap();
        world.advance_slowly_until(Duration::from_secs(30), async || !heard.lock().unwrap().is_empty()).await;
        assert!(heard.lock().unwrap()[0].contains(command), "{roles:?}: {heard:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn an_account_that_cannot_send_is_told_once_and_so_is_its_recovery() {
    let (url, heard) = hook().await;
    let alarms = AlarmSettings { web_hook: Some(url.parse().unwrap()), mail_to: None };
    let hour = SignedDuration::from_hours(1);
    let watch = WatchSettings { verify_every: Some(hour), rotate_before: None, ..WatchSettings::default() };
    let world = World::start_with(Setup { watch, alarms, ..Setup::default() }).await;
    world.twin.backend().change_state(|state| state.services[0].linked_domains.clear());
    let told = || heard.lock().unwrap().len();
    world.advance_slowly_until(Duration::from_secs(120), async || told() == 1).await;
    assert!(heard.lock().unwrap()[0].contains("services.no_domain"), "{heard:?}");
    world.twin.backend().change_state(|state| state.link("contoso-mail", "contoso.example"));
    world.advance_slowly_until(Duration::from_secs(120), async || told() == 2).await;
    assert!(heard.lock().unwrap()[1].contains("account_recovered"), "{heard:?}");
    world.finish().await;
}

#[tokio::test]
async fn a_problem_that_needs_a_person_is_told_when_it_begins_and_when_it_ends() {
    let (url, heard) = hook().await;
    let alarms = AlarmSettings { web_hook: Some(url.parse().unwrap()), mail_to: None };
    let world = World::start_with(Setup { alarms, ..Setup::default() }).await;
    let told = || heard.lock().unwrap().len();
    world.twin.backend().change_state(|state| state.services[0].linked_domains.clear());
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    world.advance_until(Duration::from_secs(30), async || told() == 1).await;
    let first = heard.lock().unwrap()[0].clone();
    assert!(
        first.contains(r#""code":"domain_not_linked""#) && first.contains(r#""account":"contoso""#),
        "{first}"
    );
    world.clock.advance(Duration::from_secs(120));
    world.twin.backend().change_state(|state| state.link("contoso-mail", "contoso.example"));
    world.advance_until(Duration::from_secs(30), async || told() == 2).await;
    let second = heard.lock().unwrap()[1].clone();
    assert!(second.contains("domain_not_linked_ended") && second.contains("Resolved: "), "{second}");
    world.until(id, &[SendState::Submitted, SendState::Sent]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_restart_neither_repeats_an_alarm_nor_forgets_its_end() {
    let (url, heard) = hook().await;
    let alarms = AlarmSettings { web_hook: Some(url.parse().unwrap()), mail_to: None };
    let mut world = World::start_with(Setup { alarms, ..Setup::default() }).await;
    let told = || heard.lock().unwrap().len();
    world.twin.backend().change_state(|state| state.services[0].linked_domains.clear());
    let id = world.submit(&["a@example.com"], &message("s", "a@example.com", "x")).await;
    world.advance_until(Duration::from_secs(30), async || told() == 1).await;
    world.stop_server().await;
    world.start_server().await;
    // Two looks later somebody would have heard of it again.
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(61));
        world.breathe().await;
    }
    assert_eq!(told(), 1, "{heard:?}");
    world.twin.backend().change_state(|state| state.link("contoso-mail", "contoso.example"));
    world.advance_until(Duration::from_secs(30), async || told() == 2).await;
    assert!(heard.lock().unwrap()[1].contains("domain_not_linked_ended"), "{heard:?}");
    world.until(id, &[SendState::Submitted, SendState::Sent]).await;
    world.finish().await;
}

#[tokio::test]
async fn what_was_changed_is_verified_within_minutes_and_not_only_tomorrow() {
    let watch = WatchSettings { rotate_before: None, ..WatchSettings::default() };
    let world = World::start_with(Setup { watch, ..Setup::default() }).await;
    let control = world.control();
    control.verify("contoso", control::verify::Repair::Nothing, None).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let change = AccountChange { smtp_sessions: Some(3), ..AccountChange::default() };
    let changed_at = control.change_account("contoso", change).await.unwrap().account.changed_at;
    let is_seen = async || {
        let account = control.account("contoso").unwrap();
        control.last_report(&account).await.unwrap().is_some_and(|report| report.at >= changed_at)
    };
    let begun = world.clock.now();
    world.advance_slowly_until(Duration::from_secs(30), is_seen).await;
    assert!(world.clock.now().duration_since(begun) < SignedDuration::from_hours(1));
    world.finish().await;
}

#[tokio::test]
async fn a_domain_that_loses_its_records_is_told_and_one_that_waited_goes_on_by_itself() {
    use api::infrastructure::manifest::DomainManifest;
    use twin::state::dns::{Record, Zone};

    let (url, heard) = hook().await;
    let alarms = AlarmSettings { web_hook: Some(url.parse().unwrap()), mail_to: None };
    let watch = WatchSettings { verify_every: None, rotate_before: None, ..WatchSettings::default() };
    let world = World::start_with(Setup { watch, alarms, ..Setup::default() }).await;
    let control = world.control();
    world.twin.backend().change_state(|state| {
        state.zones.push(Zone { name: "tailspin.example".into(), ..Zone::default() });
    });
    e2e::add_domain(&control, "tailspin.example", DomainManifest::default()).await;
    assert!(world.drive(e2e::apply(&control, "contoso", None)).await.unwrap().only_pending());

    // Somebody writes the records, and tells nobody.
    let rows = control.provisioning().domain_status("contoso", "tailspin.example").await.unwrap().rows;
    let zone = |twin: &mut twin::state::State, records: Vec<Record>| {
        twin.zones.iter_mut().find(|zone| zone.name == "tailspin.example").unwrap().records = records;
    };
    let records: Vec<Record> = rows
        .iter()
        .filter(|row| !row.required.is_empty())
        .map(|row| Record::new(&row.kind, &row.name, &row.required))
        .collect();
    world.twin.backend().change_state(|state| zone(state, records.clone()));
    let told = |code: &str| heard.lock().unwrap().iter().any(|text| text.contains(code));
    world.advance_slowly_until(Duration::from_secs(20), async || told("domain_ready")).await;
    assert!(control.provisioning().plan("contoso", &[], None).await.unwrap().steps.is_empty());

    // Somebody takes them away again.
    world.twin.backend().change_state(|state| zone(state, Vec::new()));
    world.advance_slowly_until(Duration::from_secs(1_200), async || told("\"drift\"")).await;
    world.twin.backend().change_state(|state| zone(state, records));
    world.advance_slowly_until(Duration::from_secs(1_200), async || told("drift_ended")).await;
    world.finish().await;
}
