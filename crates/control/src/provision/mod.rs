//! From a desired state to senders that send: the desired state of an account is compared with what Azure and DNS show, and the
//! difference is done, one recorded step at a time.
//!
//! [`manifest`] is the desired state as people write it, [`observed`] what is there, [`plan`] the difference, which asks
//! nobody, and [`apply`] does it. A run that was killed leaves nothing that the next one does not find: every step
//! can be done twice. Nothing else in Postern makes anything at Azure.

mod adopt;
mod apply;
mod desired;
pub mod doctor;
mod edit;
mod export;
pub mod handout;
pub mod manifest;
mod notes;
mod observation;
mod observed;
mod perform;
mod plan;
mod reconcile;
pub(crate) mod rights;
mod step;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use api::infrastructure::progress::{Applied, ApplyEvent};
use azure_client::arm::CallError;
use model::account::Account;
use model::id::AccountId;
use model::infrastructure::Infrastructure;
use model::visible::visible;
use store::StoreError;
use tokio::sync::mpsc::UnboundedSender;

pub use self::edit::NewDomain;
pub use self::export::ExportForm;
pub use self::reconcile::Reconciled;
pub use self::step::domain_title;

use self::observation::Observation;
use self::perform::Context;
use self::plan::{Known, Plan};
use crate::Control;
use crate::error::{ControlError, Invalid};
use crate::verify::explain;

/// One apply at a time for each account.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<AccountId, Turn>>>);

type Turn = Arc<tokio::sync::Mutex<()>>;

impl Turns {
    fn of(&self, account: AccountId) -> Turn {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(account).or_default())
    }
}

impl Control {
    /// The desired state of an account.
    ///
    /// # Errors
    /// When there is no such account, or nobody has said.
    pub async fn infrastructure(&self, name: &str) -> Result<Infrastructure, ControlError> {
        let account = self.account(name)?;
        let infrastructure = self.store.infrastructure().of(account.id).await?;
        let missing = || {
            let reason = format!(
                "account {name} has no desired state yet: `postern domain add` or `postern apply FILE` sets it, \
                 `postern adopt --account {name}` imports what Azure has"
            );
            Invalid::new("account", reason)
        };
        Ok(infrastructure.ok_or_else(missing)?)
    }

