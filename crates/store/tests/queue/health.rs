//! What waits, and what it waits for.

use model::delivery::{Attempt, AttemptResult, Reason};
use model::upstream::Transport;
use store::{Hindered, NextStep, Settlement, Suppressed};

use super::*;

async fn tried(store: &Store, second: i64, reason: Option<Reason>, next: NextStep) {
    let queue = store.queue();
    let claims = queue.claim_due(ACCOUNT, at(second), 10, at(second + 60)).await.unwrap();
    let settlements = claims.iter().map(|claim| Settlement {
        id: claim.send.id,
        attempt: Some(Attempt {
            at: at(second),
            transport: Some(Transport::Rest),
            result: AttemptResult::Deferred,
            text: "no".into(),
            reason,
        }),
        next: next.clone(),
        refused: Vec::new(),
    });
    queue.settle(settlements.collect(), Vec::new()).await.unwrap();
}

#[tokio::test]
async fn what_waits_is_counted_with_the_reason_of_its_last_try() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let queue = store.queue();
    assert!(queue.waiting().await.unwrap().is_empty());
    accept(&store, 1, b"x").await.unwrap();
    accept(&store, 2, b"x").await.unwrap();
    entered(&store, 2).await;
    assert_eq!(queue.waiting().await.unwrap(), [(ACCOUNT, 2)]);
    let again = |second| NextStep::Again { at: at(second) };
    tried(&store, 10, Some(Reason::DomainNotLinked), again(20)).await;
    tried(&store, 20, Some(Reason::DomainNotLinked), again(40)).await;
    let (author, reason) = ("a@b.example".to_owned(), Reason::DomainNotLinked);
    let hindered = Hindered { account: ACCOUNT, author, reason, count: 2, since: at(10) };
    assert_eq!(queue.hindered(at(0)).await.unwrap(), [hindered]);
    assert!(queue.hindered(at(21)).await.unwrap().is_empty(), "that is long ago");
    tried(&store, 40, Some(Reason::Azure), again(80)).await;
    assert!(queue.hindered(at(0)).await.unwrap().is_empty(), "it waits for something else now");
    tried(&store, 80, Some(Reason::Suppressed), NextStep::Failed).await;
    assert!(queue.waiting().await.unwrap().is_empty());
    let dropped = Suppressed { account: ACCOUNT, count: 2, since: at(80) };
    assert_eq!(queue.suppressed(at(0)).await.unwrap(), [dropped]);
    let view = queue.view(message(1).id).await.unwrap().unwrap();
    assert_eq!(view.sends[0].attempts.last().unwrap().reason, Some(Reason::Suppressed));
}

#[tokio::test]
async fn a_disk_below_its_reserve_takes_no_mail_and_can_still_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
    let options = Options { reserve_bytes: u64::MAX, ..Options::default() };
    let store = Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, at(0)).unwrap();
    let disk = store.queue().disk().unwrap();
    assert!(disk.free_bytes > 0 && disk.free_bytes < disk.reserve_bytes);
    assert_eq!(disk.path, folder.path());
    assert!(matches!(store.queue().has_room(1), Err(StoreError::Full(None))));
    store.queue().probe().await.unwrap();
}

#[tokio::test]
async fn a_message_is_lost_only_if_its_file_is_missing_from_a_folder_that_is_present() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    accept(&store, 1, &[b'x'; 40_000]).await.unwrap();
    entered(&store, 1).await;
    let (journal, away) = (folder.path().join("journal"), folder.path().join("away"));
    std::fs::rename(&journal, &away).unwrap();
    let claims = store.queue().claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap();
    let claim = claims.first().unwrap();
    assert!(matches!(store.queue().body(claim).await, Err(StoreError::Io(_))));
    std::fs::rename(&away, &journal).unwrap();
    assert_eq!(store.queue().body(claim).await.unwrap().len(), 40_000);
    for entry in std::fs::read_dir(&journal).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert!(matches!(store.queue().body(claim).await, Err(StoreError::Damaged(_))));
}
