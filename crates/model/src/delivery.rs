//! Where a send stands, and what was tried.

use azure_types::ids::OperationId;
use jiff::Timestamp;
use smtp::path::ReversePath;

use crate::division::Division;
use crate::id::QueueId;
use crate::queued::Recipient;
use crate::upstream::Transport;

/// Names one send of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SendId {
    pub message: QueueId,
    /// Which of its sends, from 0.
    pub part: u16,
}

/// Where a send stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendState {
    /// It waits for its time.
    Queued,
    /// It is under way, under a lease.
    Sending,
    /// Azure has it and has not said what came of it.
    Submitted,
    /// Azure sent it on.
    Sent,
    /// It was given up.
    Failed,
    /// The operator removed it.
    Dropped,
}

/// A send that was claimed: it may be tried now, by us alone, until the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedSend {
    pub id: SendId,
    /// Under which id Azure gets it.
    pub operation: OperationId,
    /// To whom: all who have not got it yet.
    pub recipients: Vec<Recipient>,
    /// The groups in which they are asked for, if the Email API refused them together.
    pub division: Option<Division>,
    /// What the Email API said when it refused the send for good.
    pub refused_by_rest: Option<String>,
    /// Where DSNs go.
    pub reverse_path: ReversePath,
    /// The author's address, as the header has it.
    pub author: String,
    /// Size of the message.
    pub size_bytes: u64,
    /// How often it was tried before.
    pub attempts: u32,
    /// When it is given up.
    pub expires_at: Timestamp,
    /// When its sender has no use for it any more, where the sender said so.
    pub deadline: Option<Timestamp>,
}

impl ClaimedSend {
    /// The recipients of the next request: the next group's, where the send is divided.
    #[must_use]
    pub fn asked_for(&self) -> &[Recipient] {
        let next = self.division.as_ref().and_then(Division::next);
        next.map_or(&self.recipients, |group| &group.recipients)
    }
}

/// One attempt to hand a send to an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// Which way it went; `None` when it never got that far.
    pub transport: Option<Transport>,
    /// What came of it.
    pub result: AttemptResult,
    /// A sentence for the operator: what was done, why that way, and what was answered.
    pub text: String,
    /// Why it came to nothing, where that concerns more than this message.
    pub reason: Option<Reason>,
}

/// Why a try came to nothing, where that concerns more than one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Azure said that there was too much for the subscription's quota.
    Rate,
    /// Azure or Entra refused the account's login.
    Login,
    /// Azure could not be reached.
    Unreachable,
    /// Azure failed, or broke off before it had answered.
    Azure,
    /// The sender's domain is not linked to the communication service.
    DomainNotLinked,
    /// The sender's domain does not have the username.
    SenderUnknown,
    /// All recipients are on a suppression list.
    Suppressed,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// Azure has it.
    Accepted,
    /// Try again later.
    Deferred,
    Failed,
}

crate::words!(SendState {
    Queued = "queued",
    Sending = "sending",
    Submitted = "submitted",
    Sent = "sent",
    Failed = "failed",
    Dropped = "dropped",
});

impl SendState {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Dropped)
    }
}

crate::words!(AttemptResult {
    Accepted = "accepted",
    Deferred = "deferred",
    Failed = "failed",
});

crate::words!(Reason {
    Rate = "rate",
    Login = "login",
    Unreachable = "unreachable",
    Azure = "azure",
    DomainNotLinked = "domain_not_linked",
    SenderUnknown = "sender_unknown",
    Suppressed = "suppressed",
});

/// What came of a test message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// Azure took it, in these words.
    Accepted(String),
    /// Azure did not take it, or could not be asked.
    Refused(String),
    /// The rate limit does not allow another message before then.
    RateLimited(Timestamp),
}
