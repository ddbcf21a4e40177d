//! Opening after a process that ended at a bad moment: its data directory, copied while it runs.

use std::fs;

use model::delivery::SendState;
use store::{NextStep, Settlement};

use super::*;

/// Copies a data directory as a crash would leave it.
fn snapshot(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    copy(from, to.path());
    to
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            // Spares and bodies may go while we look.
            let _ = fs::copy(entry.path(), target);
        }
    }
}

async fn all_queued(store: &Store) -> Vec<u128> {
    let claims = store.queue().claim_due(ACCOUNT, at(0), 10_000, at(60)).await.unwrap();
    let mut operations: Vec<u128> =
        claims.iter().map(|claim| claim.send.operation.guid().as_u128()).collect();
    operations.sort_unstable();
    operations
}

#[tokio::test]
async fn everything_accepted_is_found_even_without_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..300 {
        accept(&store, number, format!("body {number}").repeat(100).as_bytes()).await.unwrap();
    }
    let crashed = snapshot(folder.path());
    for file in ["postern.db", "postern.db-wal", "postern.db-shm"] {
        let _ = fs::remove_file(crashed.path().join(file));
    }
    let reopened = open(crashed.path());
    assert_eq!(all_queued(&reopened).await, (0..300).collect::<Vec<u128>>());
    let body = reopened.queue().body_of(message(7).id).await.unwrap();
    assert_eq!(body, b"body 7".repeat(100));
}

#[tokio::test]
async fn nothing_is_entered_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..50 {
        accept(&store, number, b"x").await.unwrap();
    }
    entered(&store, 50).await;
    let claims = store.queue().claim_due(ACCOUNT, at(0), 20, at(60)).await.unwrap();
    let settlements: Vec<Settlement> = claims[..10]
        .iter()
        .map(|claim| Settlement {
            id: claim.send.id,
            attempt: None,
            next: NextStep::Sent,
            refused: Vec::new(),
        })
        .collect();
    store.queue().settle(settlements, Vec::new()).await.unwrap();
    drop(store);

    for _ in 0..3 {
        let store = open(folder.path());
        let released = store.queue().release_leases(at(5)).await.unwrap();
        let mut counts = store.queue().counts().await.unwrap();
        counts.sort_by_key(|(state, _)| state.as_str());
        assert_eq!(counts, [(SendState::Queued, 40), (SendState::Sent, 10)]);
        assert!(released.is_empty() || released == [(ACCOUNT, 10)], "{released:?}");
    }
}

#[tokio::test]
async fn a_torn_record_at_the_end_is_not_taken_for_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..3 {
        accept(&store, number, b"x").await.unwrap();
    }
    let crashed = snapshot(folder.path());
    let _ = fs::remove_file(crashed.path().join("postern.db"));
    let _ = fs::remove_file(crashed.path().join("postern.db-wal"));
    let segment = crashed.path().join("journal/0000000001.segment");
    let mut bytes = fs::read(&segment).unwrap();
    let last = bytes.windows(4).rposition(|window| window == b"PREC").unwrap();
    bytes[last + 100] ^= 1;
    fs::write(&segment, bytes).unwrap();
    assert_eq!(all_queued(&open(crashed.path())).await, [0, 1]);
}

#[tokio::test]
async fn a_large_body_survives_and_goes_with_its_message() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let body: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
    let id = accept(&store, 1, &body).await.unwrap().id();
    entered(&store, 1).await;
    let large = |store_folder: &Path| fs::read_dir(store_folder.join("large")).unwrap().count();
    assert_eq!(large(folder.path()), 1);

    let mut abandoned = store.queue().begin_body(message(2).id);
    abandoned.write(&body).await.unwrap();
    assert_eq!(large(folder.path()), 2);
    drop(abandoned);
    assert_eq!(large(folder.path()), 1);
    fs::write(folder.path().join("large/leftover"), "x").unwrap();
    drop(store);

    let store = open(folder.path());
    assert_eq!(large(folder.path()), 1, "what no message needs was swept up");
    assert_eq!(store.queue().body_of(id).await.unwrap(), body);
    let claims = store.queue().claim_due(ACCOUNT, at(0), 1, at(60)).await.unwrap();
    let sent = Settlement { id: claims[0].send.id, attempt: None, next: NextStep::Sent, refused: Vec::new() };
    store.queue().settle(vec![sent], Vec::new()).await.unwrap();
    assert_eq!(large(folder.path()), 0);
}
