//! Restoring the end that an SPF record had before Azure required another: `~all` in place of `-all`.

use std::time::Duration;

use dns::change::Change;
use dns::record::Record;
use dns::spf::{End, merged, with_end};
use model::fault::{Fault, Invalid};
use model::infrastructure::{DnsWay, WrittenRecord};
use store::AuditEntry;

use super::zone::Zone;
use super::{Context, NotDone};

/// The record with the end that it had before, if that was `~all` or `?all` and Postern wrote `-all`.
pub(in super::super) fn spf_before(rows: &[WrittenRecord], name: &str) -> Option<(WrittenRecord, String)> {
    let row =
        rows.iter().find(|row| row.domain == name && row.kind == "TXT" && row.value.starts_with("v=spf1"))?;
    let before: Vec<&str> = row.before.iter().chain(&row.also_before).map(String::as_str).collect();
    let end = merged(&before, INCLUDE, End::Fail).end_before?;
    let value = with_end(&row.value, &end);
    (value != row.value).then(|| (row.clone(), value))
}

/// What is included says nothing about the end.
const INCLUDE: &str = "spf.protection.outlook.com";

/// A DNS provider that did not answer may do so a minute later.
const SOON: Duration = Duration::from_secs(60);

impl Context {
    /// Restores `~all`, once Azure has verified the record; gives the record as it is now. `audit` is entered
    /// with the note that the record is about to be written.
    pub(in super::super) async fn restore_spf(&self, name: &str, audit: AuditEntry) -> Result<String, Fault> {
        let not_now = |why: String| Invalid::new("domain", why);
        if !self.observed_domain(name).is_verified() {
            return Err(not_now(format!("Azure wants {name} to end in -all until it is verified")).into());
        }
        let (memory, account) = (self.azure.provisioning.store.infrastructure(), self.azure.account.id);
        let rows = memory.written(account).await?;
        let Some((row, value)) = spf_before(&rows, name) else {
            let why = format!("the SPF record of {name} did not end in ~all before Postern wrote it");
            return Err(not_now(why).into());
        };
        if row.way == DnsWay::Manual {
            return Err(not_now(format!("write \"{value}\" by hand")).into());
        }
        let zone = Zone::open(self, &row.way, name).await.map_err(refused)?;
        let held = zone.held(std::slice::from_ref(&row.name)).await.map_err(refused)?;
        let old = Record::read(&row.name, &row.kind, &row.value, 0);
        let Some(held) = held.into_iter().find(|held| held.record.says_the_same(&old)) else {
            let why = format!("somebody has changed the SPF record of {name} since Postern wrote it");
            return Err(not_now(why).into());
        };
        let by = Record::txt(&row.name, &value, held.record.ttl);
        let mut new =
            WrittenRecord { value: value.clone(), at: self.azure.provisioning.clock.now(), ..row.clone() };
        memory.enter_record(account, new.clone(), audit).await?;
        let why = "The end that was there before is put back.".to_owned();
        let written = zone.write(&Change::Replace { held, by, why }).await;
        new.record_id = Some(written.map_err(refused)?);
        memory.note_record(account, new).await?;
        memory.forget_record(account, row).await?;
        Ok(value)
    }
}

/// What keeps a record from being written, for the caller who asked for it.
fn refused(trouble: NotDone) -> Fault {
    match trouble.clean() {
        NotDone::Passing(message) => {
            Fault::Upstream { who: "the DNS provider".to_owned(), message, retry_after: Some(SOON) }
        }
        other => Invalid::new("domain", other.why()).into(),
    }
}
