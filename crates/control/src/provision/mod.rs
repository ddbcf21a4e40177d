//! From a wish to senders that send: what an account is to have is compared with what Azure and DNS show, and the
//! difference is done, one recorded step at a time.
//!
//! [`document`] is the wish as people write it, [`observed`] what is there, [`plan`] the difference, which asks
//! nobody, and [`apply`] does it. A run that was killed leaves nothing that the next one does not find: every step
//! can be done twice. Nothing else in Postern makes anything at Azure.

mod adopt;
mod apply;
pub mod doctor;
pub mod document;
mod edit;
mod export;
mod observed;
mod perform;
mod plan;
mod step;
mod tend;
mod told;
mod wish;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use azure_client::arm::CallError;
use azure_types::communication::{VerificationRecord, VerificationRecords};
use dns::lookup::Lookup;
use dns::preflight::Row;
use dns::record::Record;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use model::account::Account;
use model::estate::{Estate, EstateIds, RecordedStep, StepState, WrittenRecord};
use model::id::AccountId;
use store::StoreError;
use tokio::sync::mpsc::UnboundedSender;

pub use self::adopt::Adopted;
pub use self::edit::{NewDomain, SenderRow, SenderRowResult};
pub use self::export::ExportForm;
pub use self::plan::PlanView;
pub use self::step::{StepView, shown};
pub use self::tend::Tended;
pub use self::told::{Applied, ApplyEvent, OpenStep, Outcome};

use self::document::Document;
use self::observed::{DomainSeen, Observed, observe};
use self::perform::{Examined, MADE, SHOWN, Site, examine};
use self::plan::{Known, Plan, destruction, plan};
use self::step::{Action, Step, has_records};
use crate::Control;
use crate::error::{ControlError, Invalid};
use crate::verify::{Scene, explain};

/// One apply at a time for each account.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<AccountId, Turn>>>);

type Turn = Arc<tokio::sync::Mutex<()>>;

/// What a plan is made from.
pub(crate) struct Survey {
    scene: Scene,
    estate: Estate,
    ids: EstateIds,
    lookup: Lookup,
    seen: Observed,
    known: Known,
    /// What DNS shows, by domain.
    examined: BTreeMap<String, Examined>,
    /// What was written into DNS.
    written: Vec<WrittenRecord>,
    /// Why it shows nothing, by domain.
    silent: BTreeMap<String, String>,
}

/// Domains whose zones are looked at side by side.
const LOOKS_AT_ONCE: usize = 16;
/// What Azure has always demanded: enough to show what becomes of an SPF record before there is a domain.
const SPF: &str = "v=spf1 include:spf.protection.outlook.com -all";

impl Turns {
    fn of(&self, account: AccountId) -> Turn {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(account).or_default())
    }
}

impl Control {
    /// What an account is to have.
    ///
    /// # Errors
    /// When there is no such account, or nobody has said.
    pub async fn estate(&self, name: &str) -> Result<Estate, ControlError> {
        let account = self.account(name)?;
        let estate = self.store.estates().of(account.id).await?;
        let missing = || {
            let reason = format!(
                "nobody has said yet what account {name} is to have: `postern domain add` or `postern apply FILE` \
                 says it, `postern adopt {name}` takes what is there"
            );
            Invalid::new("account", reason)
        };
        Ok(estate.ok_or_else(missing)?)
    }

    /// What would have to be done so that the wish comes true, or the one in `document`, which is not kept; only about
    /// `targets`, if there are any.
    ///
    /// # Errors
    /// When there is no wish, or Azure cannot be looked at.
    pub async fn plan(
        &self,
        name: &str,
        targets: &[String],
        document: Option<Document>,
    ) -> Result<PlanView, ControlError> {
        let survey = Box::pin(self.survey(name, document)).await?;
        let mut plan = survey.plan();
        plan.narrow(&checked(&survey, targets)?);
        self.note_shown(survey.scene.account.id, &survey.proposals()).await?;
        Ok(survey.view(&plan))
    }

