//! Delivery as the intake sees it.

use std::sync::Arc;

use ::smtp::address::Mailbox;
use clock::Clock;
use model::account::Account;
use store::StoreError;

use super::direct::Direct;
use super::mail::Mail;
use super::memory_budget::MemoryBudget;
use super::outcome::{AttemptOutcome, Deferred, Matter};
use super::upstream::Upstreams;
use crate::intake::{Answer, DirectMessage, NotSent, Onward, Rejection, Sent};
use crate::noticed::StorageKind;
use crate::settings::RelaySettings;

/// What the intake asks of delivery.
pub struct Delivery {
    settings: Arc<RelaySettings>,
    clock: Clock,
    upstreams: Arc<Upstreams>,
    memory: MemoryBudget,
}

impl Delivery {
    /// Delivery by way of `upstreams`.
    #[must_use]
    pub fn new(upstreams: Arc<Upstreams>, settings: Arc<RelaySettings>, clock: Clock) -> Self {
        let memory = MemoryBudget::new(settings.max_sending_bytes);
        Self { settings, clock, upstreams, memory }
    }

    async fn send(&self, message: DirectMessage<'_>) -> Result<Sent, Rejection> {
        let DirectMessage { login, operation, body, size_bytes, reverse_path, recipients } = message;
        let _memory = self.memory.take(size_bytes).await;
        let bytes = body.into_bytes().await?;
        let mailboxes: Vec<Mailbox> = recipients.iter().map(|one| one.mailbox.clone()).collect();
        let mail = Mail { message: &bytes, reverse_path, recipients: &mailboxes, operation };
        let direct = Direct { settings: &self.settings, clock: &self.clock, login };
        match direct.submit(mail).await {
            AttemptOutcome::Accepted(accepted)
                if accepted.refused.is_empty() && accepted.deferred.is_empty() =>
            {
                Ok(Sent::ToAll)
            }
            AttemptOutcome::Accepted(accepted) => Ok(Sent::ToSome(accepted.story(recipients))),
            AttemptOutcome::Failed(failed) => {
                let (code, status, text) = (failed.code, failed.status, failed.text());
                Err(Rejection::NotSent(NotSent::Never { code, status, text }))
            }
            AttemptOutcome::Deferred(deferred) => Err(Rejection::NotSent(not_now(deferred))),
        }
    }
}

fn not_now(deferred: Deferred) -> NotSent {
    match deferred.matter {
        Matter::Rate => NotSent::TooFast,
        Matter::Sender => NotSent::DomainNotLinked,
        Matter::Username => NotSent::UnknownSender(deferred.text),
        Matter::Login => NotSent::LoginRejected,
        Matter::Message | Matter::Azure | Matter::Unreachable => NotSent::Later(deferred.text),
    }
}

impl Onward for Delivery {
    fn reaches_beyond_ascii<'a>(&'a self, account: &'a Arc<Account>) -> Answer<'a, Result<bool, String>> {
        Box::pin(self.upstreams.reaches_beyond_ascii(account))
    }

    fn send_now<'a>(&'a self, message: DirectMessage<'a>) -> Answer<'a, Result<Sent, Rejection>> {
        Box::pin(self.send(message))
    }

    fn store_wrote(&self, kinds: &[StorageKind]) {
        self.upstreams.noticed().store_works(kinds);
    }

    fn store_failed(&self, kind: StorageKind, error: &StoreError) {
        self.upstreams.noticed().store_failed(kind, error, self.clock.now());
    }
}
