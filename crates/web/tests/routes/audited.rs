//! Every change leaves exactly one entry in the audit log, in the transaction of the change: where the entry cannot be
//! written, nothing has changed.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

use crate::app::{ACCOUNT, App, SENDER};

/// A request that changes something, and how the log names it.
struct Change {
    request: (&'static str, &'static str),
    body: Value,
    action: &'static str,
}

fn change(action: &'static str, request: (&'static str, &'static str), body: Value) -> Change {
    Change { request, body, action }
}

/// In an order in which each one can be made.
fn changes() -> Vec<Change> {
    let credential = json!({ "login": "scanner2", "account": ACCOUNT });
    let account = json!({
        "name": "fabrikam",
        "tenant_id": "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "client_id": "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "subscription_id": "44444444-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "access_key": "c2VjcmV0IHRoYXQgb3BlbnMgbm90aGluZyBhdCBhbGw=",
    });
    let expiry = json!({ "secret_expires_at": "2028-01-01T00:00:00Z" });
    let message = json!({ "from": SENDER, "to": ["a@example.com"] });
    vec![
        change("account.add", ("POST", "/v1/accounts"), account),
        change("account.edit", ("PATCH", "/v1/accounts/fabrikam"), json!({ "requests_at_once": 3 })),
        change("account.edit", ("PATCH", "/v1/accounts/fabrikam"), expiry),
        change("account.edit", ("PATCH", "/v1/accounts/fabrikam"), json!({ "state": "disabled" })),
        change("account.remove", ("DELETE", "/v1/accounts/fabrikam"), Value::Null),
        change(
            "sender.add",
            ("POST", "/v1/senders"),
            json!({ "account": ACCOUNT, "address": "other@contoso.example" }),
        ),
        change("sender.remove", ("DELETE", "/v1/senders/contoso/other@contoso.example"), Value::Null),
        change("credential.add", ("POST", "/v1/credentials"), credential),
        change("credential.edit", ("PATCH", "/v1/credentials/scanner2"), json!({ "lane": "bulk" })),
        change("credential.reset", ("POST", "/v1/credentials/scanner2/password:reset"), json!({})),
        change("credential.remove", ("DELETE", "/v1/credentials/scanner2"), Value::Null),
        change(
            "secrets.rewrap",
            ("POST", "/v1/secrets:rewrap"),
            json!({ "master_key": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=" }),
        ),
        change("message.send", ("POST", "/v1/messages"), message),
        change("queue.drop", ("POST", "/v1/queue/{id}/sends:discard"), json!({})),
    ]
}

#[tokio::test]
async fn every_change_is_entered_once_under_the_callers_name() {
    let app = App::start().await;
    let mut entries = app.changes().await;
    for change in changes() {
        let answer = ask(&app, &change).await;
        assert!((200..300).contains(&answer), "{}: {answer}", change.action);
        entries += 1;
        assert_eq!(app.changes().await, entries, "{}", change.action);
        let newest = app.get("/v1/audit?limit=1").await.body["items"][0].clone();
        assert_eq!(newest["action"], change.action);
        let origin = newest["origin"].as_str().unwrap();
        assert!(origin.starts_with("the socket, process "), "{}: {origin}", change.action);
        assert_ne!(newest["who"], "", "{}", change.action);
    }
}

#[tokio::test]
async fn nothing_changes_where_the_entry_cannot_be_written() {
    let app = App::start().await;
    let database = open(&app.database());
    for change in changes() {
        let before = dump(&database);
        let raise = "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END";
        database.execute_batch(raise).unwrap();
        assert_eq!(ask(&app, &change).await, 500, "{}", change.action);
        assert_eq!(dump(&database), before, "{}", change.action);
        database.execute_batch("DROP TRIGGER no_audit").unwrap();
        let answer = ask(&app, &change).await;
        assert!((200..300).contains(&answer), "{}: {answer}", change.action);
        // A change that cannot be seen in the dump would prove nothing.
        assert_ne!(dump(&database), before, "{}", change.action);
    }
}

/// Makes a change; `{id}` is the newest message.
async fn ask(app: &App, change: &Change) -> u16 {
    let (method, path) = change.request;
    let path = if path.contains("{id}") {
        let newest = app.get("/v1/queue?limit=1").await.body["items"][0]["id"].as_str().unwrap().to_owned();
        path.replace("{id}", &newest)
    } else {
        path.to_owned()
    };
    if change.body.is_null() {
        return app.send(method, &path, "", "").await.status;
    }
    let status = app.ask(method, &path, &change.body).await.status;
    if change.action == "message.send" && status == 202 {
        // What was accepted is in the database once it is listed.
        assert_eq!(app.get("/v1/queue").await.status, 200);
    }
    status
}

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

/// All rows of all tables, but for locks: they say which node works on what, and are released after the work.
fn dump(connection: &Connection) -> Vec<String> {
    let mut tables = connection
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'lock'
             ORDER BY name",
        )
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut lines = Vec::new();
    for table in tables {
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
