//! A message that was accepted, and the sends that carry it.

use azure_types::ids::OperationId;
use jiff::Timestamp;
use smtp::address::Mailbox;
use smtp::parameters::{Notify, OriginalRecipient, Ret};
use smtp::path::ReversePath;

use crate::credential::Lane;
use crate::id::{AccountId, QueueId};
use crate::repair::Repair;

/// What is known of an accepted message; the message itself is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMessage {
    /// Our name for it.
    pub id: QueueId,
    /// The account that it goes through.
    pub account: AccountId,
    /// Who brought it.
    pub origin: Origin,
    /// How urgent it is.
    pub lane: Lane,
    /// Where DSNs go.
    pub reverse_path: ReversePath,
    /// RET of the submission.
    pub ret: Option<Ret>,
    /// ENVID of the submission.
    pub envelope_id: Option<String>,
    /// What its header says, for lists and DSNs.
    pub header: HeaderMetadata,
    /// What was changed in it on its way in.
    pub changes: Vec<Change>,
    /// Bytes as stored.
    pub size_bytes: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When delivery is given up: after the time that any message waits at most, or at its deadline.
    pub expires_at: Timestamp,
    /// When its sender has no use for it any more, where the sender said so.
    pub deadline: Option<Timestamp>,
    /// When it is to be sent, where its sender asked for a later time.
    pub send_at: Option<Timestamp>,
    /// Tells a repeated submission from a new one; `None` for what Postern itself writes.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The sends that together reach every recipient once.
    pub sends: Vec<NewSend>,
}

/// A change that was made to a message on its way in, by a rule or a repair of the operator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// On whose word.
    pub cause: Cause,
    /// A sentence for the operator: what it was, and what it is.
    pub text: String,
}

/// Why a message was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A rule about authors.
    Rule,
    Repair(Repair),
}

/// One request to Azure: as many recipients as one request may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSend {
    /// The id under which Azure gets it, now and at every retry.
    pub operation: OperationId,
    pub recipients: Vec<Recipient>,
}

/// Someone a message goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub mailbox: Mailbox,
    /// NOTIFY of the submission.
    pub notify: Option<Notify>,
    /// ORCPT of the submission.
    pub original: Option<OriginalRecipient>,
}

/// Who brought a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A credential, by its login.
    Credential(String),
    /// A credential that was chosen by the client's network, without login, by its name.
    Network(String),
    /// An Entra login, which is its own proof.
    Entra(String),
    Operator,
    /// Ourselves: a DSN about another message (RFC 3464).
    Dsn,
}

/// What a message's header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderMetadata {
    /// The author's address.
    pub from: String,
    /// Message-ID, brackets included.
    pub message_id: String,
    pub subject: String,
}

/// A hash over everything that makes two submissions the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(pub [u8; 16]);
