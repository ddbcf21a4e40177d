//! Who changed what: entered together with the change, and never edited.

use jiff::Timestamp;
use rusqlite::{Connection, named_params, params};

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Database;

/// One change. There is no place for a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: Timestamp,
    /// Who: a person's login on this machine, or a part of the server.
    pub who: String,
    /// From where: a process on this machine, or a schedule.
    pub origin: String,
    /// What was done, `account.add`.
    pub action: String,
    /// To what, `contoso`.
    pub subject: String,
    /// What else there is to say, in words.
    pub detail: String,
}

/// A handle to the log.
#[derive(Clone)]
pub(crate) struct Audit {
    database: Database,
}

impl Audit {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    pub(crate) async fn enter(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let durability = crate::sqlite::database::Durability::Synced;
        self.database.write(durability, move |connection| entry.store(connection)).await
    }

    pub(crate) async fn list(
        &self,
        subject: String,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, AuditEntry)>, StoreError> {
        self.database
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT number, at, who, origin, action, subject, detail FROM audit
                     WHERE (?1 = '' OR subject = ?1 COLLATE NOCASE) AND (?2 IS NULL OR number < ?2)
                     ORDER BY number DESC LIMIT ?3",
                )?;
                let mut rows = select.query(params![subject, before, limit])?;
                let mut entries = Vec::new();
                while let Some(row) = rows.next()? {
                    let entry = AuditEntry {
                        at: columns::to_time(row.get(1)?)?,
                        who: row.get(2)?,
                        origin: row.get(3)?,
                        action: row.get(4)?,
                        subject: row.get(5)?,
                        detail: row.get(6)?,
                    };
                    entries.push((row.get(0)?, entry));
                }
                Ok(entries)
            })
            .await
    }
}

impl AuditEntry {
    pub(crate) fn store(&self, connection: &Connection) -> Result<(), StoreError> {
        connection.execute(
            "INSERT INTO audit (at, who, origin, action, subject, detail)
             VALUES (:at, :who, :origin, :action, :subject, :detail)",
            named_params! {
                ":at": self.at.as_millisecond(),
                ":who": self.who,
                ":origin": self.origin,
                ":action": self.action,
                ":subject": self.subject,
                ":detail": self.detail,
            },
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::database::Durability;

    #[tokio::test]
    async fn what_was_entered_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db")).unwrap();
        let audit = Audit::new(database.clone());
        for (action, subject) in [("account.add", "one"), ("account.edit", "One"), ("account.add", "two")] {
            let entry = AuditEntry {
                at: Timestamp::UNIX_EPOCH,
                who: "root".into(),
                origin: "process 1".into(),
                action: action.into(),
                subject: subject.into(),
                detail: String::new(),
            };
            audit.enter(entry).await.unwrap();
        }
        let of_one = audit.list("one".into(), None, 10).await.unwrap();
        assert_eq!(
            of_one.iter().map(|(_, one)| one.action.as_str()).collect::<Vec<_>>(),
            ["account.edit", "account.add"]
        );
        assert_eq!(audit.list(String::new(), Some(of_one[0].0), 10).await.unwrap().len(), 1);
        for statement in ["DELETE FROM audit", "UPDATE audit SET who = 'nobody'"] {
            let tried = database.write(Durability::Synced, move |connection| {
                connection.execute(statement, [])?;
                Ok(())
            });
            assert!(tried.await.is_err(), "{statement}");
        }
    }
}
