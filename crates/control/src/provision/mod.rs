//! From a desired state to senders that send: the desired state of an account is compared with what Azure and DNS show, and the
//! difference is done, one recorded step at a time.
//!
//! [`manifest`] is the desired state as people write it, [`observed`] what is there, [`plan`] the difference, which asks
//! nobody, and [`apply`] does it. A run that was killed leaves nothing that the next one does not find: every step
//! can be done twice. Nothing else in Postern makes anything at Azure.

mod adopt;
mod apply;
mod approve;
mod consent;
mod desired;
pub mod doctor;
mod edit;
mod export;
mod feasible;
pub mod handout;
mod home;
mod lock;
pub mod manifest;
mod notes;
mod observation;
mod observed;
mod perform;
mod plan;
mod reconcile;
pub(crate) mod rights;
mod step;

use std::collections::BTreeSet;

use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use azure_client::arm::CallError;
use azure_client::fault::{explain, upstream};
use model::account::Account;
use model::infrastructure::Infrastructure;
use model::visible::visible;
use store::StoreError;

pub use self::approve::Begun;
pub use self::consent::{Aim, ApplyError, ApplyRequest};
pub use self::edit::NewDomain;
pub use self::export::ExportForm;
pub use self::reconcile::Reconciled;
pub use self::step::domain_title;

use self::observation::Observation;
use self::perform::Context;
use self::plan::Known;
use crate::Control;
use crate::error::{ControlError, Invalid};

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

    /// What would have to be done so that the desired state comes true, or the one in `manifest`, which is not kept; only
    /// about `targets`, if there are any. Changes nothing, and agrees to nothing.
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
        observation.check(&mut plan).await;
        Ok(observation.view(&plan))
    }

    /// Puts the softer end of a domain's SPF record back that it had before; gives the record as it is now.
    ///
    /// # Errors
    /// When there was none, the domain is not verified yet, or the record is not Postern's to write.
    pub async fn restore_spf(&self, name: &str, domain: &str) -> Result<String, ControlError> {
        let _lock = self.lock(self.account_to_change(name)?.id).await?;
        let observation = Box::pin(self.observe(name, None)).await?;
        let domains = self.known_domains(name, &observation.infrastructure, &[domain.to_owned()]).await?;
        let domain = domains.first().cloned().unwrap_or_default();
        let context = Context::new(
            observation.azure,
            observation.infrastructure,
            (observation.observed, Vec::new()),
            observation.lookup,
            None,
        );
        match Box::pin(context.restore_spf(&domain, self.entry("spf.restore", &domain, ""))).await {
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

    /// The domains of those names: desired, or once written into DNS.
    async fn known_domains(
        &self,
        name: &str,
        infrastructure: &Infrastructure,
        domains: &[String],
    ) -> Result<BTreeSet<String>, ControlError> {
        let account = self.account(name)?;
        let memory = self.store.infrastructure();
        let known = Known::of(&account, memory.made(account.id).await?, &memory.written(account.id).await?);
        let mut found = BTreeSet::new();
        for text in domains {
            let (domain, _) = desired::domain_name(text)?;
            let id = infrastructure.ids(account.subscription).domain(&domain);
            let is_known = infrastructure.domains.contains_key(&domain)
                || known.written.contains(&domain)
                || known.has_made(&id);
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
    upstream("Azure", message, error)
}
