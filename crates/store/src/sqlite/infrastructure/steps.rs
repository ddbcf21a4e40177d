//! Steps towards an infrastructure: written down before the call, and after it.

use jiff::Timestamp;
use model::id::AccountId;
use model::infrastructure::{RecordedStep, StepState};
use rusqlite::{OptionalExtension as _, Row, params};

use super::Infrastructures;
use crate::AwaitingStep;
use crate::error::StoreError;
use crate::sqlite::columns;
use crate::sqlite::database::Durability;

impl Infrastructures {
    pub(crate) async fn note_step(&self, account: AccountId, step: RecordedStep) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let tries = u32::from(step.state == StepState::Begun);
                connection
                    .prepare_cached(
                        "INSERT INTO provisioning_step (account_id, key, state, problem, tries, at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                         ON CONFLICT DO UPDATE SET state = ?3, problem = ?4, tries = tries + ?5,
                             at = CASE WHEN state = ?3 AND state = 'awaiting_approval' THEN at ELSE ?6 END",
                    )?
                    .execute(params![
                        account.to_string(),
                        step.key,
                        step.state.as_str(),
                        step.problem,
                        tries,
                        step.at.as_millisecond(),
                    ])?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn forget_step(&self, account: AccountId, key: String) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let delete = "DELETE FROM provisioning_step WHERE account_id = ? AND key = ?";
                connection.execute(delete, params![account.to_string(), key])?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn steps(&self, account: AccountId) -> Result<Vec<RecordedStep>, StoreError> {
        self.database
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT key, state, problem, tries, at FROM provisioning_step WHERE account_id = ? ORDER BY key",
                )?;
                let mut rows = select.query([account.to_string()])?;
                let mut steps = Vec::new();
                while let Some(row) = rows.next()? {
                    steps.push(recorded(row)?);
                }
                Ok(steps)
            })
            .await
    }

    pub(crate) async fn awaiting_approval(&self) -> Result<Vec<AwaitingStep>, StoreError> {
        self.database
            .read(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT key, state, problem, tries, at, account_id FROM provisioning_step
                     WHERE state = 'awaiting_approval' ORDER BY account_id, key",
                )?;
                let mut rows = select.query([])?;
                let mut steps = Vec::new();
                while let Some(row) = rows.next()? {
                    let account = columns::to_id(&row.get::<_, String>(5)?)?;
                    steps.push(AwaitingStep { account, step: recorded(row)? });
                }
                Ok(steps)
            })
            .await
    }

    pub(crate) async fn note_applied(&self, account: AccountId, at: Timestamp) -> Result<(), StoreError> {
        self.database
            .write(Durability::Synced, move |connection| {
                let update = "UPDATE infrastructure SET applied_at = ? WHERE account_id = ?";
                connection.execute(update, params![at.as_millisecond(), account.to_string()])?;
                Ok(())
            })
            .await
    }

    pub(crate) async fn applied_at(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        self.database
            .read(move |connection| {
                let at: Option<Option<i64>> = connection
                    .prepare_cached("SELECT applied_at FROM infrastructure WHERE account_id = ?")?
                    .query_row([account.to_string()], |row| row.get(0))
                    .optional()?;
                at.flatten().map(columns::to_time).transpose()
            })
            .await
    }
}

fn recorded(row: &Row<'_>) -> Result<RecordedStep, StoreError> {
    Ok(RecordedStep {
        key: row.get(0)?,
        state: columns::to_word(&row.get::<_, String>(1)?)?,
        problem: row.get(2)?,
        tries: row.get(3)?,
        at: columns::to_time(row.get(4)?)?,
    })
}
