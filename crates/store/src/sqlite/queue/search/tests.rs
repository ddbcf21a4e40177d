//! What a search costs: statements that use an index, and steps of SQLite that do not grow with what is stored.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::delivery::{Reason, SendState};
use model::id::AccountId;
use model::operation;
use model::search::Search;
use model::tracking::RecipientState;
use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::*;
use crate::sqlite::database::{Database, Durability, of_one_state};
use crate::sqlite::queue::{Cursor, health, list};

const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

/// A database of so many messages that were sent long ago, and that all came before the index.
struct Filled {
    _folder: TempDir,
    path: PathBuf,
    count: u32,
}

/// A second for each message.
fn id(number: u32) -> QueueId {
    QueueId::new(jiff::Timestamp::from_second(1_800_000_000 + i64::from(number)).unwrap(), [7; 10])
}

fn enter(connection: &Connection, number: u32) -> Result<(), StoreError> {
    let (id, at) = (id(number), id(number).made_at().as_millisecond());
    let (text, account) = (id.to_string(), ACCOUNT.to_string());
    let sender = format!("device{}@contoso.example", number % 10);
    connection
        .prepare_cached(
            "INSERT INTO message (id, account_id, origin, origin_name, lane, reverse_path, header_from, message_id,
                 subject, size_bytes, accepted_at, expires_at, segment, position)
             VALUES (?1, ?2, 'credential', 'scanner1', 'normal', '', ?3, ?4, 's', 1, ?5, ?5, 1, 1)",
        )?
        .execute(params![text, account, sender, format!("<{number}@x>"), at])?;
    connection
        .prepare_cached(
            "INSERT INTO send (message_id, part, account_id, lane, operation_id, state, due_at)
             VALUES (?, 0, ?, 1, ?, 'sent', 0)",
        )?
        .execute(params![text, account, operation::for_message(id, [1; 10]).to_string()])?;
    connection
        .prepare_cached("INSERT INTO recipient (message_id, position, part, mailbox) VALUES (?, 0, 0, ?)")?
        .execute(params![text, format!("r{number}@example.com")])?;
    Ok(())
}

fn filled(count: u32) -> Filled {
    let filled = unindexed(count);
    filled.write(|connection| {
        let tail = Tail::load(connection, 8_192)?;
        while backlog::step(connection, &tail)? {}
        connection.execute("UPDATE send SET state = 'failed' WHERE message_id = ?", [id(3).to_string()])?;
        Ok(())
    });
    filled
}

/// The same before any of them is in the index.
fn unindexed(count: u32) -> Filled {
    open_unindexed(count).0
}

/// The same, and open.
fn open_unindexed(count: u32) -> (Filled, Database) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postern.db");
    let database = Database::open(&path).unwrap();
    let fill = move |connection: &Connection| {
        (0..count).try_for_each(|number| enter(connection, number))?;
        let up_to = id(count).to_string();
        connection.execute("INSERT INTO message_index_backlog (up_to) VALUES (?)", [up_to])?;
        Ok(())
    };
    database.write_blocking(Durability::Written, fill).unwrap();
    (Filled { _folder: folder, path, count }, database)
}

impl Filled {
    fn write(&self, work: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static) {
        Database::open(&self.path).unwrap().write_blocking(Durability::Written, work).unwrap();
    }

    /// What is found, and how many steps SQLite took.
    fn find(&self, search: &Search) -> (Found, u64) {
        self.counted(|connection| find(connection, search).unwrap())
    }

    /// What is read, and how many steps SQLite took.
    fn counted<T>(&self, read: impl Fn(&Connection) -> T) -> (T, u64) {
        let mut connection = Connection::open(&self.path).unwrap();
        let steps = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&steps);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        };
        connection.progress_handler(1, Some(count)).unwrap();
        let found = read(&connection);
        (found, steps.load(Ordering::Relaxed))
    }

    /// The steps of a search that finds so many.
    fn steps(&self, search: &Search, expected: usize) -> u64 {
        let (found, steps) = self.find(search);
        assert_eq!(found.messages.len(), expected, "{search:?} among {}", self.count);
        steps
    }
}

