//! The queue over real files: what was accepted is there, whatever happened in between.

#![allow(clippy::unwrap_used, reason = "a store that fails fails the test")]

mod counts;
mod fencing;
mod headers;
mod health;
mod recovery;
mod room;
mod work;

use std::path::Path;

use azure_types::ids::OperationId;
use jiff::{SignedDuration, Timestamp};
use model::credential::Lane;
use model::id::{AccountId, QueueId};
use model::queued::{HeaderMetadata, IdempotencyKey, NewSend, Origin, QueuedMessage, Recipient};
use smtp::path::ReversePath;
use store::{Accepted, AuditEntry, Body, DataDir, MasterKey, Options, Store, StoreError, Volatile};
use uuid::Uuid;

const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn open(path: &Path) -> Store {
    let data_dir = DataDir::open(path, Volatile::Allowed).unwrap();
    let options = Options { segment_bytes: 64 << 10, ..Options::default() };
    Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &options, at(0)).unwrap()
}

fn message(number: u32) -> QueuedMessage {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    QueuedMessage {
        id: QueueId::new(at(0), random),
        account: ACCOUNT,
        origin: Origin::Credential("scanner1".into()),
        lane: Lane::Normal,
        reverse_path: ReversePath::Null,
        ret: None,
        envelope_id: None,
        header: HeaderMetadata {
            from: "a@b.example".into(),
            message_id: format!("<{number}@x>"),
            subject: "s".into(),
        },
        changes: Vec::new(),
        size_bytes: 0,
        accepted_at: at(0),
        expires_at: at(0).saturating_add(SignedDuration::from_hours(48)).unwrap(),
        deadline: None,
        send_at: None,
        idempotency_key: None,
        sends: vec![NewSend {
            operation: OperationId::new(Uuid::from_u128(u128::from(number))),
            recipients: vec![Recipient {
                mailbox: format!("r{number}@example.com").parse().unwrap(),
                notify: None,
                original: None,
            }],
        }],
    }
}

async fn accept(store: &Store, number: u32, body: &[u8]) -> Result<Accepted, StoreError> {
    let mut message = message(number);
    message.size_bytes = body.len() as u64;
    let mut writer = store.queue().begin_body(message.id);
    for piece in body.chunks(50_000) {
        writer.write(piece).await?;
    }
    store.queue().accept(message, writer.finish().await?).await
}

/// Waits until the database has heard of everything that was accepted.
async fn entered(store: &Store, count: u64) {
    loop {
        let counts = store.queue().counts().await.unwrap();
        if counts.iter().map(|(_, count)| count).sum::<u64>() >= count {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn keyed(number: u32, print: u8) -> QueuedMessage {
    QueuedMessage { idempotency_key: Some(IdempotencyKey([print; 16])), ..message(number) }
}

fn inline(text: &str) -> Body {
    Body::inline(text.as_bytes().to_vec())
}

fn entry(action: &str) -> AuditEntry {
    AuditEntry {
        at: at(0),
        who: "ada".to_owned(),
        origin: "test".to_owned(),
        action: action.to_owned(),
        subject: "a message".to_owned(),
        detail: String::new(),
    }
}
