//! A message on its way out, and what is known about it.

use ::smtp::address::Mailbox;
use ::smtp::path::ReversePath;
use azure_types::ids::OperationId;
use jiff::Timestamp;
use model::sender::Sender;

/// A message that has to go, and what is known about it: what a transport is chosen by.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) message: &'a [u8],
    /// Whom it goes to.
    pub(crate) recipients: &'a [Mailbox],
    /// Its author as Azure knows them.
    pub(crate) sender: Option<&'a Sender>,
    /// When it was accepted. By REST Azure writes a Date of its own. Not the time of day: the choice must be the same
    /// at every try, or a message that Azure has already would go a second time by the other transport.
    pub(crate) accepted_at: Timestamp,
}

/// A message and its envelope, as they are sent.
#[derive(Clone, Copy)]
pub(crate) struct Mail<'a> {
    pub(crate) message: &'a [u8],
    /// Where DSNs go. Null stays null; otherwise the author's address is said.
    pub(crate) reverse_path: &'a ReversePath,
    pub(crate) recipients: &'a [Mailbox],
    /// The id under which it is sent, at every try the same.
    pub(crate) operation: OperationId,
}
