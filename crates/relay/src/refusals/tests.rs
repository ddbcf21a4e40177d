//! Floods, repetitions and restarts.

use std::time::Duration;

use store::{DataDir, MasterKey, Options, Volatile};

use super::*;
use crate::refusals::shelf::CAPACITY;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(super) fn of_stranger(peer: &str, code: &str, second: i64) -> Refused {
    Refused {
        at: at(second),
        since: at(second),
        count: 1,
        peer: peer.parse().unwrap(),
        login: None,
        credential: None,
        sender: None,
        reply: format!("{code} No"),
        code: code.to_owned(),
        reason: None,
        message_id: None,
        tls: None,
    }
}

pub(super) fn of_credential(login: &str, second: i64) -> Refused {
    let credential = Some(login.to_owned());
    Refused { credential, ..of_stranger("10.1.2.3", "550 5.1.7", second) }
}

fn open(folder: &std::path::Path) -> (Store, Refusals, Clock) {
    let data_dir = DataDir::open(folder, Volatile::Allowed).unwrap();
    let options = Options { segment_bytes: 65_536, ..Options::default() };
    let store = Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, at(0)).unwrap();
    let clock = Clock::standing(at(0));
    let refusals = Refusals::new(&store, clock.clone());
    (store, refusals, clock)
}

#[tokio::test]
async fn a_flood_of_strangers_pushes_out_no_credential_and_a_restart_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, refusals, clock) = open(folder.path());
    refusals.note(of_credential("scanner1", 0), None);
    refusals
        .note(Refused { login: Some("Scanner2".into()), ..of_stranger("10.1.9.9", "535 5.7.3", 0) }, None);
    for n in 0..100_000_i64 {
        clock.advance(Duration::from_millis(10));
        // From a thousand networks, under a hundred thousand names.
        let peer = format!("198.51.{}.{}", n % 250, n % 4 * 64);
        let login = Some(format!("user{n}"));
        refusals.note(Refused { login, ..of_stranger(&peer, "535 5.7.3", n / 100) }, None);
        if n % 20_000 == 0 {
            refusals.write_down().await;
        }
    }
    refusals.write_down().await;
    assert_eq!(refusals.list(None, usize::MAX).len(), CAPACITY + 1);
    assert_eq!(refusals.list(Some("scanner1"), 10), [of_credential("scanner1", 0)]);
    assert_eq!(refusals.last_of("Scanner1"), Some(of_credential("scanner1", 0)));
    for (login, is_there) in [("scanner2", true), ("user0", false), ("user99999", true)] {
        assert_eq!(refusals.last_of(login).is_some(), is_there, "{login}");
    }
    assert_eq!(refusals.list(Some("SCANNER2"), 10).len(), 1, "a device of the LAN is no part of the flood");
    assert_eq!(refusals.counts(), [("535 5.7.3".to_owned(), 100_001), ("550 5.1.7".to_owned(), 1)]);
    let before = refusals.list(None, usize::MAX);
    let again = Refusals::new(&store, clock);
    again.load().await.unwrap();
    assert_eq!(again.list(None, usize::MAX).len(), before.len());
    assert_eq!(again.list(Some("scanner1"), 10), [of_credential("scanner1", 0)]);
    assert_eq!(again.counts(), [], "counts begin anew");
    again.note(of_credential("scanner1", 3_000), None);
    let repeated = again.list(Some("scanner1"), 10);
    assert_eq!(again.last_of("scanner1").as_ref(), repeated.first());
    assert_eq!((repeated[0].count, repeated[0].since, repeated[0].at), (2, at(0), at(3_000)));
}

#[test]
fn one_device_that_is_refused_for_ever_leaves_room_for_others() {
    let mut shelves = Shelves::default();
    shelves.note(of_credential("quiet", 0));
    for n in 0..5_000 {
        let message_id = Some(format!("<{n}@x>"));
        shelves.note(Refused { message_id, ..of_credential("loud", n) });
    }
    let all = shelves.newest_first();
    assert_eq!(all.len(), CAPACITY);
    assert_eq!(all.last().unwrap().credential.as_deref(), Some("quiet"));
    assert_eq!(all[0].message_id.as_deref(), Some("<4999@x>"));
    let changes = shelves.take_changes();
    assert_eq!(
        (changes.kept.len(), changes.forgotten.len()),
        (CAPACITY, 0),
        "the store hears of what is there"
    );
    shelves.note(of_credential("other", 5_000));
    let changes = shelves.take_changes();
    assert_eq!((changes.kept.len(), changes.forgotten.len()), (1, 1));
}

#[test]
fn refusals_of_a_kind_are_one_for_an_hour() {
    let mut shelves = Shelves::default();
    for (peer, login, second) in [
        ("203.0.113.1", "a", 0),
        ("203.0.113.2", "A", 3_600),
        ("203.0.113.2", "b", 3_600),
        ("203.0.113.1", "a", 7_201),
        ("10.0.0.1", "a", 7_201),
        ("10.0.0.2", "a", 7_201),
    ] {
        shelves.note(Refused { login: Some(login.to_owned()), ..of_stranger(peer, "535 5.7.3", second) });
    }
    let other = of_stranger("10.0.0.2", "530 5.7.0", 7_202);
    shelves.note(other.clone());
    shelves.note(Refused { reply: "530 5.7.0 Must issue a STARTTLS command first".to_owned(), ..other });
    let counts: Vec<u64> = shelves.newest_first().iter().map(|refused| refused.count).collect();
    assert_eq!(counts, [1, 1, 1, 1, 1, 1, 2], "another reply is another kind");
}

#[tokio::test]
async fn what_is_new_is_written_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let (store, refusals, _clock) = open(folder.path());
    let shutdown = CancellationToken::new();
    let kept = tokio::spawn(refusals.clone().keep_up(shutdown.clone()));
    refusals.note(of_credential("scanner1", 0), None);
    while store.refusals().all().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    kept.await.unwrap();
}
