//! From an approval to its steps: the plan is made again, must be the one that was approved, and is carried out.

use std::sync::Arc;

use api::infrastructure::plan::PlanView;
use api::infrastructure::progress::{Applied, ApplyEvent};
use jiff::Timestamp;
use model::fault::Fault;
use model::infrastructure::Approval;
use store::Held;
use tokio::sync::mpsc::UnboundedSender;

use super::Provisioning;
use super::apply;
use super::consent::{Aim, ApplyError, ApplyRequest};
use super::observation::Observation;
use super::perform::Context;
use super::plan::Plan;
use super::read::checked;

/// An apply whose plan was compared, unless another apply of the account goes on.
pub struct Begun {
    provisioning: Provisioning,
    account: String,
    request: ApplyRequest,
    ready: Option<Ready>,
}

/// What is carried out.
pub(super) struct Ready {
    pub(super) lock: Held,
    pub(super) observation: Observation,
    pub(super) plan: Plan,
}

impl Provisioning {
    /// Approves a plan and carries it out, and tells `events` meanwhile.
    ///
    /// # Errors
    /// As [`Provisioning::begin_apply`]. What goes wrong with a step is no error: the answer says it.
    pub async fn apply(
        &self,
        name: &str,
        request: ApplyRequest,
        events: Option<UnboundedSender<ApplyEvent>>,
    ) -> Result<Applied, ApplyError> {
        Box::pin(self.begin_apply(name, request)).await?.finish(events).await
    }

    /// Compares the plan with the approved one, and stores the approval. While another apply of the account goes on,
    /// that is left to [`Begun::finish`].
    ///
    /// # Errors
    /// When there is no desired state, Azure cannot be read, or the plan is not the approved one any more.
    pub async fn begin_apply(&self, name: &str, request: ApplyRequest) -> Result<Begun, ApplyError> {
        let lock = self.try_lock(self.account_to_change(name)?.id).await.map_err(Fault::from)?;
        let ready = match lock {
            Some(lock) => Some(Box::pin(self.compare(name, &request, lock)).await?),
            None => None,
        };
        Ok(Begun { provisioning: self.clone(), account: name.to_owned(), request, ready })
    }

    async fn compare(&self, name: &str, request: &ApplyRequest, lock: Held) -> Result<Ready, ApplyError> {
        let observation = Box::pin(self.observe(name, None)).await?;
        let mut plan = match request.aim {
            Aim::Desired => {
                let mut plan = observation.plan();
                plan.narrow(&checked(&observation, &request.targets)?);
                plan
            }
            Aim::Destroyed => {
                let domains = self.known_domains(name, &observation.infrastructure, &request.targets).await?;
                observation.destruction(&domains)
            }
        };
        let view = observation.view(&plan);
        if view.id != request.plan {
            return Err(ApplyError::PlanChanged(Box::new(view)));
        }
        observation.check(&mut plan).await;
        if !plan.blockers.is_empty() {
            let message =
                format!("the plan cannot succeed, and nothing was made. {}", plan.blockers.join(" "));
            return Err(Fault::conflict("plan_cannot_succeed", message).into());
        }
        self.approve(&observation, &plan, &view).await?;
        Ok(Ready { lock, observation, plan })
    }

    /// Stores who agreed to what, with its audit entry.
    async fn approve(&self, observation: &Observation, plan: &Plan, view: &PlanView) -> Result<(), Fault> {
        if plan.steps.is_empty() {
            return Ok(());
        }
        let account = &observation.azure.account;
        let detail = format!("plan {}, {} steps", view.id, plan.steps.len());
        let audit = self.entry("infrastructure.apply", &account.name, detail);
        let approval = Approval {
            plan: view.id.clone(),
            who: self.caller.identity.who.clone(),
            origin: self.caller.identity.origin.clone(),
            at: self.clock.now(),
            steps: observation.approvable(plan),
        };
        Ok(self.store.infrastructure().approve(account.id, approval, audit).await?)
    }

    /// Does the steps of a plan that is approved.
    pub(super) async fn carry_out(
        &self,
        ready: Ready,
        events: Option<UnboundedSender<ApplyEvent>>,
    ) -> Result<Applied, Fault> {
        let Ready { lock, observation, plan } = ready;
        self.note_done(&observation).await?;
        let view = observation.view(&plan);
        let approved = self.store.infrastructure().approved(observation.azure.account.id).await?;
        let context = Context::new(
            observation.azure,
            observation.infrastructure,
            observation.observed,
            observation.lookup,
        )
        .approving(approved)
        .telling(events);
        context.tell(ApplyEvent::Planned { plan: view });
        let applied = Box::pin(apply::run(&Arc::new(context), plan)).await;
        drop(lock);
        Ok(applied)
    }
}

impl Begun {
    /// Does the steps, and tells `events` meanwhile.
    ///
    /// # Errors
    /// As [`Provisioning::begin_apply`], if another apply went on. What goes wrong with a step is no error.
    pub async fn finish(self, events: Option<UnboundedSender<ApplyEvent>>) -> Result<Applied, ApplyError> {
        let Self { provisioning, account, request, ready } = self;
        let begun = provisioning.clock.now();
        let ready = match ready {
            Some(ready) => ready,
            None => {
                if let Some(events) = &events {
                    let message = "another apply goes on; this one begins when it is done".to_owned();
                    let _ = events.send(ApplyEvent::Progress { key: String::new(), message });
                }
                let id = provisioning.account_to_change(&account)?.id;
                let lock = provisioning.lock(id).await.map_err(Fault::from)?;
                Box::pin(provisioning.compare(&account, &request, lock)).await?
            }
        };
        let before = ready.observation.infrastructure.clone();
        let applied = Box::pin(provisioning.carry_out(ready, events)).await?;
        if applied.is_complete() {
            match request.aim {
                Aim::Desired if request.targets.is_empty() => {
                    provisioning.note_applied(&account, begun).await?;
                }
                Aim::Desired => {}
                Aim::Destroyed => {
                    let domains = provisioning.known_domains(&account, &before, &request.targets).await;
                    let domains = domains.unwrap_or_else(|_| named(&request.targets));
                    provisioning.forget_desired(&account, &before, &domains).await?;
                }
            }
        }
        Ok(applied)
    }
}

impl Provisioning {
    async fn note_applied(&self, name: &str, begun: Timestamp) -> Result<(), Fault> {
        // What is changed while it goes on is not part of it.
        Ok(self.store.infrastructure().note_applied(self.account_to_change(name)?.id, begun).await?)
    }
}

/// Domains as they were named, once nothing is known of them any more.
fn named(targets: &[String]) -> std::collections::BTreeSet<String> {
    targets
        .iter()
        .filter_map(|target| super::desired::domain_name(target).ok())
        .map(|(name, _)| name)
        .collect()
}
