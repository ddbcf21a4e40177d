//! What a plan is made from: the desired state, what Azure has, and what DNS shows.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use azure_types::communication::{VerificationRecord, VerificationRecords};
use dns::lookup::Lookup;
use dns::preflight::Row;
use futures_util::StreamExt as _;
use model::fault::{Fault, Invalid};
use model::infrastructure::{ApprovedStep, DnsWay, Infrastructure, RecordedStep, ResourceIds, WrittenRecord};

use super::Provisioning;
use super::azure_account::AzureAccount;
use super::azure_account::unseen;
use super::consent::{change_view, plan_id};
use super::observed::{Observed, ObservedDomain, observe};
use super::perform::{Examined, ToExamine, examine};
use super::plan::{Known, Plan, destruction, plan};
use super::step::{Action, Step, has_records};
use super::{clean, desired};

/// What a plan is made from.
pub(crate) struct Observation {
    pub(super) azure: AzureAccount,
    pub(super) infrastructure: Infrastructure,
    pub(super) ids: ResourceIds,
    pub(super) lookup: Lookup,
    pub(super) observed: Observed,
    pub(super) known: Known,
    /// What DNS shows, by domain.
    pub(super) examined: BTreeMap<String, Examined>,
    /// How far steps were, when it was looked.
    pub(super) steps: Vec<RecordedStep>,
    /// What was written into DNS.
    pub(super) written: Vec<WrittenRecord>,
    /// Why it shows nothing, by domain.
    pub(super) silent: BTreeMap<String, String>,
}

/// Domains whose zones are read side by side.
const LOOKS_AT_ONCE: usize = 16;
/// What Azure has always required: enough to show what becomes of an SPF record before there is a domain.
const SPF: &str = "v=spf1 include:spf.protection.outlook.com -all";

impl Provisioning {
    /// Looks at everything that a plan is made from.
    pub(super) async fn observe(&self, name: &str, manifest: Option<Manifest>) -> Result<Observation, Fault> {
        let account = self.account(name)?;
        let infrastructure = match manifest {
            Some(manifest) => desired::infrastructure(manifest, &account, self.clock.now())?,
            None => self.infrastructure(name).await?,
        };
        let azure = self.azure_account(&account).await?;
        let ids = infrastructure.ids(azure.connection.subscription);
        let observed = observe(&azure, &infrastructure, &ids).await;
        let mut observed = observed.map_err(|error| unseen(&account, &error))?;
        let steps = self.store.infrastructure().steps(account.id).await?;
        let written = self.store.infrastructure().written(account.id).await?;
        let made = self.store.infrastructure().made(account.id).await?;
        let known = Known::of(&azure.connection, made, &written);
        let lookup = self.lookup()?;
        let (examined, silent) = examine_all(&lookup, &infrastructure, &mut observed, &written).await;
        Ok(Observation {
            azure,
            infrastructure,
            ids,
            lookup,
            observed,
            known,
            examined,
            steps,
            written,
            silent,
        })
    }

    fn lookup(&self) -> Result<Lookup, Invalid> {
        match self.name_server {
            Some(server) => Ok(Lookup::at(server)),
            None => Lookup::system().map_err(|error| Invalid::new("DNS", error)),
        }
    }
}

impl Observation {
    pub(super) fn plan(&self) -> Plan {
        plan(&self.infrastructure, &self.ids, &self.observed, &self.known)
    }

    pub(super) fn destruction(&self, domains: &BTreeSet<String>) -> Plan {
        destruction(&self.infrastructure, &self.ids, &self.observed, domains, &self.known)
    }

