//! What an operator does with messages that wait.

use model::id::QueueId;

use crate::Control;
use crate::error::Fault;

impl Control {
    /// Removes a message's waiting sends for good. Returns how many there were.
    ///
    /// # Errors
    /// When there is no such message, the caller may not change it, or nothing can be stored.
    pub async fn drop_message(&self, id: QueueId) -> Result<usize, Fault> {
        self.message_to_change(id).await?;
        Ok(self.store.queue().drop_message(id, self.entry("queue.drop", id, "")).await?)
    }

    /// Makes a message's waiting sends due now. Returns how many there were.
    ///
    /// # Errors
    /// When there is no such message, the caller may not change it, or nothing can be stored.
    pub async fn retry_message(&self, id: QueueId) -> Result<usize, Fault> {
        self.message_to_change(id).await?;
        let audit = self.entry("queue.retry", id, "");
        Ok(self.store.queue().retry(id, self.clock.now(), audit).await?)
    }

    async fn message_to_change(&self, id: QueueId) -> Result<(), Fault> {
        self.caller.may_list()?;
        let account = self.store.queue().account_of(id).await?;
        self.caller.may_change(account, format!("message {id}"))
    }
}
