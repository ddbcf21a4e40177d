//! The end of a message that is sent at once, with the token of its client, who waits for Azure's answer.

use azure_types::email::MAX_RECIPIENTS;
use meter::Counter;
use model::queued::Change;
use store::StoreError;
use tracing::{info, warn};

use super::data::Complete;
use super::onward::{DirectMessage, Sent};
use super::{Accepted, Draft, Rejection, rejected_by_store};
use crate::login::EntraLogin;

impl Draft {
    pub(super) async fn send_now(
        &mut self,
        complete: Complete,
        login: &EntraLogin,
    ) -> Result<Accepted, Rejection> {
        if self.recipients.len() > MAX_RECIPIENTS {
            return Err(Rejection::TooManyRecipients { limit: MAX_RECIPIENTS });
        }
        let changes = std::mem::take(&mut self.changes);
        for change in &changes {
            info!(login = login.name, change = ?change.cause, "a message was changed on its way in");
        }
        let now = self.intake.clock().now();
        let Some(idempotency_key) = complete.idempotency_key else {
            return Err(rejected_by_store(StoreError::Closed));
        };
        let operation = self.intake.0.duplicates.operation(idempotency_key, now);
        let message = DirectMessage {
            login,
            operation,
            body: complete.body,
            size_bytes: complete.bytes,
            reverse_path: &self.reverse_path,
            recipients: &self.recipients,
        };
        let sent = self.intake.0.onward.send_now(message).await;
        let result = if sent.is_ok() { "accepted" } else { "refused" };
        self.intake.meters().direct.of(&result, Counter::default).count();
        self.count_repairs(&login.name, &changes).await;
        match sent {
            Ok(Sent::ToAll) => {
                info!(login = login.name, azure.operation_id = %operation, "sent at once");
                Ok(Accepted::Sent(operation))
            }
            // Some have it and some do not; one answer cannot say that. Recipients are rejected one by one
            // only by SMTP, and only for good.
            Ok(Sent::ToSome(answer)) => {
                warn!(
                    login = login.name,
                    azure.operation_id = %operation,
                    answer,
                    "sent at once, but not to all recipients"
                );
                Ok(Accepted::SentToSome(operation))
            }
            Err(rejection) => {
                warn!(login = login.name, reason = %rejection, "a message could not be sent at once");
                Err(rejection)
            }
        }
    }

    /// Counts repairs of what is not queued; the queue counts its own.
    async fn count_repairs(&self, login: &str, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        if let Err(error) = self.intake.store().queue().count_repairs(login, changes).await {
            warn!(error = model::error_chain(&error), "repairs of a message could not be counted");
        }
    }
}