    /// Does what has to be done, and tells `events` meanwhile.
    ///
    /// # Errors
    /// As [`Control::plan`]. What goes wrong with a step is no error: the answer says it.
    pub async fn apply(
        &self,
        name: &str,
        targets: &[String],
        events: Option<UnboundedSender<ApplyEvent>>,
    ) -> Result<Applied, ControlError> {
        let begun = self.clock.now();
        let planned = |survey: &Survey| {
            let mut plan = survey.plan();
            plan.narrow(&checked(survey, targets)?);
            Ok(plan)
        };
        let applied = Box::pin(self.carry_out(name, events, planned)).await?;
        if targets.is_empty() && applied.is_complete() {
            self.note_whole(name, begun).await?;
        }
        Ok(applied)
    }

    /// Puts the softer end of a domain's SPF record back that it had before; gives the record as it is now.
    ///
    /// # Errors
    /// When there was none, the domain is not verified yet, or the record is not Postern's to write.
    pub async fn soften_spf(&self, name: &str, domain: &str) -> Result<String, ControlError> {
        let turn = self.turns.of(self.account(name)?.id);
        let _turn = turn.lock().await;
        let survey = Box::pin(self.survey(name, None)).await?;
        let domains = self.known_domains(name, &survey.estate, &[domain.to_owned()]).await?;
        let domain = domains.first().cloned().unwrap_or_default();
        let audit = self.entry("dns.soften", &domain, "");
        self.store.audit().enter(audit).await?;
        let site = Site::new(survey.scene, survey.estate, (survey.seen, Vec::new()), survey.lookup, None);
        match Box::pin(site.soften(&domain)).await {
            Ok(value) => Ok(value),
            Err(trouble) => Err(Invalid::new("domain", trouble.why()).into()),
        }
    }

    /// What would be taken away: all of it, or `domains`.
    ///
    /// # Errors
    /// As [`Control::plan`].
    pub async fn plan_destruction(&self, name: &str, domains: &[String]) -> Result<PlanView, ControlError> {
        let survey = Box::pin(self.survey(name, None)).await?;
        let domains = self.known_domains(name, &survey.estate, domains).await?;
        Ok(survey.view(&survey.destruction(&domains)))
    }

    /// Takes away what was made: all of it, or `domains`; and the wish with it.
    ///
    /// # Errors
    /// As [`Control::plan`].
    pub async fn destroy(
        &self,
        name: &str,
        domains: &[String],
        events: Option<UnboundedSender<ApplyEvent>>,
    ) -> Result<Applied, ControlError> {
        let before = self.estate(name).await?;
        let domains = self.known_domains(name, &before, domains).await?;
        let applied =
            Box::pin(self.carry_out(name, events, |survey: &Survey| Ok(survey.destruction(&domains))))
                .await?;
        if applied.is_complete() {
            self.forget_wish(name, &before, &domains).await?;
        }
        Ok(applied)
    }

    /// Remembers what records of others are to become: somebody was shown it.
    pub(crate) async fn note_shown(&self, account: AccountId, records: &[Record]) -> Result<(), StoreError> {
        for record in records {
            let step = RecordedStep {
                key: format!("{SHOWN}{}", record.name),
                state: StepState::Done,
                problem: Some(record.value().to_owned()),
                tries: 0,
                at: self.clock.now(),
            };
            self.store.estates().note_step(account, step).await?;
        }
        Ok(())
    }

    async fn shown(&self, account: AccountId) -> Result<Vec<Record>, StoreError> {
        let steps = self.store.estates().steps(account).await?;
        let shown = steps.into_iter().filter_map(|step| {
            let name = step.key.strip_prefix(SHOWN)?;
            Some(Record::txt(name, &step.problem?, 0))
        });
        Ok(shown.collect())
    }

    /// Steps that came to no end, and that nobody has to do any more: somebody else did them, or whoever began them
    /// died before it was written down.
    async fn note_done(&self, survey: &Survey) -> Result<(), ControlError> {
        let open: BTreeSet<String> = survey.plan().steps.iter().map(Step::key).collect();
        let (account, estates) = (survey.scene.account.id, self.store.estates());
        for step in estates.steps(account).await? {
            let is_note = step.key.starts_with(MADE) || step.key.starts_with(SHOWN);
            if step.state != StepState::Done && !is_note && !open.contains(&step.key) {
                let now = self.clock.now();
                let done = RecordedStep { state: StepState::Done, problem: None, at: now, ..step };
                estates.note_step(account, done).await?;
            }
        }
        Ok(())
    }

