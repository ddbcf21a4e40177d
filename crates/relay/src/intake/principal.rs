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
        /// Follows from what failed, so that one failure has one DSN.
        id: QueueId,
    },
    /// An alarm for the operator.
    Alarm,
    /// A message that the operator sends.
    Operator,
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
