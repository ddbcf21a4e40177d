//! What is said about a message before it comes, whichever way it comes.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ::smtp::address::Mailbox;
use ::smtp::parameters::{Notify, OriginalRecipient, Ret};
use ::smtp::path::ReversePath;
use message::submission::TimingFields;
use model::repair::Repairs;
use tls::TlsFacts;

/// What is known when a message begins. Recipients follow one by one.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Where DSNs about it go.
    pub reverse_path: Offered<ReversePath>,
    /// What the client wants of DSNs about it.
    pub dsn: DsnWishes,
    /// What is asked of its time; the message itself may say otherwise.
    pub timing: TimingFields,
    /// The size that the client announces.
    pub declared_bytes: Option<u64>,
    /// Whether addresses and header fields may go beyond ASCII (RFC 6531).
    pub smtputf8: bool,
    /// Which way it comes.
    pub source: Source,
    /// The repairs that this way in allows; those of a credential are added.
    pub repairs: Repairs,
}

/// An address as the client wrote it. Where it cannot be read, rules and repairs may still find out what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered<P> {
    /// It can be read.
    Path(P),
    /// It cannot; the text has no control characters.
    Unreadable(String),
}

/// What a client wants of DSNs about a message as a whole (RFC 3461 section 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DsnWishes {
    /// How much of the message they return.
    pub ret: Option<Ret>,
    /// The client's name for the message.
    pub envelope_id: Option<String>,
}

/// Someone the message is for.
#[derive(Clone, Debug)]
pub struct NewRecipient {
    pub mailbox: Offered<Mailbox>,
    /// Of what the client wants to hear.
    pub notify: Option<Notify>,
    /// The address as the author first wrote it.
    pub original: Option<OriginalRecipient>,
}

/// Which way a message comes.
#[derive(Clone, Debug)]
pub enum Source {
    /// A session by SMTP.
    Smtp(Session),
    /// A request by HTTP, from that address.
    Http(IpAddr),
    Internal,
}

/// What a session shows of its client.
#[derive(Clone, Debug)]
pub struct Session {
    /// Where it comes from.
    pub address: IpAddr,
    /// What it called itself; `None` before it did.
    pub client_name: Option<String>,
    /// Whether it said EHLO.
    pub is_extended: bool,
    /// How it is protected, if it is.
    pub tls: Option<TlsFacts>,
}

/// A message that is in memory as a whole.
#[derive(Clone, Debug)]
pub struct WholeMessage {
    /// What is said about it; its size is counted.
    pub envelope: Envelope,
    pub recipients: Vec<NewRecipient>,
    /// Header section and body.
    pub bytes: Vec<u8>,
}

impl Envelope {
    /// The envelope of a message of our own.
    #[must_use]
    pub fn internal(reverse_path: ReversePath) -> Self {
        Self {
            reverse_path: Offered::Path(reverse_path),
            dsn: DsnWishes::default(),
            timing: TimingFields::default(),
            declared_bytes: None,
            smtputf8: true,
            source: Source::Internal,
            repairs: Repairs::default(),
        }
    }
}

impl Source {
    /// Where the client is; Postern's own messages come from this machine.
    pub(super) fn address(&self) -> IpAddr {
        match self {
            Self::Smtp(session) => session.address,
            Self::Http(address) => *address,
            Self::Internal => Ipv4Addr::LOCALHOST.into(),
        }
    }
}

impl From<Mailbox> for NewRecipient {
    fn from(mailbox: Mailbox) -> Self {
        Self { mailbox: Offered::Path(mailbox), notify: None, original: None }
    }
}

impl<P: fmt::Display> fmt::Display for Offered<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Unreadable(text) => f.write_str(text),
        }
    }
}
