//! Deleting, and waiting until it is gone.

use azure_types::resource_id::ResourceId;

use super::{Context, NotDone};

impl Context {
    /// Deletes a resource of `Microsoft.Communication`. What is gone already is no error.
    pub(super) async fn delete(&self, id: &ResourceId) -> Result<(), NotDone> {
        let begun = match self.azure.arm.delete(id).await {
            Err(error) if error.is(404) => return self.forget_made(id).await,
            begun => begun?,
        };
        let mut patience = self.patience();
        if !begun.was_there {
            return self.forget_made(id).await;
        }
        loop {
            match self.azure.arm.operation(&begun).await? {
                Some(operation) if operation.status == "Failed" || operation.status == "Canceled" => {
                    return Err(self.failed(Some(&begun)).await);
                }
                // Done; or Azure says nothing, which it does where there is nothing to wait for.
                Some(operation) if is_over(&operation.status) => return self.forget_made(id).await,
                None => return self.forget_made(id).await,
                Some(_) => self.pause(&mut patience, "the deletion").await?,
            }
        }
    }
}

fn is_over(status: &str) -> bool {
    matches!(status, "Succeeded" | "Deleted")
}
