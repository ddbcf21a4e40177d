//! A message under way.

use model::id::QueueId;
use model::queued::{Cause, Change, Recipient};
use model::repair::{Repair, Repairs};
use smtp::path::ReversePath;

use super::budget::Reserved;
use super::data::Incoming;
use super::message_id::message_id_in;
use super::reverse_path::Returned;
use super::timing::Timing;
use super::{Accepted, Envelope, Intake, Principal, Rejection, recipients};

/// A message under way. Dropping it forgets the message.
pub struct Draft {
    pub(super) intake: Intake,
    pub(super) id: QueueId,
    /// As it was when the message began.
    pub(super) principal: Principal,
    pub(super) envelope: Envelope,
    pub(super) reverse_path: ReversePath,
    pub(super) recipients: Vec<Recipient>,
    /// How many of the recipients were repaired.
    pub(super) repaired_recipients: usize,
    pub(super) repairs: Repairs,
    pub(super) changes: Vec<Change>,
    pub(super) timing: Timing,
    pub(super) incoming: Incoming,
    /// The author's Message-ID, once the header section has been checked.
    pub(super) message_id: Option<String>,
    received_bytes: u64,
    _reserved: Option<Reserved>,
}

/// What a draft begins with.
pub(super) struct Parts {
    pub(super) id: QueueId,
    pub(super) principal: Principal,
    pub(super) envelope: Envelope,
    pub(super) returned: Returned,
    pub(super) repairs: Repairs,
    pub(super) timing: Timing,
    pub(super) incoming: Incoming,
    pub(super) reserved: Option<Reserved>,
}

impl Draft {
    pub(super) fn new(intake: Intake, parts: Parts) -> Self {
        let Parts { id, principal, envelope, returned, repairs, timing, incoming, reserved } = parts;
        let remark = principal.remark().map(|text| Change { cause: Cause::Rule, text: text.to_owned() });
        Self {
            intake,
            id,
            principal,
            envelope,
            reverse_path: returned.path,
            recipients: Vec::new(),
            repaired_recipients: 0,
            repairs,
            changes: returned.change.into_iter().chain(remark).collect(),
            timing,
            incoming,
            message_id: None,
            received_bytes: 0,
            _reserved: reserved,
        }
    }

    /// Takes the next piece of the message.
    ///
    /// # Errors
    /// When the message is too large, its header section is not acceptable, or it cannot be stored.
    pub async fn data(&mut self, bytes: &[u8]) -> Result<(), Rejection> {
        self.received_bytes += bytes.len() as u64;
        let limit_bytes = self.intake.settings().max_message_bytes;
        if self.received_bytes > limit_bytes {
            return Err(Rejection::TooLarge { limit_bytes });
        }
        match self.incoming.take(bytes).await.map_err(|stopped| self.intake.stopped(stopped))? {
            None => Ok(()),
            Some(header) => self.begin_body(&header).await,
        }
    }

    /// Completes the message. `Ok` means that it is in safe hands: on disk and synced, or with Azure.
    ///
    /// # Errors
    /// When it is not. Nothing was accepted then.
    pub async fn finish(&mut self) -> Result<Accepted, Rejection> {
        if self.recipients.is_empty() {
            return Err(Rejection::NoRecipients);
        }
        if let Some(header) = self.incoming.end_of_data() {
            self.begin_body(&header).await?;
        }
        self.changes.extend(recipients::unlisted(self.repaired_recipients));
        let complete = self.incoming.finish().await.map_err(|stopped| self.intake.stopped(stopped))?;
        match self.principal.clone() {
            Principal::Credential(credential) => self.queue_for_credential(complete, &credential).await,
            Principal::Internal(internal) => self.queue_internal(complete, &internal).await,
            Principal::Entra(login) => self.send_now(complete, &login).await,
        }
    }

    /// Who sends it.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether that repair is allowed for this message.
    #[must_use]
    pub fn allows(&self, repair: Repair) -> bool {
        self.repairs.allow(repair)
    }

    /// So many bare CR or LF became CRLF on the way here.
    pub fn line_ends_repaired(&mut self, count: u64) {
        if count > 0 {
            let text = format!("{count} bare CR or LF became CRLF");
            self.changes.push(Change { cause: Cause::Repair(Repair::LineEnds), text });
        }
    }

    /// The reverse-path as the client wrote it.
    pub(crate) fn offered(&self) -> String {
        self.envelope.reverse_path.to_string()
    }

    /// The author's Message-ID, as far as the message has come in.
    pub(crate) fn message_id(&self) -> Option<String> {
        self.message_id.clone().or_else(|| self.incoming.unfinished_header().and_then(message_id_in))
    }
}
