//! Segments come and go, and trouble with the disk passes.

use std::fs;

use store::{NextStep, Settlement};

use super::*;

fn files(folder: &Path, extension: &str) -> usize {
    let entries = fs::read_dir(folder.join("journal")).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == extension)).count()
}

async fn send_all(store: &Store, keep: &[QueueId]) {
    loop {
        let claims = store.queue().claim_due(ACCOUNT, at(0), 100, at(60)).await.unwrap();
        if claims.is_empty() {
            return;
        }
        let settlements: Vec<Settlement> = claims
            .iter()
            .map(|claim| {
                let next = if keep.contains(&claim.send.id.message) {
                    NextStep::Again { at: at(1_000) }
                } else {
                    NextStep::Sent
                };
                Settlement { id: claim.send.id, attempt: None, next, refused: Vec::new() }
            })
            .collect();
        store.queue().settle(settlements, Vec::new()).await.unwrap();
    }
}

/// Waits until at most so many segments are left; retired segments are deleted in the background.
async fn segments_shrink_to(folder: &Path, count: usize) {
    for _ in 0..10_000 {
        if files(folder, "segment") <= count {
            return;
        }
        tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
    panic!("{} segments are left", files(folder, "segment"));
}

#[tokio::test]
async fn segments_go_when_their_messages_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..400 {
        accept(&store, number, &[b'x'; 1_000]).await.unwrap();
    }
    entered(&store, 400).await;
    assert!(files(folder.path(), "segment") > 5);
    send_all(&store, &[]).await;
    segments_shrink_to(folder.path(), 1).await;
    assert!(files(folder.path(), "spare") <= 2);

    accept(&store, 1_000, &[b'y'; 60_000]).await.unwrap();
    accept(&store, 1_001, &[b'z'; 60_000]).await.unwrap();
    entered(&store, 402).await;
    assert_eq!(store.queue().body_of(message(1_001).id).await.unwrap(), [b'z'; 60_000]);
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.queue().body_of(message(1_000).id).await.unwrap(), [b'y'; 60_000]);
}

#[tokio::test]
async fn a_message_that_waits_does_not_keep_a_whole_segment() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..200 {
        accept(&store, number, &[b'x'; 1_000]).await.unwrap();
    }
    entered(&store, 200).await;
    let kept = [message(3).id, message(90).id];
    send_all(&store, &kept).await;
    while store.queue().compact().await.unwrap() > 0 {}
    segments_shrink_to(folder.path(), 2).await;
    for id in kept {
        assert_eq!(store.queue().body_of(id).await.unwrap(), [b'x'; 1_000]);
    }
    drop(store);
    let store = open(folder.path());
    let claims = store.queue().claim_due(ACCOUNT, at(2_000), 10, at(3_000)).await.unwrap();
    assert_eq!(claims.len(), 2);
    for claim in &claims {
        assert_eq!(*store.queue().body(claim).await.unwrap(), [b'x'; 1_000]);
    }
}

#[tokio::test]
async fn trouble_with_the_disk_is_told_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    accept(&store, 1, b"x").await.unwrap();
    // The next segment cannot be made while a folder has its name.
    let folder_in_its_place = folder.path().join("journal/0000000002.segment");
    fs::create_dir(&folder_in_its_place).unwrap();
    fs::write(folder_in_its_place.join("x"), "").unwrap();
    let full = [b'x'; 64 << 10];
    let refused = accept(&store, 2, &full).await.unwrap_err();
    assert!(matches!(refused, StoreError::Io(_)), "{refused:?}");
    fs::remove_dir_all(&folder_in_its_place).unwrap();
    accept(&store, 3, &full).await.unwrap();
    accept(&store, 4, b"x").await.unwrap();
    entered(&store, 3).await;
    drop(store);
    let store = open(folder.path());
    let claims = store.queue().claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap();
    let operations: Vec<u128> = claims.iter().map(|claim| claim.send.operation.guid().as_u128()).collect();
    assert_eq!(operations, [1, 3, 4]);
}
