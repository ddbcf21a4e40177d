//! Steps that are done without having been finished here.

use std::collections::BTreeSet;

use model::fault::Fault;
use model::infrastructure::{RecordedStep, StepState};

use super::Provisioning;
use super::observation::Observation;
use super::step::Step;

impl Provisioning {
    /// Marks unfinished steps as done that no plan contains any more: somebody else did them, or the process died
    /// before it could record them.
    pub(super) async fn note_done(&self, observation: &Observation) -> Result<(), Fault> {
        let open: BTreeSet<String> = observation.plan().steps.iter().map(Step::key).collect();
        let (account, memory) = (observation.azure.account.id, self.store.infrastructure());
        for step in memory.steps(account).await? {
            if step.state != StepState::Done && !open.contains(&step.key) {
                let now = self.clock.now();
                let done = RecordedStep { state: StepState::Done, problem: None, at: now, ..step };
                memory.note_step(account, done).await?;
            }
        }
        Ok(())
    }
}
