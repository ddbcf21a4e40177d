//! The operator's hand on what waits.

use model::id::QueueId;

use crate::Control;
use crate::error::ControlError;

impl Control {
    /// Removes a waiting message for good; says how many of its sends were waiting.
    ///
    /// # Errors
    /// When there is no such message, or nothing can be stored.
    pub async fn drop_message(&self, id: QueueId) -> Result<usize, ControlError> {
        let dropped = self.store.queue().drop_message(id).await?;
        if dropped > 0 {
            let audit = self.entry("queue.drop", id, format!("{dropped} waiting sends"));
            self.store.audit().enter(audit).await?;
        }
        Ok(dropped)
    }
}
