//! What a transport tells of a message that it took before.

use std::time::Duration;

use model::delivery::Reason;
use store::Usage;

/// A status read, and what it counts.
pub(crate) struct StatusRead {
    pub(crate) answer: StatusAnswer,
    pub(crate) usage: Vec<Usage>,
}

/// What an upstream tells of a message that it took.
pub(crate) enum StatusAnswer {
    /// It sent it on, in these words.
    Sent(String),
    /// It could not deliver it.
    Failed { text: String, why: String, reason: Option<Reason> },
    /// It has not decided; how long it wants to be left alone, if it says.
    UnderWay(Option<Duration>),
    /// It does not know the message any more, in these words.
    Forgotten(String),
    /// It answered with an error, and how long it asks to wait.
    Refused(String, Option<Duration>),
    /// No answer came.
    Unread(String),
    /// Nothing was asked: there is no login to ask with.
    Unasked,
}
