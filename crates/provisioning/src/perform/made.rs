//! What was made here: only that is ever deleted without being named.

use azure_client::RequestFailure;
use azure_client::arm::CallError;
use azure_types::resource_id::ResourceId;
use model::infrastructure::MadeState;

use super::{Context, NotDone};

impl Context {
    /// Makes something that is not there, and remembers that it was made here.
    pub(super) async fn make<T>(
        &self,
        id: &ResourceId,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, NotDone> {
        // If the process dies now, it has perhaps been made.
        self.note_made(id, MadeState::Begun).await?;
        match call.await {
            Ok(made) => {
                self.note_made(id, MadeState::Made).await?;
                Ok(made)
            }
            Err(error) => {
                let was_sent = !matches!(error, CallError::Failed(RequestFailure::Unreachable { .. }));
                if error.answered().is_some() || !was_sent {
                    self.forget_made(id).await?;
                }
                Err(error.into())
            }
        }
    }

    pub(super) async fn note_made(&self, id: &ResourceId, state: MadeState) -> Result<(), NotDone> {
        let provisioning = &self.azure.provisioning;
        let (account, at) = (self.azure.account.id, provisioning.clock.now());
        Ok(provisioning.store.infrastructure().note_made(account, id.to_string(), state, at).await?)
    }

    /// It is gone, or never was.
    pub(super) async fn forget_made(&self, id: &ResourceId) -> Result<(), NotDone> {
        let (account, id) = (self.azure.account.id, id.to_string());
        Ok(self.azure.provisioning.store.infrastructure().forget_made(account, id).await?)
    }
}
