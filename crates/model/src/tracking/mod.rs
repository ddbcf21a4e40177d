//! What becomes of a send and of each of its recipients. Pure: [`advance`] takes what is stored and a report, and
//! gives what is to be stored.
//!
//! A recipient that has no outcome of its own shares the state of its send, so that a send without incident changes
//! one row however many recipients it has.

mod advance;
mod delivery;
mod finding;
mod outcome;
mod report;
#[cfg(test)]
mod tests;

use azure_types::ids::OperationId;
use jiff::Timestamp;

use crate::delivery::{Reason, SendState};
use crate::division::Division;
use crate::upstream::Transport;

pub use self::advance::advance;
pub use self::finding::Finding;
pub use self::outcome::{RecipientOutcome, RecipientState};
pub use self::report::{DeliveryReport, NextStep, RefusedAlone, Report, Settled, TakenGroup};

/// A send as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    pub state: SendState,
    /// When it is tried, or its status read, next. Of no meaning in a final state.
    pub due_at: Timestamp,
    /// Its recipients by position. Empty where [`Report::is_about_recipients`] says that none are needed.
    pub recipients: Vec<TrackedRecipient>,
}

/// A recipient of a send as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedRecipient {
    /// Its place among all recipients of the message, which never changes.
    pub position: u32,
    pub mailbox: String,
    /// Whether its sender wants to hear that it arrived.
    pub wants_success: bool,
    /// What became of this recipient alone; `None` while it shares the state of its send.
    pub outcome: Option<RecipientOutcome>,
}

/// What a report changes. The store writes this in one transaction, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The state of the send afterwards.
    pub state: SendState,
    /// When it is due next; `None` leaves that as it is.
    pub due_at: Option<Timestamp>,
    /// Attempts to be added to its count.
    pub attempts: u32,
    /// The id of the next request, where that is another one.
    pub operation: Option<OperationId>,
    /// The groups in which its recipients are asked for.
    pub division: Change<Division>,
    /// What the Email API said when it refused the send for good.
    pub refused_by_rest: Option<String>,
    /// Recipients that become a send of their own.
    pub split: Option<Split>,
    /// Recipients whose own outcome is another one now.
    pub recipients: Vec<RecipientChange>,
    /// What is appended to the story.
    pub events: Vec<Event>,
    /// What follows outside of the send's rows.
    pub effects: Vec<Effect>,
}

/// A column that is kept, set or cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    /// It gets this value.
    Set(T),
    /// It becomes NULL.
    Clear,
}

/// Recipients that Azure has accepted while others of the send are left. Their send has the operation id of the
/// request that was accepted, and one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub recipients: Vec<u32>,
    /// The state of their send.
    pub state: SendState,
    /// When its status may be read, if it is to be read.
    pub due_at: Option<Timestamp>,
}

/// A recipient's new outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientChange {
    pub position: u32,
    /// What became of it.
    pub outcome: RecipientOutcome,
}

/// A line of the story of a message. Events are appended and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened; of a delivery report, when Azure tried.
    pub at: Timestamp,
    /// Who reported it.
    pub source: EventSource,
    /// What happened, in one word: a result, a [`RecipientState`], or what the operator did.
    pub result: &'static str,
    /// Whom it is about, where that is one recipient.
    pub position: Option<u32>,
    /// How the request went, where one did.
    pub transport: Option<Transport>,
    /// A sentence for the operator.
    pub text: String,
    /// Why it came to nothing, where that concerns more than this message.
    pub reason: Option<Reason>,
    /// Whether it belongs to the story of the split instead of that of the send.
    pub belongs_to: Story,
}

/// Whose story an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// That of the send that was reported on.
    Send,
    /// That of the recipients that became a send of their own.
    Split,
}

/// Who reported an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventSource {
    /// An attempt to send.
    Attempt,
    /// A read of the operation's status.
    Status,
    Operator,
    /// A delivery report of Azure's.
    Delivery,
}

/// What follows from an advance outside of the rows of the send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The send needs the body no more; with the last send of the message, the body goes.
    DiscardBody,
    /// Nothing of this send was sent. Where that is so of all sends, an equal submission is a new one.
    NothingSent,
    /// The sender has not been told of these recipients: that they were not reached, or that they were, where it wants
    /// to hear that.
    TellSender(Vec<u32>),
    /// What was said of recipients concerns later mail to them.
    Suppress(Vec<Finding>),
}

crate::words!(EventSource {
    Attempt = "attempt",
    Status = "status",
    Operator = "operator",
    Delivery = "delivery",
});

impl Advance {
    /// The advance of a report that changes nothing.
    #[must_use]
    pub fn unchanged(tracked: &Tracked) -> Self {
        Self {
            state: tracked.state,
            due_at: None,
            attempts: 0,
            operation: None,
            division: Change::Keep,
            refused_by_rest: None,
            split: None,
            recipients: Vec::new(),
            events: Vec::new(),
            effects: Vec::new(),
        }
    }
}
