//! A try to send one claimed send: what it works with, and what it brought.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::delivery::Attempt;
use model::upstream::Transport;
use store::{Claim, NextStep, Settlement, Usage};

use super::Context;
use super::outcome::{Acceptance, Matter};
use super::upstream::ReadyAccount;

/// What a try brought.
pub(crate) struct Tried {
    pub(crate) settlement: Settlement,
    pub(crate) usage: Vec<Usage>,
    /// Why nothing else of the account should be tried for a while, and how long Azure asked for.
    pub(crate) trouble: Option<(Matter, Option<Duration>)>,
    /// What was answered, or why nothing was, without the transport that carried it. Only of a deferral.
    pub(crate) said: Option<String>,
}

/// One claimed send, and the upstream that it goes through.
pub(super) struct Try<'a> {
    pub(super) context: &'a Context,
    pub(super) upstream: &'a Arc<ReadyAccount>,
    pub(super) claim: &'a Claim,
}

impl Try<'_> {
    /// The transports that are open, preferred first. A search for the recipients whom REST refuses ends where it began.
    pub(super) fn transports(&self) -> &'static [Transport] {
        if self.claim.send.division.is_some() {
            &[Transport::Rest]
        } else {
            self.upstream.account.transports()
        }
    }

    /// When the status of what was accepted is to be read, if it is.
    pub(super) fn read_status_at(&self, accepted: &Acceptance) -> Option<Timestamp> {
        let wait = accepted.read_status_in?;
        self.upstream.wants_status().then(|| self.context.later(wait))
    }

    pub(super) fn tried(&self, attempt: Attempt, next: NextStep, usage: Vec<Usage>) -> Tried {
        let refused = Vec::new();
        let settlement = Settlement { id: self.claim.send.id, attempt: Some(attempt), next, refused };
        Tried { settlement, usage, trouble: None, said: None }
    }
}
