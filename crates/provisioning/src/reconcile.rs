//! Reconciling what somebody began with Azure and DNS: what is approved and pending goes on, what has drifted is reported.

use std::collections::BTreeSet;

use api::infrastructure::progress::StepOutcome;
use jiff::Timestamp;
use model::fault::Fault;
use model::id::AccountId;
use model::infrastructure::{RecordedStep, StepState};

use super::Provisioning;
use super::approve::Ready;
use super::observation::Observation;
use super::plan::Plan;
use super::step::Step;
use store::StoreError;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// All is as it was made.
    Same,
    /// What waited is done now: these domains.
    Done(Vec<String>),
    /// Something is still pending.
    Pending,
    /// Something goes on only when somebody approves it, in sentences.
    AwaitingApproval(Vec<String>),
    /// Something is not as it was made, in sentences.
    Differs(Vec<String>),
}

impl Provisioning {
    /// Whether something of an infrastructure is begun, or pending.
    pub async fn is_pending(&self, account: AccountId) -> bool {
        let steps = self.store.infrastructure().steps(account).await;
        steps.is_ok_and(|steps| steps.iter().any(|step| is_open(step.state)))
    }

    /// Goes on with the steps of an account that are begun or pending and that somebody approved; reports what has
    /// drifted. What nobody approved is left alone.
    ///
    /// # Errors
    /// As [`Provisioning::plan`].
    pub async fn reconcile(&self, name: &str) -> Result<Reconciled, Fault> {
        let account = self.account_to_change(name)?;
        let lock = self.lock(account.id).await?;
        let steps = self.store.infrastructure().steps(account.id).await?;
        let observation = Box::pin(self.observe(name, None)).await?;
        let open = |step: &&RecordedStep| is_open(step.state) || step.state == StepState::AwaitingApproval;
        let domains: BTreeSet<String> = steps
            .iter()
            .filter(open)
            .map(|step| step.key.split('/').nth(1).unwrap_or(&step.key).to_owned())
            .collect();
        let mut plan = observation.plan();
        if domains.is_empty() {
            let applied_at = self.store.infrastructure().applied_at(account.id).await?;
            let differences = differences(&observation, &plan, &steps, applied_at);
            return Ok(if differences.is_empty() {
                Reconciled::Same
            } else {
                Reconciled::Differs(differences)
            });
        }
        let domains: Vec<String> = domains.into_iter().collect();
        plan.narrow(&domains);
        let approved = self.store.infrastructure().approved(account.id).await?;
        let left = plan.leave(|key| approved.iter().any(|step| step.key == key));
        for step in &left {
            self.note_awaiting(account.id, step).await?;
        }
        let applied = Box::pin(self.carry_out(Ready { lock, observation, plan }, None)).await?;
        let unapproved = applied.open.iter().filter(|step| step.outcome == StepOutcome::AwaitingApproval);
        let awaiting: Vec<String> = left
            .iter()
            .map(|step| step.action.message())
            .chain(unapproved.map(|step| step.problem.clone()))
            .collect();
        Ok(match applied.is_complete() {
            _ if !awaiting.is_empty() => Reconciled::AwaitingApproval(awaiting),
            true => Reconciled::Done(domains),
            false => Reconciled::Pending,
        })
    }

    async fn note_awaiting(&self, account: AccountId, step: &Step) -> Result<(), StoreError> {
        let step = RecordedStep {
            key: step.key(),
            state: StepState::AwaitingApproval,
            problem: Some(format!("awaiting approval: {}", step.action.message())),
            tries: 0,
            at: self.clock.now(),
        };
        self.store.infrastructure().note_step(account, step).await
    }
}

/// Whether the step goes on without anybody, if it is approved.
fn is_open(state: StepState) -> bool {
    matches!(state, StepState::Begun | StepState::Pending)
}

/// What was done once and would have to be done again.
fn differences(
    observation: &Observation,
    plan: &Plan,
    steps: &[RecordedStep],
    applied_at: Option<Timestamp>,
) -> Vec<String> {
    let is_unchanged = applied_at.is_some_and(|at| observation.infrastructure.changed_at <= at);
    let was_done = |key: &str| steps.iter().any(|step| step.key == key && step.state == StepState::Done);
    let again = plan.steps.iter().filter(|step| is_unchanged || was_done(&step.key()));
    again.map(|step| step.action.message()).chain(plan.problems.iter().cloned()).collect()
}
