//! Bringing a domain's records into DNS: compared at the zone's authoritative name servers, and written where
//! Postern may.

use std::collections::BTreeSet;

use dns::actual::Actual;
use dns::change::{Blocked, Change, Held, Written};
use dns::lookup::Lookup;
use dns::preflight::{Row, preflight};
use dns::record::Record;
use dns::required::Required;
use jiff::{SignedDuration, Timestamp};
use model::infrastructure::{DesiredDomain, DnsWay, ForeignChange, WrittenRecord};

use super::super::consent;
use super::super::observed::ObservedDomain;
use super::super::step::Action;
use super::patience::look;
use super::zone::Zone;
use super::{Context, NotDone};

/// What DNS shows of a domain, beside what it should.
pub(crate) struct Examined {
    pub(in super::super) rows: Vec<Row>,
    pub(in super::super) actual: Actual,
    /// What somebody who may write everything would write.
    pub(in super::super) changes: Vec<Change>,
    /// What a person has to decide who writes the records.
    pub(in super::super) blocked: Vec<Blocked>,
    /// What Postern would change of values that others wrote, if somebody approves it.
    pub(in super::super) foreign: Vec<ForeignChange>,
    /// What Postern could not write even then.
    pub(in super::super) undecided: Vec<Blocked>,
}

/// An SPF record with too many look-ups is left to a person.
const TOO_MANY: &str = "spf.too_many_lookups";
/// Name servers of a provider have a new record within seconds; after this the step reports it.
const SETTLING: SignedDuration = SignedDuration::from_mins(5);

/// A domain whose records are compared.
pub(in super::super) struct ToExamine<'a> {
    pub(in super::super) name: &'a str,
    pub(in super::super) desired: &'a DesiredDomain,
    pub(in super::super) observed: &'a ObservedDomain,
}

/// Compares what Azure requires for a domain with what its zone shows.
pub(in super::super) async fn examine(
    lookup: &Lookup,
    domain: &ToExamine<'_>,
    written: &[WrittenRecord],
) -> Result<Examined, String> {
    let ToExamine { name, observed, .. } = *domain;
    let desired = Some(domain.desired);
    let names = required(name, None, desired, observed)?.names();
    let actual = lookup.actual(name, &names).await.map_err(|error| error.to_string())?;
    // Now the zone is known, and with it how relative names are meant.
    let required = required(name, actual.zone.as_deref(), desired, observed)?;
    let rows = preflight(&required, &actual);
    let held = actual.held();
    let (planned, mut blocked) = dns::change::changes(&required, &held, &|_| false);
    let now = Now { actual: &actual, rows: &rows };
    let changes = now.allowed(planned, &mut blocked);
    let is_ours = |held: &Held| written.iter().any(|one| record(one).says_the_same(&held.record));
    let (planned, mut undecided) = consent::proposed(&required, &held, &is_ours);
    let proposed = now.allowed(planned, &mut undecided);
    let foreign = consent::foreign(&proposed, &is_ours);
    Ok(Examined { rows, actual, changes, blocked, foreign, undecided })
}

/// What DNS shows at this moment.
struct Now<'a> {
    actual: &'a Actual,
    rows: &'a [Row],
}

impl Now<'_> {
    /// The changes that do no harm now. The others become blocked.
    fn allowed(&self, planned: Vec<Change>, blocked: &mut Vec<Blocked>) -> Vec<Change> {
        let mut changes = Vec::new();
        for change in planned {
            match self.harm(&change) {
                None => changes.push(change),
                Some((name, message)) => {
                    let held = change.gone().cloned().into_iter().collect();
                    blocked.push(Blocked { name, held, message });
                }
            }
        }
        changes
    }

    /// At which name a change would do harm now, and why.
    fn harm(&self, change: &Change) -> Option<(String, String)> {
        let name = &change.new_record()?.name;
        // What it would stand beside is not known.
        if let Some(trouble) = &self.actual.at(name).trouble {
            let message =
                format!("the records at this name cannot be read: {trouble}. Try again in a minute.");
            return Some((name.clone(), message));
        }
        // It would break mail that arrives today.
        let too_many = self.rows.iter().find(|row| row.code == TOO_MANY);
        let too_many = too_many.filter(|_| matches!(change, Change::Replace { .. }));
        too_many.map(|row| (name.clone(), row.message.clone()))
    }
}

fn required(
    name: &str,
    zone: Option<&str>,
    desired: Option<&DesiredDomain>,
    observed: &ObservedDomain,
) -> Result<Required, String> {
    let required = Required::new(name, zone, &observed.records).map_err(|error| error.to_string())?;
    let required = match desired.and_then(|desired| desired.dmarc.as_deref()) {
        Some(policy) => required.with_dmarc(policy),
        None => required,
    };
    // Once Azure has verified the record, it may end in `~all` again.
    Ok(if observed.is_verified() { required.with_soft_end() } else { required })
}