    /// From here on everything that is different has become so.
    async fn note_whole(&self, name: &str, begun: Timestamp) -> Result<(), ControlError> {
        let step = RecordedStep {
            key: tend::WHOLE.to_owned(),
            state: StepState::Done,
            problem: None,
            tries: 0,
            // What is changed while it goes on is not part of it.
            at: begun,
        };
        Ok(self.store.estates().note_step(self.account(name)?.id, step).await?)
    }

    async fn carry_out(
        &self,
        name: &str,
        events: Option<UnboundedSender<ApplyEvent>>,
        plan: impl FnOnce(&Survey) -> Result<Plan, Invalid>,
    ) -> Result<Applied, ControlError> {
        let turn = self.turns.of(self.account(name)?.id);
        let _turn = match turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => {
                if let Some(events) = &events {
                    let sentence = "another apply goes on; this one begins when it is done".to_owned();
                    let _ = events.send(ApplyEvent::Told { key: String::new(), sentence });
                }
                turn.lock().await
            }
        };
        let survey = Box::pin(self.survey(name, None)).await?;
        self.note_done(&survey).await?;
        let plan = plan(&survey)?;
        let view = survey.view(&plan);
        let audit =
            self.entry("estate.apply", &survey.scene.account.name, format!("{} steps", plan.steps.len()));
        if !plan.steps.is_empty() {
            self.store.audit().enter(audit).await?;
        }
        let shown = self.shown(survey.scene.account.id).await?;
        let site = Site::new(survey.scene, survey.estate, (survey.seen, shown), survey.lookup, events);
        site.tell(ApplyEvent::Planned { plan: view });
        let site = Arc::new(site);
        Ok(Box::pin(apply::run(&site, plan)).await)
    }

    /// Looks at everything that a plan is made from.
    async fn survey(&self, name: &str, document: Option<Document>) -> Result<Survey, ControlError> {
        let account = self.account(name)?;
        let estate = match document {
            Some(document) => wish::estate(document, &account, self.clock.now())?,
            None => self.estate(name).await?,
        };
        let scene = self.scene_or_error(&account).await?;
        let ids = estate.ids(account.subscription);
        let seen = observe(&scene, &estate, &ids).await;
        let mut seen = seen.map_err(|error| unseen(&account, &error))?;
        let known = self.known(&account).await?;
        let lookup = self.lookup()?;
        let written = self.store.estates().written(account.id).await?;
        let (examined, silent) = examine_all(&lookup, &estate, &mut seen).await;
        Ok(Survey { scene, estate, ids, lookup, seen, known, examined, written, silent })
    }

    /// The domains of those names: wished, or once written into DNS.
    async fn known_domains(
        &self,
        name: &str,
        estate: &Estate,
        domains: &[String],
    ) -> Result<BTreeSet<String>, ControlError> {
        let known = self.known(&*self.account(name)?).await?;
        let mut found = BTreeSet::new();
        for text in domains {
            let (domain, _) = wish::domain_name(text)?;
            let id = estate.ids(self.account(name)?.subscription).domain(&domain).to_lowercase();
            let is_known = estate.domains.contains_key(&domain)
                || known.written.contains(&domain)
                || known.made.contains(&id);
            if !is_known {
                return Err(StoreError::Missing(format!("domain {domain} of account {name}")).into());
            }
            found.insert(domain);
        }
        Ok(found)
    }

    fn lookup(&self) -> Result<Lookup, Invalid> {
        match self.name_server {
            Some(server) => Ok(Lookup::at(server)),
            None => Lookup::system().map_err(|error| Invalid::new("DNS", error)),
        }
    }

    async fn known(&self, account: &Account) -> Result<Known, StoreError> {
        let estates = self.store.estates();
        let steps = estates.steps(account.id).await?;
        let made = steps.iter().filter_map(|step| step.key.strip_prefix(MADE)).map(str::to_owned);
        let written = estates.written(account.id).await?.into_iter().map(|row| row.domain);
        Ok(Known {
            client: account.client.to_string().to_lowercase(),
            made: made.collect(),
            written: written.collect(),
        })
    }
}

impl Survey {
    fn plan(&self) -> Plan {
        plan(&self.estate, &self.ids, &self.seen, &self.known)
    }

