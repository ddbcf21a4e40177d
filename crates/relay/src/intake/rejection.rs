//! Why a message is not taken in: by meaning, so that each way in can say it in its own protocol.

use std::fmt;
use std::time::Duration;

use ::smtp::address::Mailbox;
use message::author::AuthorFault;
use message::header::NotAField;
use model::name::AccountName;
use model::suppression::Suppression;
use store::{Blame, StoreError};

use super::timing::TimingFault;

/// Why a message is not taken in. `Display` is what a client may hear; [`Rejection::reason`] is for the operator alone.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The credential was removed or changed since the client was admitted.
    #[error("the credential has changed: connect again")]
    CredentialGone(ChosenBy),
    /// Azure would no longer accept the client's token at the end of the message.
    #[error("the access token expires: log in again")]
    TokenExpiring,
    /// The account takes no mail.
    #[error("the account is disabled")]
    AccountDisabled(AccountName),
    /// The credential sends more than it may.
    #[error("too many messages per minute: try again later")]
    TooFast {
        /// Until another message is accepted.
        retry_after: Duration,
    },
    /// So many messages are coming in that there is no memory for another.
    #[error("the server is busy: try again later")]
    NoMemory,
    /// The reverse-path is no address, and no rule or repair finds one.
    #[error("the sender's address is malformed")]
    ReversePathUnreadable,
    /// A recipient is no address, and no repair finds one.
    #[error("a recipient's address is malformed")]
    RecipientUnreadable,
    /// The address is a sender of the account that the credential may not use.
    #[error("{} may not be used by this login", .0.mailbox)]
    SenderNotAllowed(AddressFault),
    /// The address is no sender of the account.
    #[error("{} is not a sender of this account", .0.mailbox)]
    UnknownSender(AddressFault),
    /// The account has no such domain.
    #[error("the domain of {} is not linked to this account", .0.mailbox)]
    DomainNotLinked(AddressFault),
    /// It cannot be told who the author is.
    #[error(transparent)]
    AuthorUnknown(AuthorFault),
    /// There is nobody to send it to.
    #[error("the message has no recipient")]
    NoRecipients,
    /// One recipient more than a message may have.
    #[error("a message may have {limit} recipients")]
    TooManyRecipients {
        /// How many it may have.
        limit: usize,
    },
    /// The recipient's local part is beyond ASCII, and nothing carries it that far (RFC 6531 section 3.5).
    #[error("the part before the @ is not ASCII, and this account cannot send to such addresses")]
    RecipientNotPossible,
    /// Mail must not go to the recipient.
    #[error("{}", .0.sentence())]
    RecipientSuppressed(Box<Suppression>),
    /// Whether the next server accepts a local part beyond ASCII could not be found out.
    #[error("cannot determine whether the next server accepts an address that is not ASCII: try again later")]
    RecipientUncertain { reason: String },
    /// The header section has a line that is no field.
    #[error(transparent)]
    Malformed(NotAField),
    /// The header section is too large.
    #[error("the header section is larger than {limit_bytes} bytes")]
    HeaderTooLarge {
        /// How large it may be.
        limit_bytes: usize,
    },
    /// The message is too large.
    #[error("the message is larger than {limit_bytes} bytes")]
    TooLarge {
        /// How large it may be.
        limit_bytes: u64,
    },
    /// It has passed so many servers that it must be going in circles.
    #[error("the message has passed {hops} servers: it is in a mail loop")]
    Loop {
        /// Servers that it has passed.
        hops: usize,
    },
    /// It cannot leave when it is to leave.
    #[error(transparent)]
    Timing(TimingFault),
    /// The same message is coming in at this moment.
    #[error("the same message is already being received")]
    InProgress,
    /// The disk is full, or too slow.
    #[error("the server has no room for the message: try again later")]
    NoRoom(#[source] StoreError),
    /// The store failed.
    #[error("the server could not store the message: try again later")]
    Store(#[source] StoreError),
    /// Azure did not accept a message whose client waits for its answer.
    #[error(transparent)]
    NotSent(NotSent),
}

/// How a client got its credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// It logged in.
    Login,
    /// Its network is listed.
    Network,
}

