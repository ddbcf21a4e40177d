//! What a DSN returns of a message stays when its body is gone.

use std::fs;

use store::{NextStep, Settlement};

use super::*;

fn returned(number: u32, size_bytes: usize) -> QueuedMessage {
    let reverse_path = ReversePath::Mailbox("a@b.example".parse().unwrap());
    QueuedMessage { reverse_path, size_bytes: size_bytes as u64, ..message(number) }
}

async fn accept_and_send(store: &Store, message: QueuedMessage, body: &[u8]) {
    let mut writer = store.queue().begin_body(message.id);
    for piece in body.chunks(50_000) {
        writer.write(piece).await.unwrap();
    }
    store.queue().accept(message, writer.finish().await.unwrap()).await.unwrap();
    let claims = store.queue().claim_due(ACCOUNT, at(0), 10, at(60)).await.unwrap();
    let settled = |id| Settlement { id, attempt: None, next: NextStep::Sent, refused: Vec::new() };
    let settlements = claims.iter().map(|claim| settled(claim.send.id)).collect();
    store.queue().settle(settlements, Vec::new()).await.unwrap();
}

fn segments(folder: &Path) -> usize {
    let names = fs::read_dir(folder.join("journal")).unwrap();
    names.filter(|name| name.as_ref().unwrap().path().extension().is_some_and(|end| end == "segment")).count()
}

#[tokio::test]
async fn the_header_section_outlives_the_body_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let body = |number: u32, bytes: usize| {
        [format!("Subject: h\u{e9} {number}\r\nX:  y \r\n\r\n").into_bytes(), vec![b'z'; bytes]].concat()
    };
    for number in 0..20 {
        accept_and_send(&store, returned(number, 20_000), &body(number, 20_000)).await;
    }
    accept_and_send(&store, returned(20, 400_000), &body(20, 400_000)).await;
    accept_and_send(&store, message(21), &body(21, 100_000)).await;
    // Segments of 64 KiB: all but the last are retired, in a thread of their own.
    while segments(folder.path()) > 1 {
        tokio::task::yield_now().await;
    }
    drop(store);
    let store = open(folder.path());
    for number in 0..=20 {
        let header = store.queue().header_of(message(number).id).await.unwrap().unwrap();
        assert_eq!(String::from_utf8(header).unwrap(), format!("Subject: h\u{e9} {number}\r\nX:  y \r\n"));
    }
    assert_eq!(store.queue().header_of(message(21).id).await.unwrap(), None, "nobody hears of it");
    assert_eq!(store.queue().header_of(message(22).id).await.unwrap(), None);
    assert_eq!(store.queue().prune(at(1), 100).await.unwrap(), 22);
    assert_eq!(store.queue().header_of(message(3).id).await.unwrap(), None);
    assert_eq!(fs::read_dir(folder.path().join("headers")).unwrap().count(), 0);
}
