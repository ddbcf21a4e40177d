//! The counts of sends by state are those of the rows, whatever happened to them, and after a crash.

use std::collections::BTreeMap;

use model::delivery::{Attempt, AttemptResult};
use model::tracking::{RecipientState, RefusedAlone};
use model::upstream::Transport;
use proptest::prelude::*;
use store::{Claim, Cursor, NextStep, Settlement, StatusCheck, TakenGroup};

use super::*;

/// Something that happens to the queue.
#[derive(Clone, Copy, Debug)]
enum Act {
    Accept,
    /// So many sends are claimed and end in that way.
    Send(u8, u8),
    /// Statuses are read, and end in that way.
    Read(u8),
    Retry(u8),
    Drop(u8),
    /// Some are claimed, and the process ends.
    Crash(u8),
    Prune,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Accept),
        4 => (1_u8..4, 0_u8..8).prop_map(|(count, end)| Act::Send(count, end)),
        2 => (0_u8..3).prop_map(Act::Read),
        1 => any::<u8>().prop_map(Act::Retry),
        1 => any::<u8>().prop_map(Act::Drop),
        1 => (0_u8..3).prop_map(Act::Crash),
        1 => Just(Act::Prune),
    ]
}

fn said() -> Option<Attempt> {
    let (transport, result) = (Some(Transport::Rest), AttemptResult::Accepted);
    Some(Attempt { at: at(1), transport, result, text: "said".into(), reason: None })
}

fn settlement(claim: &Claim, end: u8) -> Settlement {
    let recipients = &claim.send.recipients;
    let (first, rest) = recipients.split_first().unwrap();
    let taken = TakenGroup { recipients: vec![first.clone()], read_status_at: (end == 5).then_some(at(0)) };
    let next = match end {
        0 => NextStep::Sent,
        1 => NextStep::Failed,
        2 => NextStep::ReadStatus { at: at(0) },
        3 if !rest.is_empty() => NextStep::AgainForOthers {
            at: at(0),
            recipients: rest.to_vec(),
            operation: OperationId::new(Uuid::from_u128(77)),
        },
        4 | 5 if !rest.is_empty() => NextStep::FailedFor { recipients: rest.to_vec(), taken: Some(taken) },
        6 => NextStep::BySmtp { at: at(0), refusal: "no".into() },
        _ => NextStep::Again { at: at(0) },
    };
    let refused = RefusedAlone {
        recipient: first.clone(),
        state: RecipientState::Failed,
        status: "5.1.1".into(),
        text: "no".into(),
    };
    Settlement { id: claim.send.id, attempt: said(), next, refused: vec![refused] }
}

fn read(check: &StatusCheck, end: u8) -> Settlement {
    let next = match end {
        0 => NextStep::Sent,
        1 => NextStep::Failed,
        _ => NextStep::ReadStatus { at: at(0) },
    };
    Settlement { id: check.id, attempt: said(), next, refused: Vec::new() }
}

/// A store, and what was accepted by it.
struct History {
    folder: tempfile::TempDir,
    store: Option<Store>,
    accepted: u32,
}

impl History {
    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn chosen(&self, choice: u8) -> QueueId {
        message(u32::from(choice) % self.accepted.max(1)).id
    }

    async fn run(&mut self, act: Act) {
        let queue = self.store().queue().clone();
        match act {
            Act::Accept => {
                let mut new = message(self.accepted);
                new.sends[0].recipients.push(Recipient {
                    mailbox: "other@example.com".parse().unwrap(),
                    notify: None,
                    original: None,
                });
                queue.accept(new, inline("x")).await.unwrap();
                self.accepted += 1;
            }
            Act::Send(count, end) => {
                let claims = queue.claim_due(ACCOUNT, at(9), count.into(), at(60)).await.unwrap();
                let settlements = claims.iter().map(|claim| settlement(claim, end)).collect();
                queue.settle(settlements, Vec::new()).await.unwrap();
            }
            Act::Read(end) => {
                let checks = queue.claim_status_checks(ACCOUNT, at(9), 2, at(9)).await.unwrap();
                let settlements = checks.iter().map(|check| read(check, end)).collect();
                queue.settle(settlements, Vec::new()).await.unwrap();
            }
            // A message that is unknown cannot be changed.
            Act::Retry(choice) => drop(queue.retry(self.chosen(choice), at(5), entry("queue.retry")).await),
            Act::Drop(choice) => drop(queue.drop_message(self.chosen(choice), entry("queue.drop")).await),
            Act::Crash(count) => {
                queue.claim_due(ACCOUNT, at(9), count.into(), at(60)).await.unwrap();
                drop(queue);
                drop(self.store.take());
                let store = open(self.folder.path());
                store.queue().release_leases(at(9)).await.unwrap();
                self.store = Some(store);
            }
            Act::Prune => drop(queue.prune(at(1), 2).await.unwrap()),
        }
    }

    async fn check(&self) {
        let queue = self.store().queue();
        let listed = queue.list(Cursor { limit: 10_000, ..Cursor::default() }).await.unwrap().sends;
        let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
        listed.iter().for_each(|send| *expected.entry(send.state.as_str()).or_default() += 1);
        let counts = queue.counts().await.unwrap();
        let counts: BTreeMap<&str, u64> =
            counts.iter().map(|(state, count)| (state.as_str(), *count)).collect();
        assert_eq!(counts, expected);
        let mut recipients: BTreeMap<QueueId, usize> = BTreeMap::new();
        listed
            .iter()
            .for_each(|send| *recipients.entry(send.id.message).or_default() += send.recipients.len());
        assert!(
            recipients.values().all(|count| *count == 2),
            "nobody is lost or there twice: {recipients:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn counts_are_those_of_the_rows(acts in prop::collection::vec(act(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = Some(open(folder.path()));
            let mut history = History { folder, store, accepted: 0 };
            for act in acts {
                history.run(act).await;
                history.check().await;
            }
        });
    }
}
