//! Azure DNS, as the account's app. A record set holds all values of a name and type: one is changed, and the others
//! are left as they are.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use azure_client::arm::CallError;
use azure_types::dns_zones::{CnameRecord, RecordSet, TxtRecord};
use azure_types::resource_id::ResourceId;
use dns::change::Held;
use dns::record::{Data, Record};

use super::{Context, NotDone};

pub(super) struct AzureZone {
    id: ResourceId,
    name: String,
    /// Record sets as they were seen last, by the end of their ids in lower case; none before they were read.
    sets: Mutex<Option<HashMap<String, RecordSet>>>,
}

/// Writes of a record set, before somebody who writes all the time is complained about.
const TRIES: u32 = 4;

/// The zone that a domain is in: the one with the longest name that is visible.
pub(super) async fn zone_of(context: &Context, domain: &str) -> Result<AzureZone, NotDone> {
    let subscription = context.azure.connection.subscription;
    let zones = context.zones.get_or_try_init(|| context.azure.arm.dns_zones(subscription)).await?;
    let is_above = |name: &str| domain == name || domain.ends_with(&format!(".{name}"));
    let mut found: Vec<AzureZone> = zones
        .iter()
        .map(|zone| AzureZone { id: zone.id.clone(), name: zone.name.to_lowercase(), sets: Mutex::default() })
        .filter(|zone| is_above(&zone.name))
        .collect();
    found.sort_by_key(|zone| zone.name.len());
    let found_one = found.pop();
    if let (Some(one), Some(other)) = (&found_one, found.last())
        && one.name == other.name
    {
        return Err(NotDone::Failed(format!(
            "the app sees two zones {}: {} and {}. Delete the one that nobody asks, or write the records by hand",
            one.name, one.id, other.id
        )));
    }
    found_one.ok_or_else(|| {
        NotDone::Failed(format!(
            "the app sees no zone of Azure DNS that {domain} is in: make it, or give the app DNS Zone Contributor \
             there"
        ))
    })
}

impl AzureZone {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What stands at the names.
    pub(super) async fn held(&self, context: &Context, names: &[String]) -> Result<Vec<Held>, NotDone> {
        let sets = context.azure.arm.record_sets(&self.id).await?;
        let mut held = Vec::new();
        for set in &sets {
            let name = full_name(&set.name, &self.name);
            if names.contains(&name) {
                held.extend(of_set(&name, set));
            }
        }
        *self.lock() = Some(sets.into_iter().map(|set| (key(kind_of(&set), &set.name), set)).collect());
        Ok(held)
    }

    /// Takes one value away and puts another there.
    pub(super) async fn write(
        &self,
        context: &Context,
        gone: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<(), NotDone> {
        let Some(record) = new.or(gone) else { return Ok(()) };
        let relative = match record.name.strip_suffix(&self.name).map(|name| name.trim_end_matches('.')) {
            None => return Err(NotDone::Failed(format!("{} is not in the zone {}", record.name, self.name))),
            Some("") => "@",
            Some(name) => name,
        };
        let id = self.id.child(record.kind(), relative);
        let key = key(record.kind(), relative);
        let arm = &context.azure.arm;
        for number in 0..TRIES {
            let known = self.lock().as_ref().filter(|_| number == 0).map(|sets| sets.get(&key).cloned());
            let there = match known {
                Some(there) => there,
                None => arm.record_set(&id).await?,
            };
            let etag = there.as_ref().and_then(|set| set.etag.clone());
            let mut set = there.unwrap_or_default();
            if !change_set(&mut set, gone, new) {
                return Err(NotDone::Pending(format!(
                    "{} was changed by somebody else meanwhile, and was left alone. Apply again to see it anew",
                    record.name
                )));
            }
            let is_empty = set.properties.txt.is_empty() && set.properties.cname.is_none();
            let written = match (is_empty, &etag) {
                (true, None) => return Ok(()),
                (true, Some(etag)) => arm.delete_record_set(&id, etag).await.map(|()| None),
                (false, etag) => arm.put_record_set(&id, etag.as_deref(), &set).await.map(Some),
            };
            match written {
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
                Ok(written) => {
                    self.keep(key, written);
                    return Ok(());
                }
            }
        }
        Err(NotDone::Failed(format!("somebody else writes {} all the time", record.name)))
    }

    fn keep(&self, key: String, written: Option<RecordSet>) {
        let mut sets = self.lock();
        let Some(sets) = sets.as_mut() else { return };
        match written {
            Some(set) => drop(sets.insert(key, set)),
            None => drop(sets.remove(&key)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<String, RecordSet>>> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(kind: &str, relative: &str) -> String {
    format!("{kind}/{relative}").to_lowercase()
}

fn kind_of(set: &RecordSet) -> &str {
    set.kind.rsplit('/').next().unwrap_or_default()
}

fn is_overtaken(error: &CallError) -> bool {
    error.is(412) || error.is(409)
}

/// Takes one value away and puts another there; `false` if what is there is not what it was.
fn change_set(set: &mut RecordSet, gone: Option<&Record>, new: Option<&Record>) -> bool {
    let properties = &mut set.properties;
    let target = properties.cname.as_ref().map(|there| Record::cname("", &there.cname, 0));
    if let Some(text) = gone.and_then(Record::text) {
        let before = properties.txt.len();
        properties.txt.retain(|record| record.text() != text);
        // What is to go and is gone is no trouble; what is to be replaced has to be there.
        if properties.txt.len() == before && new.is_some() {
            return false;
        }
    }
    if let Some(gone) = gone.and_then(Record::target) {
        match target.as_ref().and_then(Record::target) {
            Some(there) if there != gone => return false,
            _ => properties.cname = None,
        }
    }
    let Some(new) = new else { return true };
    match &new.data {
        Data::Txt(text) if !properties.txt.iter().any(|record| record.text() == text.as_str()) => {
            properties.txt.push(TxtRecord::of(text.as_str()));
        }
        Data::Cname(wanted) => {
            let other =
                properties.cname.is_some() && target.as_ref().and_then(Record::target) != Some(wanted);
            if other {
                return false;
            }
            properties.cname = Some(CnameRecord { cname: wanted.clone() });
        }
        Data::Txt(_) | Data::Other { .. } => {}
    }
    if properties.ttl == 0 {
        properties.ttl = new.ttl;
    }
    properties.metadata.insert("postern".to_owned(), "written by Postern".to_owned());
    true
}

fn full_name(relative: &str, zone: &str) -> String {
    if relative == "@" { zone.to_owned() } else { format!("{}.{zone}", relative.to_lowercase()) }
}

fn of_set(name: &str, set: &RecordSet) -> Vec<Held> {
    let ttl = set.properties.ttl;
    // All values of a set have its id: it tells none of them from the others.
    let held = |record: Record| Held { id: String::new(), record, is_proxied: false, comment: None };
    let texts = set.properties.txt.iter().map(|one| Record::txt(name, &one.text(), ttl));
    let target = set.properties.cname.iter().map(|one| Record::cname(name, &one.cname, ttl));
    let mut all: Vec<Held> = texts.chain(target).map(held).collect();
    let kind = kind_of(set).to_uppercase();
    if all.is_empty() && matches!(kind.as_str(), "A" | "AAAA" | "MX") {
        all.push(held(Record::read(name, &kind, "set", ttl)));
    }
    all
}
