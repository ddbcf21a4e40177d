//! A message under way, and on whose behalf it is taken.

use std::sync::Arc;

use ::smtp::parameters::MailParameters;
use ::smtp::path::ReversePath;
use model::credential::{Access, Credential};
use model::id::QueueId;
use model::queued::{Change, Recipient};
use model::repair::Repairs;
use smtp_server::Peer;

use super::budget::Reserved;
use super::intake::Intake;
use crate::login::EntraLogin;

/// A message under way.
pub struct Transaction {
    pub(super) sender: Sender,
    pub(super) envelope: Envelope,
    pub(super) repairs: Repairs,
    pub(super) changes: Vec<Change>,
    pub(super) intake: Intake,
    /// The author's Message-ID, once the header section has been looked at.
    pub(super) message_id: Option<String>,
    pub(super) _reserved: Reserved,
}

/// On whose behalf a message is taken.
pub(super) enum Sender {
    Credential(Arc<Credential>),
    Entra(Arc<EntraLogin>),
}

impl Sender {
    /// Whether the client has proved more than its address.
    pub(super) fn has_logged_in(&self) -> bool {
        match self {
            Self::Credential(credential) => credential.access != Access::Network,
            Self::Entra(_) => true,
        }
    }
}

/// What MAIL and RCPT said.
pub(super) struct Envelope {
    pub(super) id: QueueId,
    /// The reverse-path as the client wrote it.
    pub(super) offered: String,
    pub(super) reverse_path: ReversePath,
    pub(super) parameters: MailParameters,
    pub(super) recipients: Vec<Recipient>,
    /// How many of the recipients were repaired.
    pub(super) repaired_recipients: usize,
    pub(super) peer: Peer,
}
