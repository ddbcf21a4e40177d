#!/bin/sh
# Statements from rusqlite's cache are planned again at each use, although nothing has changed.
#
# SQLite may choose another plan when it knows the value of a parameter: a limit, the end of a range once ANALYZE has run, a text
# that a partial index is about. It marks such parameters, and parses and plans the whole statement again before it next runs
# if one of them was bound anew. SQLite 3.54 compares integers: the same one bound again costs nothing. But `prepare_cached`
# clears all bindings when a statement goes back to the cache, and `sqlite3_clear_bindings` lets a statement with such a
# parameter expire without comparing anything. So each use of the cache parses again what the cache is there to keep parsed.
# Nothing tells: results are right, and the counter SQLITE_STMTSTATUS_REPREPARE is rarely read.
# `SQLITE_DBCONFIG_ENABLE_QPSG` makes plans independent of values, and ends it. A partial index is then used only where its
# condition is a literal in the statement, as the last line shows.
#
# Postern sets QPSG on every connection of its database: it was a sixth of the database thread's CPU time.
#
# Needs cargo, a C compiler, network, and some minutes for SQLite. Exits with 1 if it behaves differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "replanned"
version = "0.0.0"
edition = "2024"

[dependencies]
libsqlite3-sys = "=0.39.1"
rusqlite = { version = "=0.41.1", features = ["bundled", "cache"] }
TOML
cat >"$folder/src/main.rs" <<'RUST'
use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Statement, StatementStatus};

const USES: i32 = 1_000;
const SCHEMA: &str = "CREATE TABLE send (id INTEGER PRIMARY KEY, lane INTEGER, due INTEGER, state TEXT);
     CREATE INDEX due ON send (lane, due) WHERE state = 'queued';
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     INSERT INTO send SELECT i, i % 3, i, 'queued' FROM n; ANALYZE;";
/// What the parameter is, and a statement with it.
const STATEMENTS: [(&str, &str); 4] = [
    ("key", "SELECT due FROM send WHERE id = ?"),
    ("limit", "SELECT id FROM send ORDER BY id LIMIT ?"),
    ("end of a range", "SELECT id FROM send WHERE lane = 1 AND due <= ? AND state = 'queued'"),
    ("text", "SELECT id FROM send WHERE lane = 1 AND due = 5 AND state = ?"),
];

fn run(statement: &mut Statement<'_>, kind: &str) {
    let mut rows = if kind == "text" { statement.query(["queued"]) } else { statement.query([5]) }.unwrap();
    while rows.next().unwrap().is_some() {}
}

/// How often a statement was prepared again in a thousand uses with one value, and the microseconds of a use.
fn measure(kind: &str, sql: &str, is_cached: bool, is_stable: bool) -> (i32, f64) {
    let connection = Connection::open_in_memory().unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, is_stable).unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    let mut held = connection.prepare(sql).unwrap();
    run(&mut held, kind);
    run(&mut connection.prepare_cached(sql).unwrap(), kind);
    held.reset_status(StatementStatus::RePrepare);
    connection.prepare_cached(sql).unwrap().reset_status(StatementStatus::RePrepare);
    let start = Instant::now();
    for _ in 0..USES {
        if is_cached { run(&mut connection.prepare_cached(sql).unwrap(), kind) } else { run(&mut held, kind) }
    }
    let time = start.elapsed().as_secs_f64() * 1e6 / f64::from(USES);
    let count = |statement: &Statement<'_>| statement.get_status(StatementStatus::RePrepare);
    (if is_cached { count(&connection.prepare_cached(sql).unwrap()) } else { count(&held) }, time)
}

fn main() {
    println!("SQLite {}, {USES} uses, each with the same value", rusqlite::version());
    println!("{:>14} {:>20} {:>20} {:>20}", "", "held", "from the cache", "the same, QPSG");
    let mut seen = Vec::new();
    for (kind, sql) in STATEMENTS {
        let three = [(false, false), (true, false), (true, true)].map(|(cached, stable)| measure(kind, sql, cached, stable));
        let [held, cached, stable] = three.map(|(count, time)| format!("{count} times, {time:.1} us"));
        println!("{kind:>14} {held:>20} {cached:>20} {stable:>20}");
        seen.push(three.map(|(count, _)| count));
    }
    let expected = [[0, 0, 0], [0, USES, 0], [0, USES, 0], [USES, USES, 0]];
    if seen != expected {
        eprintln!("rusqlite 0.41.1 behaves differently now: {seen:?}, not {expected:?}");
        std::process::exit(1);
    }
}
RUST
cd "$folder"
CARGO_TARGET_DIR="$folder/target" cargo run --quiet --release
