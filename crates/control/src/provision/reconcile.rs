//! Looking after an infrastructure once somebody has begun it: what waits goes on, and what was done and is so no more is told.

use std::collections::BTreeSet;

use model::id::AccountId;
use model::infrastructure::{RecordedStep, StepState};

use super::observation::Observation;
use super::plan::Plan;
use crate::Control;
use crate::error::ControlError;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// All is as it was made.
    Same,
    /// What waited is done now: these domains.
    Done(Vec<String>),
    /// Something still waits.
    Pending,
    /// Something is not as it was made, in sentences.
    Differs(Vec<String>),
}

/// Recorded when an apply of everything has left nothing to do.
pub(super) const WHOLE: &str = "whole";

impl Control {
    /// Whether something of an infrastructure waits for somebody, or for DNS.
    pub(crate) async fn is_pending(&self, account: AccountId) -> bool {
        let steps = self.store.infrastructure().steps(account).await;
        steps.is_ok_and(|steps| steps.iter().any(|step| step.state == StepState::Pending))
    }

    /// Looks after the infrastructure of an account. What somebody desired and never began is left alone.
    ///
    /// # Errors
    /// As [`Control::plan`].
    pub async fn reconcile(&self, name: &str) -> Result<Reconciled, ControlError> {
        let account = self.account(name)?;
        let steps = self.store.infrastructure().steps(account.id).await?;
        let waiting: BTreeSet<String> = steps
            .iter()
            .filter(|step| step.state == StepState::Pending)
            .filter_map(|step| step.key.split('/').nth(1).map(str::to_owned))
            .collect();
        if !waiting.is_empty() {
            let domains: Vec<String> = waiting.into_iter().collect();
            let applied = Box::pin(self.apply(name, &domains, None)).await?;
            return Ok(if applied.is_complete() { Reconciled::Done(domains) } else { Reconciled::Pending });
        }
        let observation = Box::pin(self.observe(name, None)).await?;
        let differences = differences(&observation, &observation.plan(), &steps);
        Ok(if differences.is_empty() { Reconciled::Same } else { Reconciled::Differs(differences) })
    }
}

/// What was done once and would have to be done again.
fn differences(observation: &Observation, plan: &Plan, steps: &[RecordedStep]) -> Vec<String> {
    let whole = steps.iter().find(|step| step.key == WHOLE).map(|step| step.at);
    let is_unchanged = whole.is_some_and(|at| observation.infrastructure.changed_at <= at);
    let was_done = |key: &str| steps.iter().any(|step| step.key == key && step.state == StepState::Done);
    let again = plan.steps.iter().filter(|step| is_unchanged || was_done(&step.key()));
    again.map(|step| step.action.message()).chain(plan.problems.iter().cloned()).collect()
}
