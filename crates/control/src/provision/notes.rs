//! What is remembered between runs: what is done, what was shown, what was made.

use std::collections::BTreeSet;

use dns::record::Record;
use jiff::Timestamp;
use model::id::AccountId;
use model::infrastructure::{RecordedStep, StepState};
use store::StoreError;

use super::observation::Observation;
use super::perform::{MADE, SHOWN};
use super::reconcile;
use super::step::Step;
use crate::Control;
use crate::error::ControlError;

impl Control {
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
            self.store.infrastructure().note_step(account, step).await?;
        }
        Ok(())
    }

    pub(super) async fn shown(&self, account: AccountId) -> Result<Vec<Record>, StoreError> {
        let steps = self.store.infrastructure().steps(account).await?;
        let shown = steps.into_iter().filter_map(|step| {
            let name = step.key.strip_prefix(SHOWN)?;
            Some(Record::txt(name, &step.problem?, 0))
        });
        Ok(shown.collect())
    }

    /// Steps that came to no end, and that nobody has to do any more: somebody else did them, or whoever began them
    /// died before it was written down.
    pub(super) async fn note_done(&self, observation: &Observation) -> Result<(), ControlError> {
        let open: BTreeSet<String> = observation.plan().steps.iter().map(Step::key).collect();
        let (account, memory) = (observation.azure.account.id, self.store.infrastructure());
        for step in memory.steps(account).await? {
            let is_note = step.key.starts_with(MADE) || step.key.starts_with(SHOWN);
            if step.state != StepState::Done && !is_note && !open.contains(&step.key) {
                let now = self.clock.now();
                let done = RecordedStep { state: StepState::Done, problem: None, at: now, ..step };
                memory.note_step(account, done).await?;
            }
        }
        Ok(())
    }

    /// From here on everything that is different has become so.
    pub(super) async fn note_whole(&self, name: &str, begun: Timestamp) -> Result<(), ControlError> {
        let step = RecordedStep {
            key: reconcile::WHOLE.to_owned(),
            state: StepState::Done,
            problem: None,
            tries: 0,
            // What is changed while it goes on is not part of it.
            at: begun,
        };
        Ok(self.store.infrastructure().note_step(self.account(name)?.id, step).await?)
    }
}
