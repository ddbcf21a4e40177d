//! Why what waits does so, and when it leaves.

use std::collections::HashMap;

use api::messages::WaitView;
use control::Control;
use control::reads::{FoundMessage, ListedSend, StoredMessage, StoredSend};
use jiff::Timestamp;
use model::delivery::{AttemptResult, SendId, SendState};
use model::id::{AccountId, QueueId};
use model::tracking::RecipientState;
use relay::Foretold;
use relay::problems::{ObservedAccount, Waiting, why_it_waits};

use super::{Api, problems};
use crate::error::ApiError;

/// What the waits of some messages depend on.
#[derive(Default)]
pub(super) struct Waits {
    accounts: Vec<ObservedAccount>,
    foretold: HashMap<SendId, Foretold>,
    now: Timestamp,
}

impl Waits {
    /// Of messages of which something waits.
    pub(super) async fn of(api: &Api, messages: Vec<QueueId>) -> Result<Self, ApiError> {
        if messages.is_empty() {
            return Ok(Self::default());
        }
        let accounts = problems::observed(api).await?.accounts;
        let foretold = api.relay.foretold(messages).await?;
        Ok(Self { accounts, foretold, now: api.clock.now() })
    }

    /// Of one message.
    pub(super) async fn of_message(api: &Api, message: &StoredMessage) -> Result<Self, ApiError> {
        let waits = message.sends.iter().any(|send| send.state == SendState::Queued);
        Self::of(api, waits.then_some(message.id).into_iter().collect()).await
    }

    /// Of a page of sends.
    pub(super) async fn of_sends(api: &Api, sends: &[ListedSend]) -> Result<Self, ApiError> {
        let waiting = sends.iter().filter(|send| send.state == SendState::Queued);
        let mut messages: Vec<QueueId> = waiting.map(|send| send.id.message).collect();
        messages.dedup();
        Self::of(api, messages).await
    }

    /// Of a page of messages.
    pub(super) async fn of_found(api: &Api, messages: &[FoundMessage]) -> Result<Self, ApiError> {
        let waits = |message: &&FoundMessage| {
            message.recipients.iter().any(|one| one.state == RecipientState::Queued)
        };
        Self::of(api, messages.iter().filter(waits).map(|message| message.id).collect()).await
    }

    /// Why a send of a message waits.
    pub(super) fn of_stored(
        &self,
        control: &Control,
        message: &StoredMessage,
        send: &StoredSend,
    ) -> Option<WaitView> {
        let deferred = send.attempts.iter().rev().find(|attempt| attempt.result == AttemptResult::Deferred);
        let waiting = Waiting {
            due_at: send.due_at,
            tries: send.attempts.len(),
            deferred: deferred.map(|attempt| attempt.text.as_str()),
            reason: send.attempts.last().and_then(|attempt| attempt.reason),
            send_at: message.send_at,
            foretold: self.foretold.get(&send.id).copied(),
        };
        (send.state == SendState::Queued).then(|| self.view(control, message.account, waiting))?
    }

    /// Why a listed send waits.
    pub(super) fn of_listed(&self, control: &Control, send: &ListedSend) -> Option<WaitView> {
        let waiting = Waiting {
            due_at: send.due_at,
            tries: usize::try_from(send.attempts).unwrap_or(usize::MAX),
            deferred: send.last_text.as_deref(),
            reason: None,
            send_at: send.send_at,
            foretold: self.foretold.get(&send.id).copied(),
        };
        (send.state == SendState::Queued).then(|| self.view(control, send.account, waiting))?
    }

    /// Why the first waiting send of a message that was found waits.
    pub(super) fn of_message_found(&self, control: &Control, message: &FoundMessage) -> Option<WaitView> {
        let of_message = self.foretold.iter().filter(|(id, _)| id.message == message.id);
        let (_, foretold) = of_message.min_by_key(|(id, _)| **id)?;
        let due_at = foretold.not_before.max(self.now);
        let (deferred, reason, foretold) = (None, None, Some(*foretold));
        let waiting = Waiting { due_at, tries: 0, deferred, reason, send_at: None, foretold };
        self.view(control, message.account, waiting)
    }

    fn view(&self, control: &Control, account: AccountId, waiting: Waiting<'_>) -> Option<WaitView> {
        let name = control.name_of(account);
        let observed = self.accounts.iter().find(|observed| observed.name == name)?;
        let wait = why_it_waits(observed, waiting, self.now);
        let (code, message) = (wait.code.to_owned(), wait.message);
        Some(WaitView { code, message, until: wait.until, before: wait.before })
    }
}
