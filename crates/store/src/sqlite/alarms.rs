//! Alarms that were raised, so that a restart does not repeat them.

use jiff::Timestamp;
use rusqlite::named_params;

use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::{Database, Durability};

/// A handle to the alarms whose problem goes on.
#[derive(Clone)]
pub(crate) struct RaisedAlarms(Database);

/// A problem whose alarm was raised, as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaisedAlarm {
    /// The problem's code.
    pub code: String,
    /// The account's name, where it is one account's.
    pub account: Option<String>,
    /// What it is about, where there can be several at once.
    pub subject: Option<String>,
    /// When it began.
    pub since: Timestamp,
    pub message: String,
    pub action: String,
}

impl RaisedAlarms {
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    pub(crate) async fn all(&self) -> Result<Vec<RaisedAlarm>, StoreError> {
        self.0
            .read(|connection| {
                let mut select = connection.prepare_cached(
                    "SELECT code, account, subject, since, message, action FROM raised_alarm
                     ORDER BY code, account, subject",
                )?;
                let mut rows = select.query([])?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
                    all.push(RaisedAlarm {
                        code: row.get(0)?,
                        account: filled(row.get(1)?),
                        subject: filled(row.get(2)?),
                        since: columns::to_time(row.get(3)?)?,
                        message: row.get(4)?,
                        action: row.get(5)?,
                    });
                }
                Ok(all)
            })
            .await
    }

    pub(crate) async fn replace(&self, alarms: Vec<RaisedAlarm>) -> Result<(), StoreError> {
        self.0
            .write(Durability::Synced, move |connection| {
                connection.execute("DELETE FROM raised_alarm", [])?;
                let mut insert = connection.prepare_cached(
                    "INSERT OR REPLACE INTO raised_alarm (code, account, subject, since, message, action)
                     VALUES (:code, :account, :subject, :since, :message, :action)",
                )?;
                for alarm in alarms {
                    insert.execute(named_params! {
                        ":code": alarm.code,
                        ":account": alarm.account.unwrap_or_default(),
                        ":subject": alarm.subject.unwrap_or_default(),
                        ":since": alarm.since.as_millisecond(),
                        ":message": alarm.message,
                        ":action": alarm.action,
                    })?;
                }
                Ok(())
            })
            .await
    }
}
