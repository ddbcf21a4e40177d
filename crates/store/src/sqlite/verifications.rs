//! What the last look at each account found.

use jiff::Timestamp;
use model::id::AccountId;
use rusqlite::{OptionalExtension as _, named_params};

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};

/// A verification that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptVerification {
    pub at: Timestamp,
    /// How it ended, in one word.
    pub verdict: String,
    /// All of it, in the JSON of the API.
    pub report: String,
}

/// A handle to the verifications.
#[derive(Clone)]
pub(crate) struct Verifications {
    database: Database,
}

impl Verifications {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    pub(crate) async fn keep(&self, account: AccountId, kept: KeptVerification) -> Result<(), StoreError> {
        self.database
            .write(Durability::Written, move |connection| {
                connection.execute(
                    "INSERT INTO verification (account_id, at, verdict, report)
                     VALUES (:account_id, :at, :verdict, :report)
                     ON CONFLICT DO UPDATE SET at = excluded.at, verdict = excluded.verdict, report = excluded.report",
                    named_params! {
                        ":account_id": account.to_string(),
                        ":at": kept.at.as_millisecond(),
                        ":verdict": kept.verdict,
                        ":report": kept.report,
                    },
                )?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn last(&self, account: AccountId) -> Result<Option<KeptVerification>, StoreError> {
        self.database
            .read(move |connection| {
                let row: Option<(i64, String, String)> = connection
                    .prepare_cached("SELECT at, verdict, report FROM verification WHERE account_id = ?")?
                    .query_row([account.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()?;
                row.map(|(at, verdict, report)| {
                    Ok(KeptVerification { at: columns::to_time(at)?, verdict, report })
                })
                .transpose()
            })
            .await
    }
}
