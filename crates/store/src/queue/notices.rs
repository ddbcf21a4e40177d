//! What DSNs are written from: mail whose senders are to hear something, and what is returned to them.

use jiff::Timestamp;
use model::id::QueueId;

use super::Queue;
use crate::engine::on_engine;
use crate::{Overdue, OverduePage, OverdueSend, StoreError, Untold};

impl Queue {
    /// Mail whose sender is to hear of it because time has passed, in the order of ids, a page of it: behind what was to
    /// be sent later, which is on the first page. The last of a page that is as long as `limit` leads to the next.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn overdue(&self, page: OverduePage) -> Result<Vec<OverdueSend>, StoreError> {
        on_engine!(self.0, queue.overdue(page).await)
    }

    /// Up to when mail was looked at; `None` before the first time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn overdue_up_to(&self, what: Overdue) -> Result<Option<Timestamp>, StoreError> {
        on_engine!(self.0, queue.overdue_up_to(what).await)
    }

    /// Notes that mail was looked at up to then.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_overdue(&self, what: Overdue, up_to: Timestamp) -> Result<(), StoreError> {
        on_engine!(self.0, queue.note_overdue(what, up_to).await)
    }

    /// The header section of a message, as it was accepted: also when the message is done with, as long as it is
    /// remembered. Of a very long one the beginning; `None` where an older build kept nothing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn header_of(&self, id: QueueId) -> Result<Option<Vec<u8>>, StoreError> {
        on_engine!(self.0, queue.header_of(id).await)
    }

    /// Recipients that were not reached and of whom their sender has not been told, in the order of their messages and
    /// beginning after one of them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn untold(&self, after: Option<&Untold>, limit: usize) -> Result<Vec<Untold>, StoreError> {
        on_engine!(self.0, queue.untold(after, limit).await)
    }

    /// The sender has been told, or never will be.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn told(&self, told: &Untold) -> Result<(), StoreError> {
        on_engine!(self.0, queue.told(told).await)
    }

    /// Resolves when there is somebody untold who was not there at the last call.
    pub async fn untold_added(&self) {
        on_engine!(self.0, queue.untold_added().await);
    }
}
