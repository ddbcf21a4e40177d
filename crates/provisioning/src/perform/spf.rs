//! Putting the softer end of an SPF record back that it had before Azure wanted another: `~all` in place of `-all`.

use dns::change::Change;
use dns::record::Record;
use dns::spf::{End, merged, with_end};
use model::infrastructure::{DnsWay, WrittenRecord};
use store::AuditEntry;

use super::zone::Zone;
use super::{Context, Trouble};

/// The record as it was before, with the end that it had, if that was softer than what Postern wrote.
pub(in super::super) fn spf_before(rows: &[WrittenRecord], name: &str) -> Option<(WrittenRecord, String)> {
    let row =
        rows.iter().find(|row| row.domain == name && row.kind == "TXT" && row.value.starts_with("v=spf1"))?;
    let before: Vec<&str> = row.before.iter().chain(&row.also_before).map(String::as_str).collect();
    let end = merged(&before, INCLUDE, End::Fail).softer?;
    let value = with_end(&row.value, &end);
    (value != row.value).then(|| (row.clone(), value))
}

/// What is included says nothing about the end.
const INCLUDE: &str = "spf.protection.outlook.com";

impl Context {
    /// Puts the softer end back, once Azure has verified the record; gives the record as it is now. `audit` is entered
    /// with the note that the record is about to be written.
    pub(in super::super) async fn restore_spf(
        &self,
        name: &str,
        audit: AuditEntry,
    ) -> Result<String, Trouble> {
        if !self.observed_domain(name).is_verified() {
            return Err(Trouble::Pending(format!("Azure wants {name} to end in -all until it is verified")));
        }
        let (memory, account) = (self.azure.provisioning.store.infrastructure(), self.azure.account.id);
        let rows = memory.written(account).await?;
        let Some((row, value)) = spf_before(&rows, name) else {
            return Err(Trouble::Failed(format!(
                "the SPF record of {name} had no softer end before Postern wrote it"
            )));
        };
        if row.way == DnsWay::Manual {
            return Err(Trouble::Failed(format!("write \"{value}\" by hand")));
        }
        let zone = Zone::open(self, &row.way, name).await?;
        let held = zone.held(std::slice::from_ref(&row.name)).await?;
        let old = Record::read(&row.name, &row.kind, &row.value, 0);
        let Some(held) = held.into_iter().find(|held| held.record.says_the_same(&old)) else {
            return Err(Trouble::Failed(format!(
                "somebody has changed the SPF record of {name} since it was written"
            )));
        };
        let by = Record::txt(&row.name, &value, held.record.ttl);
        let mut new =
            WrittenRecord { value: value.clone(), at: self.azure.provisioning.clock.now(), ..row.clone() };
        memory.enter_record(account, new.clone(), audit).await?;
        let why = "The end that was there before is put back.".to_owned();
        new.record_id = Some(zone.write(&Change::Replace { held, by, why }).await?);
        memory.note_record(account, new).await?;
        memory.forget_record(account, row).await?;
        Ok(value)
    }
}
