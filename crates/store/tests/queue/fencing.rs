//! Claims of several processes. The others stand in the database as they would write it themselves.

use rusqlite::Connection;
use store::{NextStep, Settlement};

use super::*;

/// Another process, alive until that second, which has claimed everything that is claimed.
fn another_claims_all(folder: &Path, alive_until: i64) {
    let database = Connection::open(folder.join("postern.db")).unwrap();
    let until = at(alive_until).as_millisecond();
    database.execute("INSERT INTO node (started_at, alive_until) VALUES (0, ?)", [until]).unwrap();
    database
        .execute("UPDATE send SET node = (SELECT max(number) FROM node) WHERE state = 'sending'", [])
        .unwrap();
}

async fn state(store: &Store) -> String {
    let counts = store.queue().counts().await.unwrap();
    counts.into_iter().filter(|(_, count)| *count > 0).map(|(state, _)| state.as_str()).collect()
}

#[tokio::test]
async fn what_a_fenced_process_reports_is_refused_and_a_dead_one_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    accept(&store, 1, b"x").await.unwrap();
    entered(&store, 1).await;
    let claim = store.queue().claim_due(ACCOUNT, at(0), 1, at(60)).await.unwrap().remove(0);
    another_claims_all(folder.path(), 100);
    let sent =
        || vec![Settlement { id: claim.send.id, attempt: None, next: NextStep::Sent, refused: Vec::new() }];
    store.queue().settle(sent(), Vec::new()).await.unwrap();
    assert_eq!(state(&store).await, "sending", "the other process still has it");
    assert_eq!(store.queue().release_leases(at(99)).await.unwrap(), [], "its process lives");
    assert_eq!(store.queue().release_leases(at(100)).await.unwrap(), [(ACCOUNT, 1)]);
    store.queue().settle(sent(), Vec::new()).await.unwrap();
    assert_eq!(state(&store).await, "queued", "nobody has claimed it");
    store.queue().claim_due(ACCOUNT, at(100), 1, at(160)).await.unwrap();
    assert_eq!(
        store.queue().release_leases(at(100)).await.unwrap(),
        [],
        "what this process claims is its own"
    );
    store.queue().settle(sent(), Vec::new()).await.unwrap();
    assert_eq!(state(&store).await, "sent");
}
