//! Changing the desired state: whole, or one domain or sender of it. Nothing here asks Azure.

use std::collections::{BTreeMap, BTreeSet};

use api::domains::{SenderRow, SenderRowResult};
use api::infrastructure::manifest::{DomainManifest, FullSender, Manifest, SenderManifest};
use azure_types::communication::is_same_location;
use jiff::SignedDuration;
use model::account::Account;
use model::fault::{Fault, Invalid};
use model::infrastructure::{AZURE_MANAGED, DesiredSender, DnsWay, Infrastructure};
use store::StoreError;

use super::Provisioning;
use super::desired;

/// A domain that is to be there.
#[derive(Clone, Debug, Default)]
pub struct NewDomain {
    /// Its name, or `azure` for one of Azure's own.
    pub name: String,
    pub manifest: DomainManifest,
    /// Where the infrastructure's parts are, if nobody has said yet.
    pub infrastructure: Manifest,
}

/// What a desired state becomes.
struct Replacement {
    infrastructure: Infrastructure,
    /// A resource at Azure that is no longer desired, no matter who made it: from here on it is to be removed there.
    without: Option<String>,
}

/// Two changes are told apart even where the clock stands.
const TICK: SignedDuration = SignedDuration::from_millis(1);
/// Domains that are named one by one.
const NAMED: usize = 5;
/// Tries before the error that others keep changing the same desired state.
const TRIES: u32 = 4;

/// What happens to rows of which some cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRows {
    /// The others are added.
    LeaveOut,
    /// None is added.
    RejectAll,
}

impl Provisioning {
    /// Says the desired state of an account, in place of what was said before.
    ///
    /// # Errors
    /// When something in it cannot be, or nothing can be stored.
    pub async fn set_infrastructure(&self, name: &str, manifest: Manifest) -> Result<Infrastructure, Fault> {
        let detail = format!("{} domains", manifest.domain.len());
        self.change_infrastructure(name, &detail, |account, _| {
            desired::infrastructure(manifest.clone(), account, self.clock.now())
        })
        .await
    }

    /// Adds a domain, or changes what is desired of it. Senders that it has stay.
    ///
    /// # Errors
    /// As [`Provisioning::set_infrastructure`].
    pub async fn add_domain(&self, name: &str, new: NewDomain) -> Result<Infrastructure, Fault> {
        let new = Box::pin(self.with_existing_service(name, new)).await?;
        let detail = format!("domain {}", new.name);
        self.change_infrastructure(name, &detail, |account, before| {
            let mut infrastructure = match before {
                Some(before) => {
                    must_agree(before, &new.infrastructure)?;
                    before.clone()
                }
                None => desired::infrastructure(new.infrastructure.clone(), account, self.clock.now())?,
            };
            let (key, mut domain) = desired::domain(&new.name, new.manifest.clone())?;
            if let Some(there) = infrastructure.domains.get(&key) {
                let mut senders = there.senders.clone();
                for (key, sender) in std::mem::take(&mut domain.senders) {
                    // What nobody says stays.
                    let known = senders.entry(key).or_default();
                    known.username = sender.username;
                    known.display_name = sender.display_name.or_else(|| known.display_name.take());
                    known.suppressed.extend(sender.suppressed);
                }
                domain.senders = senders;
                domain.tracking |= there.tracking;
                domain.dmarc = domain.dmarc.or_else(|| there.dmarc.clone());
                if new.manifest.dns.is_none() {
                    domain.dns = there.dns.clone();
                }
            }
            infrastructure.domains.insert(key, domain);
            Ok(infrastructure)
        })
        .await
    }

    /// Adds senders; a row that cannot be added is reported and left out, and none is half done.
    ///
    /// # Errors
    /// As [`Provisioning::set_infrastructure`]; with [`BadRows::RejectAll`], already for the first row that cannot be.
    pub async fn add_desired_senders(
        &self,
        name: &str,
        rows: &[SenderRow],
        bad_rows: BadRows,
    ) -> Result<Vec<SenderRowResult>, Fault> {
        let mut results = Vec::new();
        let detail = format!("{} senders", rows.len());
        self.change_infrastructure(name, &detail, |_, before| {
            let mut infrastructure = before.cloned().ok_or_else(no_domain)?;
            let mut seen = BTreeSet::new();
            results.clear();
            for row in rows {
                let problem = add_row(&mut infrastructure, row, &mut seen).err();
                if let Some(problem) = problem.clone().filter(|_| bad_rows == BadRows::RejectAll) {
                    return Err(problem);
                }
                let address = format!("{}@{}", row.username.trim(), row.domain.trim());
                let problem = problem.map(|problem| problem.to_string());
                results.push(SenderRowResult { line: row.line, address, problem });
            }
            Ok(infrastructure)
        })
        .await?;
        Ok(results)
    }

