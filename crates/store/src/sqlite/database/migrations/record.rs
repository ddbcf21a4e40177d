//! A database of before recipients and events had tables, with every kind of row, opened by this build.

use std::path::Path;

use jiff::Timestamp;
use model::delivery::{AttemptResult, Reason, SendState};
use model::id::{AccountId, QueueId};
use model::tracking::RecipientState;
use model::upstream::Transport;
use rusqlite::{Connection, params};

use super::apply_before;
use crate::{DataDir, MasterKey, Options, Store, StoredMessage, Volatile};

const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

fn id(number: u8) -> QueueId {
    QueueId::new(Timestamp::from_second(1_800_000_000).unwrap(), [number; 10])
}

fn operation(number: u8) -> String {
    format!("00000000-0000-0000-0000-0000000000{number:02}")
}

/// A send of a message: its part, state and recipients, and what else its row had.
struct OldSend {
    message: u8,
    part: u8,
    state: &'static str,
    recipients: &'static str,
    refused_by_rest: Option<&'static str>,
    division: Option<&'static str>,
}

impl OldSend {
    fn new(message: u8, part: u8, state: &'static str, recipients: &'static str) -> Self {
        Self { message, part, state, recipients, refused_by_rest: None, division: None }
    }

    fn insert(&self, connection: &Connection) {
        connection
            .execute(
                "INSERT INTO send (message_id, part, account_id, lane, operation_id, recipients, state, due_at,
                                   attempts, refused_by_rest, division)
                 VALUES (?, ?, ?, 1, ?, ?, ?, 7, 1, ?, ?)",
                params![
                    id(self.message).to_string(),
                    self.part,
                    ACCOUNT.to_string(),
                    operation(10 * self.message + self.part),
                    self.recipients,
                    self.state,
                    self.refused_by_rest,
                    self.division
                ],
            )
            .unwrap();
    }
}

fn message(connection: &Connection, number: u8, open_sends: u8) {
    connection
        .execute(
            "INSERT INTO message (id, account_id, origin, origin_name, lane, reverse_path, header_from, message_id,
                                  subject, size_bytes, accepted_at, expires_at, segment, position, open_sends)
             VALUES (?, ?, 'credential', 'scanner1', 'normal', '', 'a@b.example', ?, 's', 3, 1800000000000,
                     1900000000000, 1, 8, ?)",
            params![id(number).to_string(), ACCOUNT.to_string(), format!("<{number}@x>"), open_sends],
        )
        .unwrap();
}

fn attempt(connection: &Connection, of: (u8, u8), number: u8, columns: [Option<&str>; 4]) {
    let [transport, result, text, reason] = columns;
    connection
        .execute(
            "INSERT INTO attempt (message_id, part, number, at, transport, result, text, reason)
             VALUES (?, ?, ?, 1800000001000, ?, ?, ?, ?)",
            params![id(of.0).to_string(), of.1, number, transport, result, text, reason],
        )
        .unwrap();
}

const RECIPIENTS: &str = r#"["a@example.com",{"to":"b@example.com","notify":"failure,delay"},
    {"to":"ü@example.com","notify":"","original":["rfc822","c@d"]}]"#;
const DIVISION: &str = r#"{"groups":[{"to":["b@example.com"]},{"to":["c@example.com"],"other_half":true}],
    "refused":[["d@example.com","no"]],"message_taken":true}"#;

