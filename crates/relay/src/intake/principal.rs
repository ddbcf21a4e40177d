//! On whose behalf a message comes in.

use std::sync::Arc;

use model::account::Account;
use model::credential::{Access, Credential, Lane};
use model::id::QueueId;
use model::queued::Origin;

use crate::login::EntraLogin;

/// Who sends a message.
#[derive(Clone)]
pub enum Principal {
    /// One of our credentials. Its messages are queued.
    Credential(Arc<Credential>),
    /// An app of Entra, with a token of its own. Its messages are sent while it waits.
    Entra(Arc<EntraLogin>),
    /// Postern itself. Its messages are queued.
    Internal(Internal),
}

/// A message that Postern writes, and the account that it goes through.
#[derive(Clone, Debug)]
pub struct Internal {
    /// What it is for, and so which rules hold.
    pub kind: InternalKind,
    pub account: Arc<Account>,
}

/// What Postern writes. Size, room, header section and loops are checked for all of them; none has a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InternalKind {
    /// A delivery status notification (RFC 3464).
    Dsn {
        /// Follows from what it reports, so that one failure has one DSN.
        id: QueueId,
        form: DsnForm,
    },
    /// An alarm for the operator.
    Alarm,
    /// A message that the operator sends.
    Operator,
}

/// The form in which a DSN is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DsnForm {
    /// A `multipart/report` (RFC 6522).
    Report,
    /// The same through another account than the one of the message, which cannot carry it.
    ReportElsewhere,
    /// A text with files, as no account can carry a report.
    Files,
}

impl DsnForm {
    /// What its story says of it.
    fn remark(self) -> Option<&'static str> {
        match self {
            Self::Report => None,
            Self::ReportElsewhere => Some(
                "the notice goes through this account because that of the message sends by the Email API alone, which \
                 cannot carry a multipart/report",
            ),
            Self::Files => Some(
                "the notice is a text with files in place of a multipart/report, which the Email API, the account's only \
                 transport, cannot carry",
            ),
        }
    }
}

impl Principal {
    /// Whether the client has proved more than its address.
    pub(super) fn has_logged_in(&self) -> bool {
        match self {
            Self::Credential(credential) => credential.access != Access::Network,
            Self::Entra(_) => true,
            Self::Internal(_) => false,
        }
    }
}

impl Principal {
    /// What the story of its message says from the beginning.
    pub(super) fn remark(&self) -> Option<&'static str> {
        match self {
            Self::Internal(Internal { kind: InternalKind::Dsn { form, .. }, .. }) => form.remark(),
            Self::Internal(_) | Self::Credential(_) | Self::Entra(_) => None,
        }
    }
}

impl InternalKind {
    /// Whether the author must be a sender of the account, which must be enabled. A DSN comes from an address that
    /// every linked domain has, and waits where its account is disabled.
    pub(super) fn needs_sender(self) -> bool {
        match self {
            Self::Dsn { .. } => false,
            Self::Alarm | Self::Operator => true,
        }
    }

    pub(super) fn origin(self) -> Origin {
        match self {
            Self::Dsn { .. } => Origin::Dsn,
            Self::Alarm | Self::Operator => Origin::Operator,
        }
    }

    pub(super) fn lane(self) -> Lane {
        match self {
            Self::Alarm => Lane::Urgent,
            Self::Dsn { .. } | Self::Operator => Lane::Normal,
        }
    }
}