    /// What would have to be done so that the desired state comes true, or the one in `manifest`, which is not kept; only about
    /// `targets`, if there are any.
    ///
    /// # Errors
    /// When there is no desired state, or Azure cannot be read.
    pub async fn plan(
        &self,
        name: &str,
        targets: &[String],
        manifest: Option<Manifest>,
    ) -> Result<PlanView, ControlError> {
        let observation = Box::pin(self.observe(name, manifest)).await?;
        let mut plan = observation.plan();
        plan.narrow(&checked(&observation, targets)?);
        self.note_shown(observation.azure.account.id, &observation.proposals()).await?;
        Ok(observation.view(&plan))
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
        let planned = |observation: &Observation| {
            let mut plan = observation.plan();
            plan.narrow(&checked(observation, targets)?);
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
    pub async fn restore_spf(&self, name: &str, domain: &str) -> Result<String, ControlError> {
        let turn = self.turns.of(self.account(name)?.id);
        let _turn = turn.lock().await;
        let observation = Box::pin(self.observe(name, None)).await?;
        let domains = self.known_domains(name, &observation.infrastructure, &[domain.to_owned()]).await?;
        let domain = domains.first().cloned().unwrap_or_default();
        let audit = self.entry("spf.restore", &domain, "");
        self.store.audit().enter(audit).await?;
        let context = Context::new(
            observation.azure,
            observation.infrastructure,
            (observation.observed, Vec::new()),
            observation.lookup,
            None,
        );
        match Box::pin(context.restore_spf(&domain)).await {
            Ok(value) => Ok(value),
            Err(trouble) => Err(Invalid::new("domain", trouble.why()).into()),
        }
    }

    /// What would be taken away: all of it, or `domains`.
    ///
    /// # Errors
    /// As [`Control::plan`].
    pub async fn plan_destruction(&self, name: &str, domains: &[String]) -> Result<PlanView, ControlError> {
        let observation = Box::pin(self.observe(name, None)).await?;
        let domains = self.known_domains(name, &observation.infrastructure, domains).await?;
        Ok(observation.view(&observation.destruction(&domains)))
    }

    /// Takes away what was made: all of it, or `domains`; and the desired state with it.
    ///
    /// # Errors
    /// As [`Control::plan`].
    pub async fn destroy(
        &self,
        name: &str,
        domains: &[String],
        events: Option<UnboundedSender<ApplyEvent>>,
    ) -> Result<Applied, ControlError> {
        let before = self.infrastructure(name).await?;
        let domains = self.known_domains(name, &before, domains).await?;
        let applied = Box::pin(
            self.carry_out(name, events, |observation: &Observation| Ok(observation.destruction(&domains))),
        )
        .await?;
        if applied.is_complete() {
            self.forget_desired(name, &before, &domains).await?;
        }
        Ok(applied)
    }

    async fn carry_out(
        &self,
        name: &str,
        events: Option<UnboundedSender<ApplyEvent>>,
        plan: impl FnOnce(&Observation) -> Result<Plan, Invalid>,
    ) -> Result<Applied, ControlError> {
        let turn = self.turns.of(self.account(name)?.id);
        let _turn = match turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => {
                if let Some(events) = &events {
                    let message = "another apply goes on; this one begins when it is done".to_owned();
                    let _ = events.send(ApplyEvent::Progress { key: String::new(), message });
                }
                turn.lock().await
            }
        };
        let observation = Box::pin(self.observe(name, None)).await?;
        self.note_done(&observation).await?;
        let plan = plan(&observation)?;
        let view = observation.view(&plan);
        let audit = self.entry(
            "infrastructure.apply",
            &observation.azure.account.name,
            format!("{} steps", plan.steps.len()),
        );
        if !plan.steps.is_empty() {
            self.store.audit().enter(audit).await?;
        }
        let shown = self.shown(observation.azure.account.id).await?;
        let context = Context::new(
            observation.azure,
            observation.infrastructure,
            (observation.observed, shown),
            observation.lookup,
            events,
        );
        context.tell(ApplyEvent::Planned { plan: view });
        let context = Arc::new(context);
        Ok(Box::pin(apply::run(&context, plan)).await)
    }

    /// The domains of those names: desired, or once written into DNS.
    async fn known_domains(
        &self,
        name: &str,
        infrastructure: &Infrastructure,
        domains: &[String],
    ) -> Result<BTreeSet<String>, ControlError> {
        let account = self.account(name)?;
        let memory = self.store.infrastructure();
        let known = Known::of(&account, &memory.steps(account.id).await?, &memory.written(account.id).await?);
        let mut found = BTreeSet::new();
        for text in domains {
            let (domain, _) = desired::domain_name(text)?;
            let id = infrastructure.ids(account.subscription).domain(&domain).to_lowercase();
            let is_known = infrastructure.domains.contains_key(&domain)
                || known.written.contains(&domain)
                || known.made.contains(&id);
            if !is_known {
                return Err(StoreError::Missing(format!("domain {domain} of account {name}")).into());
            }
            found.insert(domain);
        }
        Ok(found)
    }
}

/// Targets as the plan has them; one that means nothing is refused.
fn checked(observation: &Observation, targets: &[String]) -> Result<Vec<String>, Invalid> {
    let mut checked = Vec::new();
    for target in targets {
        if target.contains('/') || STEPS.contains(&target.as_str()) {
            checked.push(target.clone());
            continue;
        }
        let (name, _) = desired::domain_name(target)?;
        if !observation.infrastructure.domains.contains_key(&name) {
            let names: Vec<&str> =
                observation.infrastructure.domains.keys().map(|name| domain_title(name)).take(5).collect();
            let reason =
                format!("{name} is not in the desired state of the account, which has {}", names.join(", "));
            return Err(Invalid::new("target", reason));
        }
        checked.push(name);
    }
    Ok(checked)
}

/// Steps that are about no domain.
const STEPS: [&str; 5] = ["provider", "group", "email-service", "service", "access"];

/// What others wrote, for a terminal and a log: nothing in it moves a cursor or begins a line.
pub(crate) fn clean(text: &str) -> String {
    visible(text).into_owned()
}

/// Azure cannot be read.
pub(crate) fn unseen(account: &Account, error: &CallError) -> ControlError {
    let message = format!("{}; `postern account verify {}` explains it", explain(error), account.name);
    crate::error::upstream("Azure", message, error)
}