#[test]
fn a_hundred_thousand_messages_are_searched_as_a_thousand_are() {
    let (few, many) = (filled(1_000), filled(100_000));
    let all = Search { limit: 20, ..Search::default() };
    for (search, expected) in [
        (Search { recipient: "r7@example.com".parse().ok(), ..all.clone() }, 1),
        (Search { recipient: "nobody@example.com".parse().ok(), ..all.clone() }, 0),
        (Search { recipient: "*@EXAMPLE.com".parse().ok(), ..all.clone() }, 20),
        (Search { sender: "device3@contoso.example".parse().ok(), ..all.clone() }, 20),
        (
            Search {
                sender: "device3@contoso.example".parse().ok(),
                recipient: "r4@example.com".parse().ok(),
                ..all.clone()
            },
            0,
        ),
        (Search { message_id: Some("9@x".to_owned()), ..all.clone() }, 1),
        (Search { operation: Some(operation::for_message(id(5), [1; 10])), ..all.clone() }, 1),
        (Search { login: Some("scanner1".to_owned()), until: Some(id(100).made_at()), ..all.clone() }, 20),
        (Search { accounts: Some([ACCOUNT].into()), ..all.clone() }, 20),
        (Search { accounts: Some([AccountId::from_bytes([2; 16])].into()), ..all.clone() }, 0),
        (Search { state: Some(RecipientState::Failed), ..all.clone() }, 1),
        (Search { state: Some(RecipientState::Bounced), ..all.clone() }, 0),
        (Search { state: Some(RecipientState::Queued), ..all.clone() }, 0),
        (Search { state: Some(RecipientState::Sent), ..all.clone() }, 20),
        (all.clone(), 20),
    ] {
        let (of_few, of_many) = (few.steps(&search, expected), many.steps(&search, expected));
        assert!(of_many < 2 * of_few + 2_000, "{search:?}: {of_few} and {of_many} steps");
    }
}

/// What `postern status`, `/metrics` and `queue list` read, beside fifty thousand messages that are over.
#[test]
fn what_is_over_costs_lists_and_counts_nothing() {
    let (few, many) = (filled(500), filled(50_000));
    for filled in [&few, &many] {
        filled.write(|connection| {
            let count = "INSERT INTO send_count (account_id, state, count) SELECT account_id, state, count(*) FROM send
                 GROUP BY account_id, state";
            Ok(connection.execute(count, []).map(drop)?)
        });
    }
    let compare = |what: &str, read: &dyn Fn(&Connection) -> usize| {
        let (of_few, of_many) = (few.counted(read), many.counted(read));
        assert_eq!(of_few.0, of_many.0, "{what}");
        assert!(of_many.1 < 2 * of_few.1 + 1_000, "{what}: {} and {} steps", of_few.1, of_many.1);
    };
    let since = jiff::Timestamp::UNIX_EPOCH;
    compare("counts", &|connection| list::counts(connection).unwrap().len());
    compare("waiting", &|connection| health::waiting(connection).unwrap().len());
    compare("hindered", &|connection| {
        health::hindered(connection, Reason::SenderUnknown, since).unwrap().len()
    });
    compare("suppressed", &|connection| health::suppressed(connection, since).unwrap().len());
    for state in SendState::ALL.into_iter().map(Some).chain([None]) {
        for accounts in [None, Some(ACCOUNT), Some(AccountId::from_bytes([2; 16]))] {
            let accounts = accounts.map(|account| [account].into());
            let cursor = Cursor { state, accounts, limit: 20, before: None };
            let read = |connection: &Connection| list::list(connection, &cursor).unwrap().sends.len();
            compare(&format!("{cursor:?}"), &read);
        }
    }
}

/// After each step the process ends, and the next one goes on.
#[test]
fn messages_of_before_are_found_while_they_are_indexed() {
    let filled = unindexed(700);
    let search =
        |limit| Search { sender: "device3@contoso.example".parse().ok(), limit, ..Search::default() };
    // Opening the database costs steps, too, for each table that there is.
    let absent = Search { sender: "absent@contoso.example".parse().ok(), limit: 1, ..Search::default() };
    let (_, one_by_one) = filled.find(&absent);
    let mut steps = 0;
    loop {
        let (found, _) = filled.find(&search(100));
        let expected: Vec<QueueId> = (0..70).rev().map(|ten| id(10 * ten + 3)).collect();
        assert_eq!(found.messages.iter().map(|message| message.id).collect::<Vec<_>>(), expected, "{steps}");
        let waits = backlog::up_to(&Connection::open(&filled.path).unwrap()).unwrap();
        if waits.is_none() {
            break;
        }
        filled.write(|connection| backlog::step(connection, &Tail::load(connection, 8_192)?).map(drop));
        steps += 1;
    }
    assert_eq!(steps, 4);
    let (_, indexed) = filled.find(&absent);
    assert!(
        indexed * 4 < one_by_one,
        "what is indexed is not read one by one: {indexed} of {one_by_one} steps"
    );
}

