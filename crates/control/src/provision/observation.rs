//! What a plan is made from: the desired state, what Azure has, and what DNS shows.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use azure_types::communication::{VerificationRecord, VerificationRecords};
use dns::lookup::Lookup;
use dns::preflight::Row;
use dns::record::Record;
use futures_util::StreamExt as _;
use model::infrastructure::{Infrastructure, RecordedStep, ResourceIds, WrittenRecord};

use super::observed::{Observed, ObservedDomain, observe};
use super::perform::{Examined, examine};
use super::plan::{Known, Plan, destruction, plan};
use super::step::{Action, has_records};
use super::{clean, desired, unseen};
use crate::Control;
use crate::error::{ControlError, Invalid};
use crate::verify::Context as AzureAccount;

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

/// Domains whose zones are looked at side by side.
const LOOKS_AT_ONCE: usize = 16;
/// What Azure has always required: enough to show what becomes of an SPF record before there is a domain.
const SPF: &str = "v=spf1 include:spf.protection.outlook.com -all";

impl Control {
    /// Looks at everything that a plan is made from.
    pub(super) async fn observe(
        &self,
        name: &str,
        manifest: Option<Manifest>,
    ) -> Result<Observation, ControlError> {
        let account = self.account(name)?;
        let infrastructure = match manifest {
            Some(manifest) => desired::infrastructure(manifest, &account, self.clock.now())?,
            None => self.infrastructure(name).await?,
        };
        let azure = self.context_or_error(&account).await?;
        let ids = infrastructure.ids(account.subscription);
        let observed = observe(&azure, &infrastructure, &ids).await;
        let mut observed = observed.map_err(|error| unseen(&account, &error))?;
        let steps = self.store.infrastructure().steps(account.id).await?;
        let written = self.store.infrastructure().written(account.id).await?;
        let known = Known::of(&account, &steps, &written);
        let lookup = self.lookup()?;
        let (examined, silent) = examine_all(&lookup, &infrastructure, &mut observed).await;
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
                    Some(examined) => {
                        examined.rows.iter().filter_map(|row| detail(row, &self.written)).collect()
                    }
                    None => Vec::new(),
                },
                Action::RemoveDns(name) => {
                    self.written.iter().filter(|row| row.domain == *name).map(removal).collect()
                }
                _ => Vec::new(),
            };
            actual.details.dedup();
        }
        view
    }

    /// What records of others would become.
    pub(super) fn proposals(&self) -> Vec<Record> {
        let rows = self.examined.values().flat_map(|examined| &examined.rows);
        let proposals = rows.filter_map(|row| row.proposal.as_ref()).filter(|one| !one.instead_of.is_empty());
        proposals.map(|proposal| proposal.write.clone()).collect()
    }
}

type Look<'a> = Pin<Box<dyn Future<Output = (String, Result<Examined, String>)> + Send + 'a>>;

/// What DNS shows of every domain that has records.
async fn examine_all(
    lookup: &Lookup,
    infrastructure: &Infrastructure,
    observed: &mut Observed,
) -> (BTreeMap<String, Examined>, BTreeMap<String, String>) {
    let mut looks: Vec<Look<'_>> = Vec::new();
    for (name, desired) in infrastructure.domains.iter().filter(|(_, desired)| has_records(desired.owner)) {
        let there = observed.domains.get(name).cloned().unwrap_or_else(expected);
        looks.push(Box::pin(
            async move { (name.clone(), examine(lookup, name, Some(desired), &there).await) },
        ));
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
    let before = row.before.as_ref().map(|before| format!(", back to \"{before}\"")).unwrap_or_default();
    clean(&format!("{} {} \"{}\"{before}", row.kind, row.name, row.value))
}

/// What would be written for a row.
fn detail(row: &Row, written: &[WrittenRecord]) -> Option<String> {
    let proposal = row.proposal.as_ref().filter(|_| row.verdict.is_in_the_way())?;
    let write = &proposal.write;
    // Several records of others are a person's to merge.
    let is_ours = |old: &&Record| {
        written.iter().any(|row| Record::read(&row.name, &row.kind, &row.value, 0).says_the_same(old))
    };
    let others = proposal.instead_of.iter().filter(|old| !is_ours(old)).count();
    let by_hand = if others > 1 { "by hand: " } else { "" };
    let mut text = format!("{by_hand}{} {} \"{}\"", write.kind(), write.name, write.value());
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
