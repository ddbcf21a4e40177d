//! Who gets a message: the forward-paths that were offered, read where they can be and repaired where that is allowed.

use ::smtp::address::Mailbox;
use ::smtp::parameters::RecipientParameters;
use ::smtp::path::{ForwardPath, OfferedPath};
use ::smtp::reply::Refusal;
use message::author::excerpt;
use model::queued::{Cause, Change, Recipient};
use model::repair::Repair;

use super::envelope::Mending;
use super::transaction::{Envelope, Sender, Transaction};
use super::{Submission, logins};
use crate::reply_for;

/// Repaired recipients that are told one by one: a list with a thousand of them makes no story.
const TOLD: usize = 10;

impl Submission {
    /// Adds a recipient; one that is there already is there once.
    pub(super) async fn take_recipient(
        &self,
        transaction: &mut Transaction,
        offered: &OfferedPath<ForwardPath>,
        parameters: &RecipientParameters,
    ) -> Result<(), Refusal> {
        let settings = &self.context.settings;
        let mending = Mending { repairs: &transaction.repairs, parameters: &transaction.envelope.parameters };
        let (mailbox, change) = read(offered, &mending, settings.postmaster.as_ref())?;
        let recipients = &transaction.envelope.recipients;
        if recipients.iter().any(|recipient| recipient.mailbox == mailbox) {
            return Ok(());
        }
        if recipients.len() >= settings.max_recipients {
            return Err(reply_for::TOO_MANY_RECIPIENTS);
        }
        // An Entra login hears it from Azure, at the end of its data.
        if let (false, Sender::Credential(credential)) = (mailbox.is_ascii(), &transaction.sender) {
            let address = transaction.envelope.peer.address.ip();
            let (_, account) = logins::current(credential, address, &self.context.store.directory())?;
            let reaches = self.upstreams.reaches_beyond_ascii(&account).await;
            reply_for::beyond_ascii(reaches)?;
        }
        transaction.add(
            Recipient { mailbox, notify: parameters.notify, original: parameters.original_recipient.clone() },
            change,
        );
        Ok(())
    }
}

impl Transaction {
    /// Adds a recipient, and what was changed to have it.
    fn add(&mut self, recipient: Recipient, change: Option<Change>) {
        self.envelope.recipients.push(recipient);
        self.envelope.repaired_recipients += usize::from(change.is_some());
        if self.envelope.repaired_recipients <= TOLD {
            self.changes.extend(change);
        }
    }
}

/// Repaired recipients that were too many to be told one by one.
pub(super) fn untold(envelope: &Envelope) -> Option<Change> {
    let more = envelope.repaired_recipients.checked_sub(TOLD).filter(|more| *more > 0)?;
    let text = format!("RCPT TO was repaired for {more} more");
    Some(Change { cause: Cause::Repair(Repair::Envelope), text })
}

/// The mailbox of a path, and what was changed to have it.
fn read(
    offered: &OfferedPath<ForwardPath>,
    mending: &Mending<'_>,
    postmaster: Option<&Mailbox>,
) -> Result<(Mailbox, Option<Change>), Refusal> {
    match offered {
        OfferedPath::Path(ForwardPath::Mailbox(mailbox)) => Ok((mailbox.clone(), None)),
        OfferedPath::Path(ForwardPath::Postmaster) => {
            Ok((postmaster.cloned().ok_or(reply_for::NO_POSTMASTER)?, None))
        }
        OfferedPath::Unreadable { text, refusal } => {
            let mailbox = mending.mailbox(text).ok_or_else(|| refusal.clone())?;
            let change = format!("RCPT TO was \"{}\", is <{mailbox}>", excerpt(text));
            Ok((mailbox, Some(Change { cause: Cause::Repair(Repair::Envelope), text: change })))
        }
    }
}