/// An address that may not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressFault {
    pub mailbox: Mailbox,
    /// Where it was written.
    pub part: Part,
}

/// Where a sender's address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// In the envelope.
    ReversePath,
    /// In the header section.
    From,
}

/// What Azure answered to a message that it did not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// It never will.
    #[error("{text}")]
    Never {
        /// The reply code by SMTP, or one that means the same as the answer by HTTP.
        code: u16,
        /// Subject and detail of the enhanced status code.
        status: (u16, u16),
        /// Why, with what Azure said.
        text: String,
    },
    /// Its rate limit is reached.
    #[error("Azure's rate limit is reached: try again later")]
    TooFast,
    /// The sender's domain is not linked.
    #[error("the sender's domain is not linked")]
    DomainNotLinked,
    /// It does not know the sender, in these words.
    #[error("Azure rejected the sender: {0}")]
    UnknownSender(String),
    /// It does not accept the token any more.
    #[error("Azure no longer accepts this login: log in again")]
    LoginRejected,
    /// It does not accept the message now, for this reason.
    #[error("Azure did not accept the message: try again later ({0})")]
    Later(String),
}

impl Rejection {
    /// Whether the same message may be accepted later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::CredentialGone(_)
            | Self::TokenExpiring
            | Self::AccountDisabled(_)
            | Self::TooFast { .. }
            | Self::NoMemory
            | Self::TooManyRecipients { .. }
            | Self::RecipientUncertain { .. }
            | Self::InProgress
            | Self::NoRoom(_)
            | Self::Store(_) => true,
            Self::NotSent(not_sent) => not_sent.is_temporary(),
            Self::ReversePathUnreadable
            | Self::RecipientUnreadable
            | Self::SenderNotAllowed(_)
            | Self::UnknownSender(_)
            | Self::DomainNotLinked(_)
            | Self::AuthorUnknown(_)
            | Self::NoRecipients
            | Self::RecipientNotPossible
            | Self::RecipientSuppressed(_)
            | Self::Malformed(_)
            | Self::HeaderTooLarge { .. }
            | Self::TooLarge { .. }
            | Self::Timing(_)
            | Self::Loop { .. } => false,
        }
    }

    /// What the operator should know of the cause, and the client should not.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::AccountDisabled(account) => Some(format!("account {account} is disabled")),
            Self::TooFast { retry_after } => {
                Some(format!("the next message is accepted in {} s", retry_after.as_secs().max(1)))
            }
            Self::RecipientUncertain { reason } => Some(reason.clone()),
            Self::Loop { hops } => Some(format!("it has passed {hops} servers")),
            Self::NoRoom(error) | Self::Store(error) => Some(model::error_chain(error)),
            Self::CredentialGone(_)
            | Self::TokenExpiring
            | Self::NoMemory
            | Self::ReversePathUnreadable
            | Self::RecipientUnreadable
            | Self::SenderNotAllowed(_)
            | Self::UnknownSender(_)
            | Self::DomainNotLinked(_)
            | Self::AuthorUnknown(_)
            | Self::NoRecipients
            | Self::TooManyRecipients { .. }
            | Self::RecipientNotPossible
            | Self::RecipientSuppressed(_)
            | Self::Malformed(_)
            | Self::HeaderTooLarge { .. }
            | Self::TooLarge { .. }
            | Self::Timing(_)
            | Self::InProgress
            | Self::NotSent(_) => None,
        }
    }
}

impl NotSent {
    /// Whether the same message may be accepted later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Never { .. } | Self::DomainNotLinked | Self::UnknownSender(_) => false,
            Self::TooFast | Self::LoginRejected | Self::Later(_) => true,
        }
    }
}

impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        match (&error, error.blame()) {
            (StoreError::InProgress, _) => Self::InProgress,
            (_, Blame::Space) => Self::NoRoom(error),
            (_, Blame::Us | Blame::Caller) => Self::Store(error),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReversePath => "MAIL FROM",
            Self::From => "From",
        })
    }
}