impl Examined {
    /// Whether nothing is in the way.
    pub(in super::super) fn is_right(&self) -> bool {
        !self.rows.iter().any(|row| row.verdict.is_in_the_way())
    }

    /// What is in the way, in sentences.
    fn problems(&self) -> Vec<&str> {
        let bad = self.rows.iter().filter(|row| row.verdict.is_in_the_way());
        bad.map(|row| row.message.as_str()).collect()
    }
}

impl Context {
    pub(super) async fn see_to_dns(&self, name: &str, way: &DnsWay) -> Result<(), NotDone> {
        let key = Action::Dns(name.to_owned(), way.clone()).key();
        let Some(desired) = self.infrastructure.domains.get(name) else { return Ok(()) };
        let clock = &self.azure.provisioning.clock;
        let mut until = None;
        let mut looks = 0;
        loop {
            if self.observed_domain(name).records.domain.is_none() {
                let is_known = |observed: &ObservedDomain| observed.records.domain.is_some();
                let known = self.wait_for(name, self.until(), is_known).await?;
                known.ok_or_else(|| self.is_late("saying what it wants to find in DNS"))?;
            }
            let written =
                self.azure.provisioning.store.infrastructure().written(self.azure.account.id).await?;
            let domain = ToExamine { name, desired, observed: &self.observed_domain(name) };
            let examined = examine(&self.lookup, &domain, &written).await.map_err(NotDone::Passing)?;
            if examined.is_right() {
                self.observed().domains.entry(name.to_owned()).or_default().dns = Some(true);
                return Ok(());
            }
            let problems = examined.problems().join(" ");
            if *way == DnsWay::Manual {
                let count = examined.problems().len();
                let are = if count == 1 { "1 record is".to_owned() } else { format!("{count} records are") };
                return Err(NotDone::Pending(format!(
                    "{are} not there yet, or not right: `postern domain records {name}` has what to write"
                )));
            }
            let now = clock.now();
            match until {
                None => {
                    too_many(&examined)?;
                    self.write_records(&key, name, way).await?;
                    self.progress(&key, "waiting until the zone's own servers show the records");
                    until = now.saturating_add(SETTLING).ok();
                }
                Some(until) if now >= until => {
                    let text = "The records are written, but the zone's own servers do not show them all:";
                    return Err(NotDone::Pending(format!("{text} {problems}")));
                }
                Some(_) => {
                    clock.sleep(look(looks)).await;
                    looks += 1;
                }
            }
        }
    }

    async fn write_records(&self, key: &str, name: &str, way: &DnsWay) -> Result<(), NotDone> {
        let zone = Zone::open(self, way, name).await?;
        let required = required(
            name,
            Some(zone.name()),
            self.infrastructure.domains.get(name),
            &self.observed_domain(name),
        );
        let required = required.map_err(NotDone::Failed)?;
        let held = zone.held(&required.names()).await?;
        let written = self.azure.provisioning.store.infrastructure().written(self.azure.account.id).await?;
        let is_ours = |held: &Held| {
            written.iter().any(|one| one.zone == zone.name() && record(one).says_the_same(&held.record))
        };
        let (changes, blocked) = consent::proposed(&required, &held, &is_ours);
        if !blocked.is_empty() {
            let messages: Vec<&str> = blocked.iter().map(|one| one.message.as_str()).collect();
            return Err(NotDone::Pending(messages.join(" ")));
        }
        if let Some(why) = consent::unapproved(&consent::foreign(&changes, &is_ours), self.approved(key)) {
            return Err(NotDone::AwaitingApproval(why));
        }
        // What was there is stored before the first of it is changed.
        let context = WriteContext {
            domain: name,
            way,
            zone: zone.name(),
            changes: &changes,
            written: &written,
            at: self.azure.provisioning.clock.now(),
        };
        let rows: Vec<Option<WrittenRecord>> = changes.iter().map(|change| context.row(change)).collect();
        let (memory, account) = (self.azure.provisioning.store.infrastructure(), self.azure.account.id);
        for row in rows.iter().flatten() {
            memory.note_record(account, row.clone()).await?;
        }
        for (change, row) in changes.iter().zip(rows) {
            let record_id = zone.write(change).await?;
            if let Some(row) = row {
                self.progress(key, format!("{} {} is written", row.kind, row.name));
                memory.note_record(account, WrittenRecord { record_id: Some(record_id), ..row }).await?;
            }
        }
        // Records of ours that are not there any more.
        let is_gone = |row: &&WrittenRecord| {
            let says = |of: &Record| of.says_the_same(&record(row));
            row.zone == zone.name()
                && changes.iter().filter_map(Change::gone).any(|held| says(&held.record))
                && !changes.iter().filter_map(Change::new_record).any(says)
        };
        for row in written.iter().filter(is_gone) {
            memory.forget_record(account, row.clone()).await?;
        }
        Ok(())
    }

