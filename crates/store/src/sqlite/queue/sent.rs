//! What was sent of late, for the request of a higher quota: so many of the newest messages are read, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::id::{AccountId, QueueId};
use model::quota_report::MailSample;
use rusqlite::{Connection, params};

use super::Queue;
use crate::error::StoreError;
use crate::sqlite::columns;

/// Messages that are looked at, those of other accounts included.
const READ: u32 = 20_000;

const NEWEST: &str = "SELECT id, account_id, lane, header_from, size_bytes, accepted_at FROM message
    ORDER BY id DESC LIMIT ?";

const RECIPIENTS: &str = "SELECT coalesce(r.state, s.state), count(*) FROM recipient r
    JOIN send s ON s.message_id = r.message_id AND s.part = r.part WHERE r.message_id = ? GROUP BY 1";

impl Queue {
    pub(crate) async fn sample(&self, accounts: BTreeSet<AccountId>) -> Result<MailSample, StoreError> {
        self.caught_up().await;
        self.0.database.read(move |connection| sample(connection, &accounts)).await
    }
}

fn sample(connection: &Connection, accounts: &BTreeSet<AccountId>) -> Result<MailSample, StoreError> {
    let mut sample = MailSample::default();
    let mut minutes = BTreeMap::<i64, u64>::new();
    let mut select = connection.prepare_cached(NEWEST)?;
    let mut rows = select.query(params![READ])?;
    while let Some(row) = rows.next()? {
        let account: AccountId = columns::to_id(&row.get::<_, String>(1)?)?;
        if !accounts.contains(&account) {
            continue;
        }
        let accepted_at = columns::to_time(row.get(5)?)?;
        let from: String = row.get(3)?;
        let domain = from.rsplit('@').next().unwrap_or_default().to_lowercase();
        sample.messages += 1;
        sample.since = Some(sample.since.map_or(accepted_at, |since: Timestamp| since.min(accepted_at)));
        sample.largest_bytes = sample.largest_bytes.max(row.get(4)?);
        *sample.lanes.entry(row.get(2)?).or_default() += 1;
        *sample.domains.entry(domain).or_default() += 1;
        *minutes.entry(accepted_at.as_second().div_euclid(60)).or_default() += 1;
        let id: QueueId = columns::to_id(&row.get::<_, String>(0)?)?;
        let recipients = recipients(connection, id, &mut sample.outcomes)?;
        sample.recipients += recipients;
        sample.most_recipients = sample.most_recipients.max(recipients);
    }
    sample.busiest_minute = minutes.into_values().max().unwrap_or(0);
    Ok(sample)
}

/// Adds the outcomes of a message's recipients; gives how many it has.
fn recipients(
    connection: &Connection,
    id: QueueId,
    outcomes: &mut BTreeMap<String, u64>,
) -> Result<u64, StoreError> {
    let mut select = connection.prepare_cached(RECIPIENTS)?;
    let mut rows = select.query([id.to_string()])?;
    let mut all = 0;
    while let Some(row) = rows.next()? {
        let count: u64 = row.get(1)?;
        *outcomes.entry(row.get(0)?).or_default() += count;
        all += count;
    }
    Ok(all)
}