    /// A plan as people see it, with what would be written into DNS.
    pub(super) fn view(&self, plan: &Plan) -> PlanView {
        let mut view = plan.view(self.azure.account.name.as_str(), &self.ids);
        let silent =
            self.silent.iter().map(|(name, why)| format!("DNS of {name} cannot be asked: {}", clean(why)));
        view.notes.extend(silent);
        for (step, actual) in plan.steps.iter().zip(&mut view.steps) {
            actual.details = match &step.action {
                Action::Dns(name, _) => match self.examined.get(name) {
                    Some(examined) => examined.rows.iter().filter_map(detail).collect(),
                    None => Vec::new(),
                },
                Action::RemoveDns(name) => {
                    self.written.iter().filter(|row| row.domain == *name).map(removal).collect()
                }
                _ => Vec::new(),
            };
            actual.details.dedup();
        }
        let approvable = self.approvable(plan);
        for (step, actual) in approvable.iter().zip(&mut view.steps) {
            actual.changes = step.changes.iter().map(change_view).collect();
        }
        view.id = plan_id(self.azure.account.id, &view.steps, &approvable);
        view
    }

    /// The steps of a plan, each with the values of others that it would change.
    pub(super) fn approvable(&self, plan: &Plan) -> Vec<ApprovedStep> {
        let changes = |step: &Step| match &step.action {
            Action::Dns(_, DnsWay::Manual) => Vec::new(),
            Action::Dns(name, _) => {
                self.examined.get(name).map(|examined| examined.foreign.clone()).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        plan.steps.iter().map(|step| ApprovedStep { key: step.key(), changes: changes(step) }).collect()
    }
}

type Look<'a> = Pin<Box<dyn Future<Output = (String, Result<Examined, String>)> + Send + 'a>>;

/// What DNS shows of every domain that has records.
async fn examine_all(
    lookup: &Lookup,
    infrastructure: &Infrastructure,
    observed: &mut Observed,
    written: &[WrittenRecord],
) -> (BTreeMap<String, Examined>, BTreeMap<String, String>) {
    let mut looks: Vec<Look<'_>> = Vec::new();
    for (name, desired) in infrastructure.domains.iter().filter(|(_, desired)| has_records(desired.owner)) {
        let there = observed.domains.get(name).cloned().unwrap_or_else(expected);
        looks.push(Box::pin(async move {
            let domain = ToExamine { name, desired, observed: &there };
            (name.clone(), examine(lookup, &domain, written).await)
        }));
    }
    let found: Vec<_> = futures_util::stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE).collect().await;
    let (mut examined, mut silent) = (BTreeMap::new(), BTreeMap::new());
    for (name, found) in found {
        let found = match found {
            Ok(found) => found,
            Err(why) => {
                silent.insert(name, why);
                continue;
            }
        };
        // As long as Azure has not said what it wants to find, nothing can be right.
        let there = observed.domains.get_mut(&name).filter(|there| there.records.domain.is_some());
        if let Some(there) = there {
            there.dns = Some(found.is_right());
        }
        examined.insert(name, found);
    }
    (examined, silent)
}

/// What would be taken back.
fn removal(row: &WrittenRecord) -> String {
    let before: Vec<String> =
        row.before.iter().chain(&row.also_before).map(|before| format!("\"{before}\"")).collect();
    let before =
        if before.is_empty() { String::new() } else { format!(", back to {}", before.join(" and ")) };
    clean(&format!("{} {} \"{}\"{before}", row.kind, row.name, row.value))
}

/// What would be written for a row.
fn detail(row: &Row) -> Option<String> {
    let proposal = row.proposal.as_ref().filter(|_| row.verdict.is_in_the_way())?;
    let write = &proposal.write;
    let mut text = format!("{} {} \"{}\"", write.kind(), write.name, write.value());
    for old in &proposal.instead_of {
        text.push_str(&format!(" instead of \"{}\"", old.value()));
    }
    Some(clean(&text))
}

/// What is known of a domain that is not there yet.
fn expected() -> ObservedDomain {
    let spf =
        VerificationRecord { kind: "TXT".to_owned(), value: SPF.to_owned(), ..VerificationRecord::default() };
    let records = VerificationRecords { spf: Some(spf), ..VerificationRecords::default() };
    ObservedDomain { records, ..ObservedDomain::default() }
}