    /// Takes back what was written for a domain, as far as it is still as it was written.
    pub(super) async fn remove_dns(&self, name: &str) -> Result<(), NotDone> {
        let (memory, account) = (self.azure.provisioning.store.infrastructure(), self.azure.account.id);
        let rows: Vec<WrittenRecord> =
            memory.written(account).await?.into_iter().filter(|row| row.domain == name).collect();
        let mut ways: Vec<DnsWay> = Vec::new();
        for row in &rows {
            if !ways.contains(&row.way) {
                ways.push(row.way.clone());
            }
        }
        for way in ways {
            let rows: Vec<&WrittenRecord> = rows.iter().filter(|row| row.way == way).collect();
            let zone = Zone::open(self, &way, name).await?;
            let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
            let held = zone.held(&names).await?;
            let written: Vec<Written> = rows.iter().map(|row| written(row)).collect();
            let (changes, left) = dns::change::undo(&written, &held);
            for change in &changes {
                zone.write(change).await?;
            }
            for one in left {
                self.progress(&Action::RemoveDns(name.to_owned()).key(), one.message);
            }
            for row in rows {
                memory.forget_record(account, row.clone()).await?;
            }
        }
        Ok(())
    }
}

/// A record that receivers give up on would break mail that arrives today.
fn too_many(examined: &Examined) -> Result<(), NotDone> {
    let row = examined.rows.iter().find(|row| row.code == TOO_MANY);
    row.map_or(Ok(()), |row| Err(NotDone::Pending(row.message.clone())))
}

fn record(row: &WrittenRecord) -> Record {
    Record::read(&row.name, &row.kind, &row.value, 0)
}

fn written(row: &WrittenRecord) -> Written {
    Written {
        zone: row.zone.clone(),
        record: record(row),
        record_id: row.record_id.clone().unwrap_or_default(),
        before: row.before.clone(),
        also_before: row.also_before.clone(),
    }
}

/// The changes to one domain's records, and what is remembered of earlier ones.
struct WriteContext<'a> {
    domain: &'a str,
    way: &'a DnsWay,
    zone: &'a str,
    changes: &'a [Change],
    written: &'a [WrittenRecord],
    at: Timestamp,
}

impl WriteContext<'_> {
    /// What is remembered of a change; `None` where nothing new is written.
    fn row(&self, change: &Change) -> Option<WrittenRecord> {
        let record = change.new_record()?;
        let mut before = self.originals(change).into_iter();
        Some(WrittenRecord {
            domain: self.domain.to_owned(),
            way: self.way.clone(),
            zone: self.zone.to_owned(),
            name: record.name.clone(),
            kind: record.kind().to_owned(),
            value: record.value().to_owned(),
            record_id: None,
            before: before.next(),
            also_before: before.collect(),
            at: self.at,
        })
    }

    /// What a change overwrites that others wrote: it is restored when the change is undone. Of several SPF records that
    /// become one, all are; a record of ours gives what it replaced, not itself.
    fn originals(&self, change: &Change) -> Vec<String> {
        let Change::Replace { held, by, .. } = change else { return Vec::new() };
        let is_spf = |record: &Record| record.text().is_some_and(dns::spf::is_spf);
        let is_merged = |other: &&Held| is_spf(by) && is_spf(&other.record) && other.record.name == by.name;
        let deleted = self.changes.iter().filter(|change| matches!(change, Change::Delete(_)));
        let merged = deleted.filter_map(Change::gone).filter(is_merged);
        let mut found = Vec::new();
        for gone in std::iter::once(held).chain(merged) {
            let ours = self.written.iter().find(|row| record(row).says_the_same(&gone.record));
            let values = match ours {
                Some(row) => row.before.iter().chain(&row.also_before).cloned().collect(),
                None => vec![gone.record.value().to_owned()],
            };
            found.extend(values);
        }
        // The first one that Postern ever met stays the first.
        found.sort_by_key(|value| !self.written.iter().any(|row| row.before.as_ref() == Some(value)));
        let mut seen = BTreeSet::new();
        found.retain(|value| seen.insert(value.clone()));
        found
    }
}