    /// Takes a sender out of the desired state.
    ///
    /// # Errors
    /// When the desired state does not have it, or nothing can be stored.
    pub async fn forget_sender(&self, name: &str, address: &str) -> Result<(), Fault> {
        let account = self.account_to_change(name)?;
        let (username, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        let (domain, _) = desired::domain_name(domain)?;
        let key = username.to_lowercase();
        let subscription = account.azure()?.subscription;
        self.replace_infrastructure(name, &format!("no sender {address}"), |_, before| {
            let mut infrastructure = before.cloned().ok_or_else(no_domain)?;
            let there =
                infrastructure.domains.get_mut(&domain).and_then(|domain| domain.senders.remove(&key));
            if there.is_none() {
                let reason = format!("the desired state does not have {address}");
                return Err(Invalid::new("address", reason));
            }
            let without = infrastructure.ids(subscription).sender(&domain, &key).to_string();
            Ok(Replacement { infrastructure, without: Some(without) })
        })
        .await
        .map(drop)
    }

    /// Forgets the desired state as it was, or the part of it about `domains`, with how far it came.
    pub(super) async fn forget_desired(
        &self,
        name: &str,
        before: &Infrastructure,
        domains: &BTreeSet<String>,
    ) -> Result<(), Fault> {
        let account = self.account_to_change(name)?;
        if domains.is_empty() {
            let audit = self.entry("infrastructure.remove", &account.name, "");
            return Ok(self.store.infrastructure().forget(&account, before.changed_at, audit).await?);
        }
        let names: Vec<&str> = domains.iter().map(String::as_str).collect();
        self.change_infrastructure(name, &format!("no {}", names.join(", ")), |_, before| {
            let mut infrastructure = before.cloned().ok_or_else(no_domain)?;
            infrastructure.domains.retain(|name, _| !domains.contains(name));
            Ok(infrastructure)
        })
        .await?;
        for step in self.store.infrastructure().steps(account.id).await? {
            if step.key.split('/').nth(1).is_some_and(|domain| domains.contains(domain)) {
                self.store.infrastructure().forget_step(account.id, step.key).await?;
            }
        }
        Ok(())
    }

    /// Changes the desired state; begins again with what others left, if somebody was faster.
    pub(super) async fn change_infrastructure(
        &self,
        name: &str,
        detail: &str,
        mut change: impl FnMut(&Account, Option<&Infrastructure>) -> Result<Infrastructure, Invalid>,
    ) -> Result<Infrastructure, Fault> {
        let change = |account: &Account, before: Option<&Infrastructure>| {
            change(account, before).map(|infrastructure| Replacement { infrastructure, without: None })
        };
        self.replace_infrastructure(name, detail, change).await
    }

    async fn replace_infrastructure(
        &self,
        name: &str,
        detail: &str,
        mut change: impl FnMut(&Account, Option<&Infrastructure>) -> Result<Replacement, Invalid>,
    ) -> Result<Infrastructure, Fault> {
        let memory = self.store.infrastructure();
        let mut tries = 0;
        loop {
            tries += 1;
            let account = self.account_to_change(name)?;
            let before = memory.of(account.id).await?;
            let Replacement { mut infrastructure, without } = change(&account, before.as_ref())?;
            self.check_ways(&infrastructure).await?;
            let earliest = before.as_ref().map(|before| clock::after(before.changed_at, TICK));
            let now = self.clock.now();
            infrastructure.changed_at = earliest.map_or(now, |earliest| earliest.max(now));
            let (new, audit) =
                (infrastructure.clone(), self.entry("infrastructure.edit", &account.name, detail));
            let kept = match without {
                None => memory.keep(before, new, audit).await,
                Some(resource) => memory.keep_without(before, new, resource, audit).await,
            };
            match kept {
                Err(StoreError::Changed(_)) if tries < TRIES => {}
                kept => return Ok(kept.map(|()| infrastructure)?),
            }
        }
    }

    /// Refuses connections that are not there.
    async fn check_ways(&self, infrastructure: &Infrastructure) -> Result<(), Fault> {
        let connections = self.store.dns_providers().list().await?;
        for (name, domain) in &infrastructure.domains {
            let DnsWay::Connection(way) = &domain.dns else { continue };
            if !connections.iter().any(|one| one.name.as_str() == way) {
                let reason = format!(
                    "{name}: there is no connection {way}; `postern dns add {way}` makes it, and `azure` and `manual` \
                     need none"
                );
                return Err(Invalid::new("dns", reason).into());
            }
        }
        Ok(())
    }
}

/// Where things are is said once.
fn must_agree(infrastructure: &Infrastructure, desired: &Manifest) -> Result<(), Invalid> {
    let parts = [
        ("resource_group", &desired.resource_group, &infrastructure.group),
        ("location", &desired.location, &infrastructure.location),
        ("data_location", &desired.data_location, &infrastructure.data_location),
        ("service", &desired.service, &infrastructure.service),
    ];
    for (field, wanted, there) in parts {
        if wanted.as_ref().is_some_and(|wanted| !is_same_location(wanted, there)) {
            let reason = format!("it is {there} already, for all domains of the account; a file changes it");
            return Err(Invalid::new(field, reason));
        }
    }
    Ok(())
}

fn add_row(
    infrastructure: &mut Infrastructure,
    row: &SenderRow,
    seen: &mut BTreeSet<String>,
) -> Result<(), Invalid> {
    let (name, _) = desired::domain_name(&row.domain)?;
    if !infrastructure.domains.contains_key(&name) {
        let known = infrastructure.domains.keys().filter(|name| *name != AZURE_MANAGED).take(NAMED);
        let known = known.map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(Invalid::new(
            "domain",
            format!("{name} is not a domain of the account, which has {known}"),
        ));
    }
    let domain = infrastructure.domains.entry(name.clone()).or_default();
    let (username, display_name) = (row.username.clone(), row.display_name.clone());
    let full = FullSender { username, display_name, suppressed: Vec::new() };
    let (key, sender) = desired::sender(&name, SenderManifest::Full(full))?;
    if !seen.insert(format!("{key}@{name}")) {
        return Err(Invalid::new("username", "it is there twice; the first one counts"));
    }
    let there: &mut BTreeMap<String, DesiredSender> = &mut domain.senders;
    let suppressed = there.get(&key).map(|there| there.suppressed.clone()).unwrap_or_default();
    there.insert(key, DesiredSender { suppressed, ..sender });
    Ok(())
}

fn no_domain() -> Invalid {
    Invalid::new(
        "domain",
        "Postern manages no domain of the account yet: `postern adopt` imports those that it has at Azure, `postern domain add` creates a new one",
    )
}
