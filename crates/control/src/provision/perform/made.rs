//! What was made here: only that is ever deleted without being named.

use azure_client::Failure;
use azure_client::arm::CallError;
use model::infrastructure::{RecordedStep, StepState};

use super::{Context, Trouble};

/// What such a note is recorded under.
pub(in super::super) const MADE: &str = "made/";

impl Context {
    /// Makes something, and remembers that it was made here unless it was there already.
    pub(super) async fn make<T>(
        &self,
        id: &str,
        is_there: bool,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Trouble> {
        if is_there {
            return Ok(call.await?);
        }
        // Whoever dies now has perhaps made it.
        self.note_made(id, StepState::Begun).await?;
        match call.await {
            Ok(made) => {
                self.note_made(id, StepState::Done).await?;
                Ok(made)
            }
            Err(error) => {
                let was_sent = !matches!(error, CallError::Failed(Failure::Unreachable { .. }));
                if error.answered().is_some() || !was_sent {
                    self.forget_made(id).await?;
                }
                Err(error.into())
            }
        }
    }

    pub(super) async fn note_made(&self, id: &str, state: StepState) -> Result<(), Trouble> {
        let at = self.azure.control.clock.now();
        let step = RecordedStep { key: key(id), state, problem: None, tries: 0, at };
        Ok(self.azure.control.store.infrastructure().note_step(self.azure.account.id, step).await?)
    }

    /// It is gone, or never was.
    pub(super) async fn forget_made(&self, id: &str) -> Result<(), Trouble> {
        Ok(self.azure.control.store.infrastructure().forget_step(self.azure.account.id, key(id)).await?)
    }
}

/// The key of the note about a resource, by its ARM id.
pub(in super::super) fn key(id: &str) -> String {
    format!("{MADE}{}", id.to_lowercase())
}
