//! Brings the schema up to date: numbered steps, forward only. `migrations/README.md` has the rules.

use rusqlite::Connection;

use crate::error::StoreError;

/// All steps in order. A released step is never edited.
const STEPS: [&str; 4] = [
    include_str!("../../migrations/0001_queue_accounts_and_secrets.sql"),
    include_str!("../../migrations/0002_when_an_account_changed.sql"),
    include_str!("../../migrations/0003_verify_rotate_audit.sql"),
    include_str!("../../migrations/0004_estates.sql"),
];

/// Applies the steps that the database has not seen.
pub(super) fn apply(connection: &mut Connection) -> Result<(), StoreError> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > STEPS.len() {
        return Err(StoreError::Damaged(format!(
            "the database is at version {version} and this program knows {}: it was written by a newer one",
            STEPS.len()
        )));
    }
    for (number, step) in STEPS.iter().enumerate().skip(version) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_what_the_snapshot_says() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection).unwrap();
        apply(&mut connection).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT type || ' ' || name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1",
            )
            .unwrap();
        let names: Result<Vec<String>, _> = statement.query_map([], |row| row.get(0)).unwrap().collect();
        assert_eq!(names.unwrap().join("\n") + "\n", include_str!("../../migrations/schema.txt"));
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(apply(&mut connection), Err(StoreError::Damaged(_))));
    }
}
