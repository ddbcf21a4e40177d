//! What is reported of a send, and by whom.

use azure_types::ids::OperationId;
use jiff::Timestamp;

use super::RecipientState;
use crate::delivery::{Attempt, Reason};
use crate::division::Division;
use crate::queued::Recipient;

/// Something that was learned of a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// An attempt ended, its time was over, or its status was read.
    Settled(Settled),
    /// An operator wants it tried at once.
    Retry {
        /// The time of the request.
        at: Timestamp,
    },
    /// An operator removes it from the queue.
    Drop {
        /// The time of the request.
        at: Timestamp,
    },
    /// Azure reports what became of a recipient.
    Delivery(DeliveryReport),
}

/// How an attempt or a read of the status ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What was tried; `None` where there is nothing to be told, as after a status that has not changed.
    pub attempt: Option<Attempt>,
    /// What happens next.
    pub next: NextStep,
    /// Recipients that were refused alone.
    pub refused: Vec<RefusedAlone>,
}

/// A recipient that was refused while others were not, or for a reason of its own; or to whom Postern did not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedAlone {
    pub recipient: Recipient,
    /// Failed, or suppressed by Postern's own list.
    pub state: RecipientState,
    /// Enhanced status code such as `5.1.1`.
    pub status: String,
    /// What was said.
    pub text: String,
}

/// What Azure reports of one recipient, long after it has accepted the message. Reports come at least once, and in
/// any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReport {
    pub recipient: String,
    /// What became of it: a state of which [`RecipientState::is_reported`] is true.
    pub state: RecipientState,
    /// When Azure tried.
    pub at: Timestamp,
    /// Enhanced status code, where one is known.
    pub status: Option<String>,
    /// What the recipient's server said.
    pub text: String,
}

/// What happens to a send next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// It is tried again.
    Again {
        /// Not before then.
        at: Timestamp,
    },
    /// It is tried again for those who were left, as a request of its own. Azure has accepted it for the others.
    AgainForOthers {
        /// Not before then.
        at: Timestamp,
        /// Who was left.
        recipients: Vec<Recipient>,
        /// The operation id of that request.
        operation: OperationId,
    },
    /// It is tried by SMTP: the Email API refused it for good.
    BySmtp {
        /// Not before then.
        at: Timestamp,
        /// What the Email API said.
        refusal: String,
    },
    /// It is tried in groups of recipients, each a request of its own.
    Divided {
        /// Not before then.
        at: Timestamp,
        /// The groups that are left.
        division: Division,
        /// The operation id of the request for the first of them.
        operation: OperationId,
        /// The group that Azure has accepted: it becomes a send of its own.
        taken: Option<TakenGroup>,
    },
    /// It was tried in groups, and the last one was accepted: that is all that is left of it.
    LastGroup(TakenGroup),
    /// It goes on without those whom the suppression list has: they become a send of their own, which has failed.
    WithoutSuppressed {
        /// Not before then.
        at: Timestamp,
        recipients: Vec<Recipient>,
    },
    /// It is given up for some; Azure has the others.
    FailedFor {
        recipients: Vec<Recipient>,
        /// The group that Azure has accepted last.
        taken: Option<TakenGroup>,
    },
    /// Azure has it; its status is read.
    ReadStatus {
        /// Not before then.
        at: Timestamp,
    },
    /// Azure sent it on.
    Sent,
    /// It is given up.
    Failed,
}

/// A group of recipients for whom Azure has accepted a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenGroup {
    /// Who they are.
    pub recipients: Vec<Recipient>,
    /// When its status may be read, if it is to be read.
    pub read_status_at: Option<Timestamp>,
}

impl Report {
    /// Whether the recipients of the send have to be known to judge it.
    #[must_use]
    pub fn is_about_recipients(&self) -> bool {
        match self {
            Self::Retry { .. } | Self::Drop { .. } => false,
            Self::Delivery(_) => true,
            Self::Settled(settled) => {
                !settled.refused.is_empty() || settled.next.is_for_some() || settled.is_suppressed()
            }
        }
    }
}

impl Settled {
    /// Whether Azure dropped the message because its lists have all recipients.
    pub(super) fn is_suppressed(&self) -> bool {
        self.next == NextStep::Failed
            && self.attempt.as_ref().is_some_and(|attempt| attempt.reason == Some(Reason::Suppressed))
    }
}

impl NextStep {
    /// Whether it is another step for some recipients than for others.
    fn is_for_some(&self) -> bool {
        match self {
            Self::AgainForOthers { .. } | Self::WithoutSuppressed { .. } => true,
            Self::Divided { taken, .. } | Self::FailedFor { taken, .. } => taken.is_some(),
            _ => false,
        }
    }

    /// Whether the next try is another one and not the same again: it was not put off, so that nothing has to be
    /// waited for any longer.
    pub(super) fn is_handed_on(&self) -> bool {
        matches!(self, Self::BySmtp { .. } | Self::Divided { .. } | Self::WithoutSuppressed { .. })
    }
}