#[test]
fn a_step_that_fails_leaves_its_messages_to_the_next() {
    let filled = unindexed(300);
    filled.write(|connection| {
        Ok(connection.execute_batch("ALTER TABLE recipient RENAME COLUMN mailbox TO away")?)
    });
    let step = |connection: &Connection| backlog::step(connection, &Tail::load(connection, 8_192)?).map(drop);
    let database = Database::open(&filled.path).unwrap();
    for _ in 0..2 {
        let failed = database.write_blocking(Durability::Written, step).unwrap_err();
        assert!(matches!(failed, StoreError::Database(_)), "{failed:?}");
    }
    drop(database);
    filled.write(|connection| {
        Ok(connection.execute_batch("ALTER TABLE recipient RENAME COLUMN away TO mailbox")?)
    });
    filled.write(step);
    filled.write(step);
    assert_eq!(backlog::up_to(&Connection::open(&filled.path).unwrap()).unwrap(), None);
    let (found, _) =
        filled.find(&Search { recipient: "r7@example.com".parse().ok(), limit: 20, ..Search::default() });
    assert_eq!(found.messages.len(), 1);
}

/// Whatever is searched for: a page ends after so many messages, and the next one goes on.
#[test]
fn a_page_compares_so_many_messages_and_no_more() {
    let filled = filled(12_000);
    let mut search = Search { subject: Some("nothing".to_owned()), limit: 20, ..Search::default() };
    let mut steps = Vec::new();
    loop {
        let (found, of_page) = filled.find(&search);
        assert!(found.messages.is_empty());
        steps.push(of_page);
        let Some(next) = found.next else { break };
        assert!(search.before.is_none_or(|before| next < before));
        search.before = Some(next);
    }
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(steps.iter().all(|steps| *steps < 60 * page::MOST as u64), "{steps:?}");
}

#[test]
fn statements_of_a_search_use_an_index() {
    let filled = filled(100);
    let connection = Connection::open(&filled.path).unwrap();
    for (sql, index) in [
        (runs::PIECE_BEFORE.to_owned(), "USING PRIMARY KEY (run=? AND term<?)"),
        (runs::PIECES_OF.to_owned(), "USING PRIMARY KEY (run=? AND term=?)"),
        (pages::ALL.to_owned(), "USING PRIMARY KEY (id>? AND id<?)"),
        (
            standing::ended(Standing::Recipient(RecipientState::Failed)).unwrap(),
            "USING COVERING INDEX send_ended (state=?",
        ),
        (
            standing::ended(Standing::Recipient(RecipientState::Failed)).unwrap(),
            "USING COVERING INDEX recipient_ended (state=?",
        ),
        (
            standing::ended(Standing::Recipient(RecipientState::Bounced)).unwrap(),
            "USING COVERING INDEX recipient_ended (state=?",
        ),
        (standing::waiting(SendState::Queued), "INDEX send_waiting"),
        (standing::waiting(SendState::Sending), "INDEX send_leased"),
        (standing::waiting(SendState::Submitted), "INDEX send_unread"),
    ] {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nothing = vec![None::<i64>; explain.parameter_count()];
        let rows = explain.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3));
        let plan: Vec<String> = rows.unwrap().map(Result::unwrap).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{sql}: {plan:?}");
        let sorts = |line: &String| line.contains("TEMP B-TREE");
        assert!(!plan.iter().any(sorts), "{sql}: {plan:?}");
    }
}

/// The tail, the runs and what is not in the index yet are read one after the other; another step may be taken at any time
/// in between.
#[test]
fn a_message_is_found_whenever_it_is_indexed_meanwhile() {
    let wanted = Search { recipient: "r1@example.com".parse().ok(), limit: 20, ..Search::default() };
    let mut at = 0;
    loop {
        let (filled, database) = open_unindexed(3);
        let looks = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&looks);
        let index = move || {
            if counted.fetch_add(1, Ordering::Relaxed) == at {
                let step =
                    |connection: &Connection| backlog::step(connection, &Tail::load(connection, 8_192)?);
                database.write_blocking(Durability::Written, step).unwrap();
            }
            false
        };
        let mut connection = Connection::open(&filled.path).unwrap();
        connection.query_row("SELECT count(*) FROM message", [], |_| Ok(())).unwrap();
        connection.progress_handler(5, Some(index)).unwrap();
        let found = of_one_state(&connection, |connection| find(connection, &wanted)).unwrap();
        assert_eq!(found.messages.len(), 1, "indexed after {at} looks");
        if looks.load(Ordering::Relaxed) <= at {
            break;
        }
        at += 1;
    }
    assert!(at > 10, "the search took {at} looks");
}
