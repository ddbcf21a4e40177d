//! What became of one recipient, and which of two reports about it holds.

use jiff::Timestamp;

use crate::delivery::SendState;

/// What became of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecipientState {
    /// The message waits to be sent, or is being sent.
    Queued,
    /// Azure has accepted the message and has not said what came of it.
    Submitted,
    /// Azure has sent the message on. Whether it arrived is for a delivery report to say.
    Sent,
    /// The operator removed the message from the queue.
    Dropped,
    /// Postern gave it up: Azure refused it, or its time was over.
    Failed,
    /// Azure expanded the address of a group.
    Expanded,
    /// The recipient's server has accepted the message.
    Delivered,
    /// Azure could not deliver it, for another reason than those that follow.
    Undelivered,
    /// It was put into quarantine as spam, bulk or phishing.
    Quarantined,
    /// It was rejected or blocked as spam.
    FilteredSpam,
    /// The recipient is on a suppression list: Azure did not try.
    Suppressed,
    /// The recipient's server refused it for good.
    Bounced,
}

/// What became of a recipient alone, apart from the others of its send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientOutcome {
    /// What became of it.
    pub state: RecipientState,
    /// When; of a delivery report, when Azure tried.
    pub at: Timestamp,
    /// Enhanced status code such as `5.1.1`, where one is known.
    pub status: Option<String>,
    /// What the upstream said.
    pub text: String,
}

crate::words!(RecipientState {
    Queued = "queued",
    Submitted = "submitted",
    Sent = "sent",
    Dropped = "dropped",
    Failed = "failed",
    Expanded = "expanded",
    Delivered = "delivered",
    Undelivered = "undelivered",
    Quarantined = "quarantined",
    FilteredSpam = "filtered_spam",
    Suppressed = "suppressed",
    Bounced = "bounced",
});

impl RecipientState {
    /// The state that a recipient shares with its send.
    #[must_use]
    pub fn shared(send: SendState) -> Self {
        match send {
            SendState::Queued | SendState::Sending => Self::Queued,
            SendState::Submitted => Self::Submitted,
            SendState::Sent => Self::Sent,
            SendState::Failed => Self::Failed,
            SendState::Dropped => Self::Dropped,
        }
    }

    /// Whether the recipient was not reached.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Dropped
                | Self::Failed
                | Self::Undelivered
                | Self::Quarantined
                | Self::FilteredSpam
                | Self::Suppressed
                | Self::Bounced
        )
    }

    /// Whether only a delivery report says so.
    #[must_use]
    pub fn is_reported(self) -> bool {
        self >= Self::Expanded
    }
}

impl RecipientOutcome {
    /// Whether this holds where both were reported of one recipient, in whichever order they came. What a delivery
    /// report says holds against what Postern concluded, then the later holds, then the worse.
    #[must_use]
    pub fn holds_against(&self, other: &Self) -> bool {
        let rank = |one: &Self| (one.state.is_reported(), one.at, one.state);
        (rank(self), &self.text, &self.status) > (rank(other), &other.text, &other.status)
    }
}