/// A database as the step before left it.
fn older(path: &Path) {
    let connection = Connection::open(path).unwrap();
    apply_before("CREATE TABLE recipient", &connection);
    message(&connection, 1, 1);
    OldSend::new(1, 0, "queued", RECIPIENTS).insert(&connection);
    attempt(&connection, (1, 0), 1, [None, Some("deferred"), Some("no token"), Some("login")]);
    attempt(&connection, (1, 0), 2, [Some("rest"), Some("deferred"), Some("503"), Some("azure")]);
    message(&connection, 2, 1);
    let left = r#"["b@example.com","c@example.com","d@example.com"]"#;
    let divided = OldSend::new(2, 0, "queued", left);
    OldSend { division: Some(DIVISION), ..divided }.insert(&connection);
    OldSend::new(2, 1, "submitted", r#"["a@example.com"]"#).insert(&connection);
    attempt(&connection, (2, 1), 1, [Some("rest"), Some("accepted"), Some("202"), None]);
    message(&connection, 3, 0);
    let refused = OldSend::new(3, 0, "failed", r#"["a@example.com"]"#);
    OldSend { refused_by_rest: Some("HTTP 400"), ..refused }.insert(&connection);
    attempt(&connection, (3, 0), 1, [Some("rest"), Some("failed"), Some("suppressed"), Some("suppressed")]);
    message(&connection, 4, 0);
    OldSend::new(4, 0, "dropped", r#"["a@example.com"]"#).insert(&connection);
}

async fn view(store: &Store, number: u8) -> StoredMessage {
    store.queue().view(id(number)).await.unwrap().unwrap()
}

fn addresses(view: &StoredMessage, part: usize) -> Vec<String> {
    view.sends[part].recipients.iter().map(|one| one.mailbox.to_string()).collect()
}

#[tokio::test]
async fn every_kind_of_row_of_before_is_there_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), Volatile::Allowed).unwrap();
    older(&folder.path().join("postern.db"));
    let now = Timestamp::from_second(1_800_000_100).unwrap();
    let store = Store::open(&data_dir, MasterKey::from_bytes([1; 32]), &Options::default(), now).unwrap();

    let waiting = view(&store, 1).await;
    assert_eq!(addresses(&waiting, 0), ["a@example.com", "b@example.com", "ü@example.com"]);
    let [plain, told, original] = &waiting.sends[0].recipients[..] else { panic!("there are three") };
    assert!(plain.notify.is_none() && plain.original.is_none());
    let notify = told.notify.unwrap();
    assert!(notify.failure && notify.delay && !notify.success);
    assert_eq!(original.notify, Some(smtp::parameters::Notify::default()), "never");
    assert_eq!(original.original.as_ref().unwrap().address, "c@d");
    let attempts = &waiting.sends[0].attempts;
    let told: Vec<_> = attempts.iter().map(|one| (one.transport, one.text.as_str(), one.reason)).collect();
    let rest = Some(Transport::Rest);
    assert_eq!(told, [(None, "no token", Some(Reason::Login)), (rest, "503", Some(Reason::Azure))]);

    let divided = view(&store, 2).await;
    assert_eq!(addresses(&divided, 0), ["b@example.com", "c@example.com", "d@example.com"]);
    assert_eq!(
        (divided.sends[1].state, addresses(&divided, 1)),
        (SendState::Submitted, vec!["a@example.com".into()])
    );
    assert_eq!(divided.sends[1].outcomes[0].state, RecipientState::Submitted);
    assert_eq!(divided.sends[1].outcomes[0].text, "202");

    let failed = view(&store, 3).await;
    assert_eq!(failed.sends[0].attempts[0].result, AttemptResult::Failed);
    assert_eq!(failed.sends[0].outcomes[0].state, RecipientState::Failed);
    assert_eq!(store.queue().suppressed(Timestamp::UNIX_EPOCH).await.unwrap()[0].count, 1);
    assert_eq!(view(&store, 4).await.sends[0].outcomes[0].state, RecipientState::Dropped);

    let mut counts = store.queue().counts().await.unwrap();
    counts.sort_by_key(|(state, _)| state.as_str());
    let expected =
        [(SendState::Dropped, 1), (SendState::Failed, 1), (SendState::Queued, 2), (SendState::Submitted, 1)];
    assert_eq!(counts, expected);
    let claims = store.queue().claim_due(ACCOUNT, now, 10, now).await.unwrap();
    let divided = claims.iter().find(|claim| claim.send.id.message == id(2)).unwrap();
    assert_eq!(divided.send.asked_for()[0].mailbox.to_string(), "b@example.com");
    assert_eq!(divided.send.division.as_ref().unwrap().refused[0].words, "no");
}