    fn destruction(&self, domains: &BTreeSet<String>) -> Plan {
        destruction(&self.estate, &self.ids, &self.seen, domains, &self.known)
    }

    /// A plan as people see it, with what would be written into DNS.
    fn view(&self, plan: &Plan) -> PlanView {
        let mut view = plan.view(self.scene.account.name.as_str(), &self.ids);
        let silent =
            self.silent.iter().map(|(name, why)| format!("DNS of {name} cannot be asked: {}", clean(why)));
        view.notes.extend(silent);
        for (step, shown) in plan.steps.iter().zip(&mut view.steps) {
            shown.details = match &step.action {
                Action::Dns(name, _) => match self.examined.get(name) {
                    Some(examined) => examined.rows.iter().filter_map(detail).collect(),
                    None => Vec::new(),
                },
                Action::RemoveDns(name) => {
                    self.written.iter().filter(|row| row.domain == *name).map(removal).collect()
                }
                _ => Vec::new(),
            };
            shown.details.dedup();
        }
        view
    }

    /// What records of others would become.
    fn proposals(&self) -> Vec<Record> {
        let rows = self.examined.values().flat_map(|examined| &examined.rows);
        let proposals = rows.filter_map(|row| row.proposal.as_ref()).filter(|one| !one.instead_of.is_empty());
        proposals.map(|proposal| proposal.write.clone()).collect()
    }
}

type Look<'a> = Pin<Box<dyn Future<Output = (String, Result<Examined, String>)> + Send + 'a>>;

/// What DNS shows of every domain that has records.
async fn examine_all(
    lookup: &Lookup,
    estate: &Estate,
    seen: &mut Observed,
) -> (BTreeMap<String, Examined>, BTreeMap<String, String>) {
    let mut looks: Vec<Look<'_>> = Vec::new();
    for (name, wished) in estate.domains.iter().filter(|(_, wished)| has_records(wished.owner)) {
        let there = seen.domains.get(name).cloned().unwrap_or_else(expected);
        looks
            .push(Box::pin(async move { (name.clone(), examine(lookup, name, Some(wished), &there).await) }));
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
        let there = seen.domains.get_mut(&name).filter(|there| there.records.domain.is_some());
        if let Some(there) = there {
            there.dns = Some(found.is_right());
        }
        examined.insert(name, found);
    }
    (examined, silent)
}

/// Targets as the plan has them; one that means nothing is refused.
fn checked(survey: &Survey, targets: &[String]) -> Result<Vec<String>, Invalid> {
    let mut checked = Vec::new();
    for target in targets {
        if target.contains('/') || STEPS.contains(&target.as_str()) {
            checked.push(target.clone());
            continue;
        }
        let (name, _) = wish::domain_name(target)?;
        if !survey.estate.domains.contains_key(&name) {
            let names: Vec<&str> = survey.estate.domains.keys().map(|name| shown(name)).take(5).collect();
            let reason = format!("the account is not to have {name}, but {}", names.join(", "));
            return Err(Invalid::new("target", reason));
        }
        checked.push(name);
    }
    Ok(checked)
}

/// Steps that are about no domain.
const STEPS: [&str; 5] = ["provider", "group", "email-service", "service", "access"];

/// What would be taken back.
fn removal(row: &WrittenRecord) -> String {
    let before = row.before.as_ref().map(|before| format!(", back to \"{before}\"")).unwrap_or_default();
    clean(&format!("{} {} \"{}\"{before}", row.kind, row.name, row.value))
}

/// What others wrote, for a terminal and a log: nothing in it moves a cursor or begins a line.
pub(crate) fn clean(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
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
fn expected() -> DomainSeen {
    let spf =
        VerificationRecord { kind: "TXT".to_owned(), value: SPF.to_owned(), ..VerificationRecord::default() };
    let records = VerificationRecords { spf: Some(spf), ..VerificationRecords::default() };
    DomainSeen { records, ..DomainSeen::default() }
}

/// Azure cannot be looked at.
pub(crate) fn unseen(account: &Account, error: &CallError) -> ControlError {
    let reason = format!(
        "Azure cannot be looked at: {}; `postern account verify {}` says more",
        explain(error),
        account.name
    );
    Invalid::new("account", reason).into()
}
