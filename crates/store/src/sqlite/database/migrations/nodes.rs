//! What nodes share, in a database of before.

use rusqlite::Connection;

use super::{apply, apply_before};

#[test]
fn what_was_under_way_belongs_to_nobody_and_changes_are_fed_from_now_on() {
    let mut connection = Connection::open_in_memory().unwrap();
    apply_before("CREATE TABLE node", &connection);
    connection
        .execute_batch(
            "INSERT INTO send (message_id, part, account_id, lane, operation_id, state, due_at)
             VALUES ('m', 0, 'a', 1, 'o', 'sending', 7);
             INSERT INTO smtp_username (account_id, service, username, client, tenant)
             VALUES ('a', 'mail', 'printer', 'c', 't')",
        )
        .unwrap();
    apply(&mut connection).unwrap();
    let node: Option<u64> = connection.query_row("SELECT node FROM send", [], |row| row.get(0)).unwrap();
    assert_eq!(node, None);
    let last = |connection: &Connection| -> Option<(u64, String)> {
        let mut select =
            connection.prepare("SELECT number, subject FROM change ORDER BY number DESC LIMIT 1").unwrap();
        let mut rows = select.query([]).unwrap();
        rows.next().unwrap().map(|row| (row.get(0).unwrap(), row.get(1).unwrap()))
    };
    assert_eq!(last(&connection), None, "the directory is read whole at the start");
    connection.execute("UPDATE smtp_username SET client = 'd'", []).unwrap();
    assert_eq!(last(&connection), Some((1, "a".to_owned())));
    connection.execute("DELETE FROM smtp_username", []).unwrap();
    assert_eq!(last(&connection), Some((2, "a".to_owned())));
}
