//! Every change and its entry in the audit log are one transaction: where the entry cannot be written, nothing has changed.
//! What happens outside the database is entered before: where it cannot be entered, it does not happen.

mod azure;
mod changes;
mod prepared;

use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::Value as Cell;

use crate::app::{Answer, App};

/// Tables that are no part of a change: what nodes work on and tell each other, what was seen at Azure, and the log.
const LEFT_OUT: [&str; 5] = ["audit", "change", "lock", "smtp_username", "verification"];

/// Asks twice: while no entry can be written, which must change nothing in the database or `outside`, and then in earnest,
/// which must change something and leave entries of these actions, under the name of who asked.
async fn must_be_whole<T: Debug + PartialEq>(
    app: &App,
    actions: &[&str],
    ask: impl AsyncFn() -> Answer,
    outside: impl Fn() -> T,
) {
    let database = open(&app.database());
    let seen = || (dump(&database), outside());
    let (before, entries) = (seen(), app.changes().await);
    let raise = "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END";
    database.execute_batch(raise).unwrap();
    let refused = ask().await;
    assert_eq!(refused.error(), (500, "internal", None), "{actions:?}: {}", refused.text);
    assert_eq!((seen(), app.changes().await), (before, entries), "{actions:?}");

    database.execute_batch("DROP TRIGGER no_audit").unwrap();
    let before = seen();
    let answer = ask().await;
    assert!((200..300).contains(&answer.status), "{actions:?}: {}", answer.text);
    // A change that cannot be seen would prove nothing.
    assert_ne!(seen(), before, "{actions:?}");
    let log = app.get("/v1/audit?limit=1000").await.body["items"].as_array().unwrap().clone();
    let mut new: Vec<&str> = Vec::new();
    for entry in &log[..app.changes().await - entries] {
        let origin = entry["origin"].as_str().unwrap();
        assert!(origin.starts_with("the socket, process "), "{entry}");
        assert_ne!(entry["who"], "", "{entry}");
        new.push(entry["action"].as_str().unwrap());
    }
    new.reverse();
    assert_eq!(new, actions);
}

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

/// All rows of all tables but those that are left out.
fn dump(connection: &Connection) -> Vec<String> {
    let mut tables = connection
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(LEFT_OUT.iter().all(|name| tables.iter().any(|table| table == name)), "{tables:?}");
    let mut lines = Vec::new();
    for table in tables.iter().filter(|table| !LEFT_OUT.contains(&table.as_str())) {
        let mut rows = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<Cell> = (0..columns).map(|column| row.get(column).unwrap()).collect();
            lines.push(format!("{table} {cells:?}"));
        }
    }
    lines
}
