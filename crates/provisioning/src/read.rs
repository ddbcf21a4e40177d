//! What a caller reads: the desired state, and the plan that leads to it or back.

use std::collections::BTreeSet;

use api::infrastructure::manifest::Manifest;
use api::infrastructure::plan::PlanView;
use model::fault::{Fault, Invalid};
use model::infrastructure::Infrastructure;
use store::StoreError;

use super::Provisioning;
use super::desired;
use super::observation::Observation;
use super::plan::Known;
use super::step::domain_title;

impl Provisioning {
    /// The desired state of an account.
    ///
    /// # Errors
    /// When there is no such account, or nobody has said.
    pub async fn infrastructure(&self, name: &str) -> Result<Infrastructure, Fault> {
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
    ) -> Result<PlanView, Fault> {
        let observation = Box::pin(self.observe(name, manifest)).await?;
        let mut plan = observation.plan();
        plan.narrow(&checked(&observation, targets)?);
        observation.check(&mut plan).await;
        Ok(observation.view(&plan))
    }

    /// What `destroy` would delete: all of it, or `domains`.
    ///
    /// # Errors
    /// As [`Provisioning::plan`].
    pub async fn plan_destruction(&self, name: &str, domains: &[String]) -> Result<PlanView, Fault> {
        let observation = Box::pin(self.observe(name, None)).await?;
        let domains = self.known_domains(name, &observation.infrastructure, domains).await?;
        Ok(observation.view(&observation.destruction(&domains)))
    }

    /// The domains of those names: desired, or once written into DNS.
    pub(super) async fn known_domains(
        &self,
        name: &str,
        infrastructure: &Infrastructure,
        domains: &[String],
    ) -> Result<BTreeSet<String>, Fault> {
        let account = self.account(name)?;
        let azure = account.azure()?;
        let subscription = azure.subscription;
        let memory = self.store.infrastructure();
        let known = Known::of(azure, memory.made(account.id).await?, &memory.written(account.id).await?);
        let mut found = BTreeSet::new();
        for text in domains {
            let (domain, _) = desired::domain_name(text)?;
            let id = infrastructure.ids(subscription).domain(&domain);
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
pub(super) fn checked(observation: &Observation, targets: &[String]) -> Result<Vec<String>, Invalid> {
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
