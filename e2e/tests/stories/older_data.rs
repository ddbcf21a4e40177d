//! What an older build left behind when it was killed is there after an upgrade, and goes on.
//! `tests/fixtures/schema-4/README.md` says what is in it and how it was made.

use std::collections::BTreeMap;
use std::path::Path;

use clock::Clock;
use control::AccountChange;
use control::watch::WatchSettings;
use e2e::{Device, Setup, World, message};
use jiff::Timestamp;
use model::azure::TransportChoice;
use model::delivery::SendState;
use model::id::QueueId;
use model::quota::Quota;
use model::search::Search;
use secrecy::ExposeSecret as _;
use store::{SecretName, SecretOwner};

/// Minutes after it was killed.
const LATER: i64 = 1_795_888_800;
const DONE: [SendState; 2] = [SendState::Submitted, SendState::Sent];
/// Queue ids, files and recipients.
const QUEUED: [(&str, &str, usize); 5] = [
    ("01m8hmm0rqft0b4f4v3ccgkktg", "plain", 1),
    ("01m8hmm0s7e32t5g0cb9bdjd4y", "eight-bit", 1),
    ("01m8hmm0svf68trvkwtazxbj6s", "large", 1),
    ("01m8hmm0v5ft7a17cy45je4da1", "invitation", 1),
    ("01m8hmm0x2f8mbm9wh65qgd055", "many", 60),
];

async fn upgraded() -> World {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema-4/old.tar.gz");
    World::start_with(Setup {
        clock: Clock::standing(Timestamp::from_second(LATER).unwrap()),
        watch: WatchSettings { drift_every: None, ..Setup::default().watch },
        older_data: Some(archive),
        ..Setup::default()
    })
    .await
}

fn sent(world: &World, file: &str) -> Vec<u8> {
    std::fs::read(world.folder().join("sent").join(file).with_extension("eml")).unwrap()
}

fn device(login: &str, password: &str) -> Device {
    Device { login: login.to_owned(), password: password.to_owned() }
}

#[tokio::test]
async fn everything_that_an_older_build_kept_is_there() {
    let world = upgraded().await;
    let store = &world.server().store;
    let directory = store.directory();
    let contoso = directory.account_named("contoso").unwrap();
    let spare = directory.account_named("spare").unwrap();
    assert_eq!(contoso.quota, Quota::CUSTOM_DOMAIN);
    assert_eq!((contoso.upstream.kind(), spare.upstream.kind()), ("azure", "azure"));
    assert_eq!((spare.azure().unwrap().transport, spare.quota.sends.per_hour), (TransportChoice::Smtp, 10));
    let mut senders: Vec<String> =
        directory.senders(contoso.id).map(|sender| sender.mailbox.to_string()).collect();
    senders.sort_unstable();
    assert_eq!(senders.len(), 4, "{senders:?}");
    assert!(senders.contains(&"scanner@contoso.example".to_owned()), "{senders:?}");

    assert!(store.verifications().last(contoso.id).await.unwrap().is_some());
    let infrastructure = store.infrastructure().of(contoso.id).await.unwrap().unwrap();
    let fabrikam = &infrastructure.domains["fabrikam.example"];
    assert_eq!(fabrikam.senders["noreply"].display_name.as_deref(), Some("Fabrikam"));
    let [connection] = &store.dns_providers().list().await.unwrap()[..] else { panic!("one was made") };
    assert_eq!(connection.name.as_str(), "cf");
    let key = world.twin.backend().state().services[0].keys[0].clone();
    for (owner, name, value) in [
        (SecretOwner::Account(contoso.id), SecretName::ClientSecret, &world.twin.ready().client_secret),
        (SecretOwner::Account(spare.id), SecretName::AccessKey, &key),
        (SecretOwner::DnsProvider(connection.id), SecretName::ApiToken, &"twin-cloudflare-token".to_owned()),
    ] {
        let secret = store.secrets().get(owner, name).await.unwrap();
        assert_eq!(secret.expose_secret(), value, "{name:?}");
    }

    let audit = store.audit().list(String::new(), None, 100).await.unwrap();
    let mut actions = BTreeMap::<&str, usize>::new();
    audit.iter().for_each(|(_, entry)| *actions.entry(&entry.action).or_default() += 1);
    let expected = [
        ("account.add", 2),
        ("credential.add", 2),
        ("dns.add", 1),
        ("estate.apply", 1),
        ("estate.edit", 1),
        ("sender.add", 4),
    ];
    assert_eq!(actions, BTreeMap::from(expected));

    for (id, file, recipients) in QUEUED {
        let id: QueueId = id.parse().unwrap();
        let view = world.view(id).await.unwrap();
        assert_eq!(view.sends.iter().map(|send| send.recipients.len()).sum::<usize>(), recipients, "{file}");
        assert!(view.sends.iter().all(|send| !DONE.contains(&send.state)), "{file}");
        // Whether it is in the index by now or not.
        let send = view.sends.last().unwrap();
        let by_recipient =
            Search { recipient: send.recipients[0].mailbox.to_string().parse().ok(), ..Search::default() };
        for search in [by_recipient, Search { operation: Some(send.operation), ..Search::default() }] {
            let found = store.queue().search(Search { limit: 100, ..search }).await.unwrap();
            assert!(found.messages.iter().any(|message| message.id == id), "{file}: {found:?}");
        }
        // Before it stands what every relay adds.
        let body = store.queue().body_of(id).await.unwrap();
        let trace =
            body.strip_suffix(&sent(&world, file)[..]).unwrap_or_else(|| panic!("{file} has changed"));
        assert!(trace.starts_with(b"Received: from device.example"), "{file}");
    }
    world.finish().await;
}

#[tokio::test]
async fn what_an_older_build_queued_goes_out_once() {
    let world = upgraded().await;
    let ready = world.twin.ready();
    // This twin has other ports and another certificate; app and secret are those that are sealed.
    let change = AccountChange {
        endpoint: Some(ready.url.clone()),
        cloud: Some(world.cloud()),
        ..AccountChange::default()
    };
    world.control().change_account("contoso", change).await.unwrap();
    world.advance_until(std::time::Duration::from_secs(15), async || world.captured().len() >= 6).await;
    for (id, file, _) in QUEUED {
        let view = world.until(id.parse().unwrap(), &DONE).await;
        assert!(view.sends[0].attempts.len() > 1, "{file} was tried before");
    }
    world.pass(std::time::Duration::from_secs(7_200)).await;
    let mut subjects: Vec<String> = world.captured().iter().map(|mail| mail.parts().subject).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["A page", "A scan", "Grüße", "Lunch", "To sixty", "To sixty"]);
    let mut reached: Vec<String> = world
        .captured()
        .iter()
        .flat_map(|mail| mail.recipients.iter().map(|recipient| recipient.address.clone()))
        .collect();
    reached.sort_unstable();
    let mut expected: Vec<String> = (0..60).map(|number| format!("r{number}@example.com")).collect();
    expected.extend(std::iter::repeat_n("a@example.com".to_owned(), 4));
    expected.sort_unstable();
    assert_eq!(reached, expected);

    // Passwords that were made then still log in, and mail flows.
    world.log_in(&device("press", "8hkgftcdq9un")).await.unwrap().quit().await;
    let mut connection = world.log_in(&device("scanner1", "w6xiwhea5nkz")).await.unwrap();
    let text = message("After the upgrade", "a@example.com", "x");
    let verdict = world.offer(&mut connection, &["a@example.com"], &text).await;
    assert!(verdict.message.unwrap().is_ok());
    connection.quit().await;
    world.until_taken(7).await;
    world.finish().await;
}
