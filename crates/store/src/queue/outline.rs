//! What forecasts and reports read of the queue.

use std::collections::BTreeSet;

use model::forecast::Backlog;
use model::id::{AccountId, QueueId};
use model::quota_report::MailSample;

use super::Queue;
use crate::engine::on_engine;
use crate::{StoreError, WaitingSend};

impl Queue {
    /// What waits in an account's queue, for a forecast. Of very long lanes the length is estimated: the cost does not grow
    /// with them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn backlog(&self, account: AccountId) -> Result<Backlog, StoreError> {
        on_engine!(self.0, queue.backlog(account).await)
    }

    /// The waiting sends of these messages, each with its place in its lane; behind the first thousands the place is estimated.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn waiting_sends(&self, messages: Vec<QueueId>) -> Result<Vec<WaitingSend>, StoreError> {
        on_engine!(self.0, queue.waiting_sends(messages).await)
    }

    /// What these accounts sent of late; of very much the newest messages.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sample(&self, accounts: BTreeSet<AccountId>) -> Result<MailSample, StoreError> {
        on_engine!(self.0, queue.sample(accounts).await)
    }
}
