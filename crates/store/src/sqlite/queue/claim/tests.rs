//! What a claim costs: statements that read what they claim from an index, in the order of the index.

use rusqlite::Connection;

use super::*;
use crate::sqlite::database::Database;
use crate::sqlite::queue::{order, outline, settle};

/// How SQLite carries a statement out.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nothing = vec![None::<i64>; explain.parameter_count()];
    let rows = explain.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn statements_of_a_claim_use_an_index_and_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postern.db");
    drop(Database::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    for (sql, index) in [
        (lanes::BY_TURN[0], "INDEX send_waiting (account_id=? AND <expr>=?)"),
        (lanes::BY_DEADLINE, "INDEX send_deadline (account_id=? AND deadline<?)"),
        (DEADLINES, "INDEX send_deadline (account_id=? AND deadline>?)"),
        (EXPIRED, "INDEX send_waiting (account_id=? AND <expr>>? AND <expr><?)"),
        (NEXT_DUE, "INDEX send_waiting (account_id=? AND <expr>=?)"),
        (order::NEWS, "INDEX send_waiting (account_id=? AND <expr>=? AND <expr><?)"),
        (order::NEWS, "INDEX send_deadline (account_id=? AND deadline<?)"),
        (order::MAKE_READY, "INDEX send_waiting (account_id=? AND <expr>=? AND <expr><?)"),
        (order::LOWEST, "INDEX send_waiting (account_id=? AND <expr>=?)"),
        (outline::IN_LANE, "INDEX send_waiting (account_id=? AND <expr>=?)"),
        (outline::AHEAD, "INDEX send_waiting (account_id=? AND <expr>=? AND <expr><?)"),
        (outline::TURN_AT, "INDEX send_waiting (account_id=? AND <expr>=?)"),
        (outline::HIGHEST, "INDEX send_waiting (account_id=? AND <expr>=?)"),
        (outline::JOINS, "INDEX send_waiting (account_id=? AND <expr>=?)"),
        (settle::MAKE_DUE, "INDEX send_waiting (account_id=? AND <expr>=?)"),
    ] {
        let plan = plan(&connection, sql);
        assert!(plan.iter().any(|line| line.contains(index)), "{sql}: {plan:#?}");
        let is_slow = |line: &String| line.contains("TEMP B-TREE") || line.starts_with("SCAN send");
        assert!(!plan.iter().any(is_slow), "{sql}: {plan:#?}");
    }
}
