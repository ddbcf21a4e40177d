//! The two paths of an envelope (RFC 5321 sections 2.3.1 and 4.1.2).

mod reading;

use std::fmt;

use crate::address::Mailbox;
use crate::reply::Refusal;

pub(crate) use self::reading::{forward_path, reverse_path};

/// Where DSNs go: the argument of MAIL FROM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReversePath {
    /// `<>`: no DSN is sent (RFC 5321 section 4.5.5). DSNs themselves travel with this path.
    Null,
    /// A mailbox that wants to hear of failures.
    Mailbox(Mailbox),
}

/// The argument of MAIL FROM or RCPT TO as the client offered it.
///
/// Devices write paths that are no addresses. Whether that matters is for the service to say: where the
/// operator has said who the author is, or that paths are repaired, it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferedPath<P = ReversePath> {
    Path(P),
    Unreadable {
        /// What was written, at most 256 octets of it, without control characters.
        text: String,
        /// What the client hears if the service needs a path: it says what is wrong.
        refusal: Refusal,
    },
}

/// Where the message goes: the argument of RCPT TO.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ForwardPath {
    /// `<Postmaster>` without a domain, which every server must know (RFC 5321 section 4.5.1).
    Postmaster,
    Mailbox(Mailbox),
}

impl ReversePath {
    /// The mailbox, unless the path is null.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }
}

impl<P> OfferedPath<P> {
    /// The path, for a service that needs one.
    ///
    /// # Errors
    /// What is wrong with an argument that is not a path.
    pub fn readable(&self) -> Result<&P, Refusal> {
        match self {
            Self::Path(path) => Ok(path),
            Self::Unreadable { refusal, .. } => Err(refusal.clone()),
        }
    }
}

impl<P: fmt::Display> fmt::Display for OfferedPath<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Unreadable { text, .. } => f.write_str(text),
        }
    }
}

impl ForwardPath {
    /// The mailbox, unless the path is the bare postmaster.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<Postmaster>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}
