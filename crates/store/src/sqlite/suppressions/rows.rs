//! Entries of the suppression list as rows.

use jiff::Timestamp;
use model::suppression::{Evidence, Suppression, folded};
use rusqlite::{Connection, Row, Rows, named_params};

use super::StoredSuppression;
use crate::error::StoreError;
use crate::sqlite::columns;

pub(super) const SELECT: &str = "SELECT number, address, account_id, scope, reason, message_id, status, text,
     reported_by, added_at, reported_at, times, expires_at FROM suppression";

/// Whether an entry was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    New,
    Known,
}

/// Adds an entry; where the address has one for the same mail already, that is reported again.
pub(super) fn report(connection: &Connection, news: Suppression) -> Result<Put, StoreError> {
    let account = news.account.map(|account| account.to_string()).unwrap_or_default();
    let mut select =
        connection.prepare_cached(&format!("{SELECT} WHERE folded = ? AND account_id = ? AND scope = ?"))?;
    let key = [folded(&news.address), account, news.scope.to_string()];
    match read(select.query([&key[0], &key[1], &key[2]])?)?.pop() {
        None => {
            insert(connection, &key, &news)?;
            Ok(Put::New)
        }
        Some(known) => {
            let number = known.number;
            update(connection, number, &known.suppression.reported_again(news))?;
            Ok(Put::Known)
        }
    }
}

fn insert(connection: &Connection, key: &[String; 3], new: &Suppression) -> Result<(), StoreError> {
    let [folded, account, scope] = key;
    connection
        .prepare_cached(
            "INSERT INTO suppression (folded, address, account_id, scope, reason, message_id, status, text, reported_by,
             added_at, reported_at, times, expires_at)
             VALUES (:folded, :address, :account, :scope, :reason, :message, :status, :text, :by,
             :added_at, :reported_at, :times, :expires_at)",
        )?
        .execute(named_params! {
            ":folded": folded,
            ":address": new.address.to_string(),
            ":account": account,
            ":scope": scope,
            ":reason": new.reason.as_str(),
            ":message": new.evidence.message.map(|id| id.to_string()),
            ":status": new.evidence.status,
            ":text": new.evidence.text,
            ":by": new.evidence.by,
            ":added_at": new.added_at.as_millisecond(),
            ":reported_at": new.reported_at.as_millisecond(),
            ":times": new.times,
            ":expires_at": new.expires_at.map(Timestamp::as_millisecond),
        })?;
    Ok(())
}

fn update(connection: &Connection, number: u64, known: &Suppression) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE suppression SET reason = :reason, message_id = :message, status = :status, text = :text,
             reported_by = :by, reported_at = :reported_at, times = :times, expires_at = :expires_at
             WHERE number = :number",
        )?
        .execute(named_params! {
            ":number": number,
            ":reason": known.reason.as_str(),
            ":message": known.evidence.message.map(|id| id.to_string()),
            ":status": known.evidence.status,
            ":text": known.evidence.text,
            ":by": known.evidence.by,
            ":reported_at": known.reported_at.as_millisecond(),
            ":times": known.times,
            ":expires_at": known.expires_at.map(Timestamp::as_millisecond),
        })?;
    Ok(())
}

/// The entries of an address.
pub(super) fn of(connection: &Connection, folded: &str) -> Result<Vec<StoredSuppression>, StoreError> {
    let mut select = connection.prepare_cached(&format!("{SELECT} WHERE folded = ? ORDER BY number"))?;
    read(select.query([folded])?)
}

pub(super) fn read(mut rows: Rows<'_>) -> Result<Vec<StoredSuppression>, StoreError> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(StoredSuppression { number: row.get(0)?, suppression: entry(row)? });
    }
    Ok(all)
}

fn entry(row: &Row<'_>) -> Result<Suppression, StoreError> {
    let (account, scope): (String, String) = (row.get(2)?, row.get(3)?);
    let message: Option<String> = row.get(5)?;
    let expires_at: Option<i64> = row.get(12)?;
    Ok(Suppression {
        address: columns::to_id(&row.get::<_, String>(1)?)?,
        account: if account.is_empty() { None } else { Some(columns::to_id(&account)?) },
        scope: scope.parse().map_err(|_| columns::damaged("scope", &scope))?,
        reason: columns::to_word(&row.get::<_, String>(4)?)?,
        evidence: Evidence {
            message: message.as_deref().map(columns::to_id).transpose()?,
            status: row.get(6)?,
            text: row.get(7)?,
            by: row.get(8)?,
        },
        added_at: columns::to_time(row.get(9)?)?,
        reported_at: columns::to_time(row.get(10)?)?,
        times: row.get(11)?,
        expires_at: expires_at.map(columns::to_time).transpose()?,
    })
}
