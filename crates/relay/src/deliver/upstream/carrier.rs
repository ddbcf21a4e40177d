//! What delivery knows of a transport. A new one is a file beside this one and an arm in each function here.

use std::sync::Arc;

use ::smtp::address::Mailbox;
use azure_types::email::EmailMessage;
use azure_types::ids::OperationId;
use clock::Clock;
use model::upstream::Transport;

use super::acs_rest::{self, AcsRest};
use super::acs_smtp::AcsSmtp;
use super::limits::SharedLimiter;
use super::pool::LeaseError;
use super::sent::Sent;
use super::status_answer::StatusRead;
use super::unsupported::Unsupported;
use crate::deliver::mail::{Candidate, Mail};

/// One transport of one account, ready to be sent through.
pub(crate) enum Carrier {
    /// Azure's Email API.
    AcsRest(AcsRest),
    /// Azure's SMTP endpoint.
    AcsSmtp(AcsSmtp),
}

/// A transport that tells what became of a message when it is asked.
#[derive(Clone, Copy)]
pub(crate) enum StatusSource<'a> {
    AcsRest(&'a AcsRest),
}

/// A message in the form that a transport takes.
#[derive(Debug)]
pub(crate) enum Form {
    /// A document of Azure's Email API.
    Document(Box<EmailMessage>),
    /// The message, byte for byte.
    Whole,
}

/// By which id an upstream recognises a message that it has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HonouredId {
    /// By the operation id: a second try is no second message.
    Operation,
    /// By none: what a crash or a broken connection leaves open may arrive twice.
    None,
}

/// The message as a transport takes it, and the features of it that the transport does not support.
pub(crate) fn prepare(transport: Transport, candidate: &Candidate<'_>) -> (Form, Vec<Unsupported>) {
    match transport {
        Transport::Rest => {
            let (document, unsupported) = acs_rest::prepare(candidate);
            (Form::Document(Box::new(document)), unsupported)
        }
        Transport::Smtp => (Form::Whole, Vec::new()),
    }
}

/// A transport in the words of the trace.
pub(crate) fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Rest => "the Email API",
        Transport::Smtp => "SMTP",
    }
}

/// Why the preferred transport carries a message of which it supports everything.
pub(crate) fn why_alone(transport: Transport) -> &'static str {
    match transport {
        Transport::Rest => {
            "by REST, which carries the whole message (Azure writes Date and trace fields itself)"
        }
        Transport::Smtp => "by SMTP, the account's only transport",
    }
}

/// Whether a transport carries every message as it is, reports of type multipart/report included.
pub(crate) fn carries_everything(transport: Transport) -> bool {
    match transport {
        Transport::Rest => false,
        Transport::Smtp => true,
    }
}

/// Whether the server of a transport may offer SMTPUTF8, and has to be asked.
pub(crate) fn may_take_smtputf8(transport: Transport) -> bool {
    match transport {
        Transport::Rest => false,
        Transport::Smtp => true,
    }
}

impl Carrier {
    /// The word for it in rows and stories.
    pub(crate) fn transport(&self) -> Transport {
        match self {
            Self::AcsRest(_) => Transport::Rest,
            Self::AcsSmtp(_) => Transport::Smtp,
        }
    }

    /// Sends a message once. `form` is what [`prepare`] made for this transport.
    pub(crate) async fn send(&self, form: &Form, mail: &Mail<'_>, clock: &Clock) -> Sent {
        match (self, form) {
            (Self::AcsRest(rest), Form::Document(document)) => {
                rest.send(mail.operation, document, clock).await
            }
            (Self::AcsSmtp(smtp), Form::Whole) => Sent::settled(smtp.send(mail).await),
            (Self::AcsRest(_), Form::Whole) | (Self::AcsSmtp(_), Form::Document(_)) => {
                unreachable!("a message is sent by the transport that it was prepared for")
            }
        }
    }

    /// By which id a message that was sent twice is recognised.
    pub(crate) fn honours(&self) -> HonouredId {
        match self {
            Self::AcsRest(_) => HonouredId::Operation,
            Self::AcsSmtp(_) => HonouredId::None,
        }
    }

    /// How it is asked what became of a message that it took; `None` where its reply is all that it says.
    pub(crate) fn status_source(&self) -> Option<StatusSource<'_>> {
        match self {
            Self::AcsRest(rest) => Some(StatusSource::AcsRest(rest)),
            Self::AcsSmtp(_) => None,
        }
    }

    /// Whether it reaches local parts beyond ASCII. A server that was not asked yet is.
    pub(crate) async fn takes_smtputf8(&self) -> Result<bool, LeaseError> {
        match self {
            Self::AcsRest(_) => Ok(false),
            Self::AcsSmtp(smtp) => smtp.takes_smtputf8().await,
        }
    }

    /// Closes what is open.
    pub(crate) async fn close(self) {
        match self {
            Self::AcsRest(_) => {}
            Self::AcsSmtp(smtp) => smtp.close().await,
        }
    }
}

impl StatusSource<'_> {
    /// The word for the transport in rows and stories.
    pub(crate) fn transport(self) -> Transport {
        match self {
            Self::AcsRest(_) => Transport::Rest,
        }
    }

    /// What asking counts against.
    pub(crate) fn limiter(&self) -> Option<&Arc<SharedLimiter>> {
        match self {
            Self::AcsRest(rest) => rest.status_reads(),
        }
    }

    /// Asks once what became of an operation.
    pub(crate) async fn read(self, operation: OperationId, clock: &Clock) -> StatusRead {
        match self {
            Self::AcsRest(rest) => rest.read_status(operation, clock).await,
        }
    }
}

impl Form {
    /// Recipients whom the header does not show. No request may show them to each other.
    pub(crate) fn hidden(&self) -> Vec<Mailbox> {
        match self {
            Self::Document(document) => acs_rest::hidden(document),
            Self::Whole => Vec::new(),
        }
    }

    /// Leaves only a group of its recipients in the form, if it has more.
    pub(crate) fn narrow(&mut self, group: &[Mailbox]) {
        match self {
            Self::Document(document) if document.recipients.all().count() > group.len() => {
                acs_rest::narrow(document, group);
            }
            Self::Document(_) => {}
            Self::Whole => {}
        }
    }
}
