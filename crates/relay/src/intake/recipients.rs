//! Who gets a message: the forward-paths that were offered, read where they can be and repaired where that is allowed.

use ::smtp::address::Mailbox;
use message::author::excerpt;
use model::credential::AuthorRule;
use model::queued::{Cause, Change, Recipient};
use model::repair::Repair;
use model::suppression::{OnSuppressed, Outgoing};
use tracing::warn;

use super::reverse_path::Repairing;
use super::{Draft, Internal, InternalKind, NewRecipient, Offered, Principal, Rejection, standing};
use crate::suppressed;

/// Repaired recipients that are listed one by one: a list with a thousand of them makes no story.
const LISTED: usize = 10;

impl Draft {
    /// Adds a recipient; one that is there already is there once.
    ///
    /// # Errors
    /// When the address cannot be read or reached, or the message has as many as it may have.
    pub async fn recipient(&mut self, new: NewRecipient) -> Result<(), Rejection> {
        let NewRecipient { mailbox, notify, original } = new;
        let (mailbox, change) = self.read(mailbox)?;
        if self.recipients.iter().any(|recipient| recipient.mailbox == mailbox) {
            return Ok(());
        }
        let limit = self.intake.settings().max_recipients;
        if self.recipients.len() >= limit {
            return Err(Rejection::TooManyRecipients { limit });
        }
        self.check_reach(&mailbox).await?;
        self.check_suppression(&mailbox).await?;
        self.recipients.push(Recipient { mailbox, notify, original });
        self.repaired_recipients += usize::from(change.is_some());
        if self.repaired_recipients <= LISTED {
            self.changes.extend(change);
        }
        Ok(())
    }

    /// The mailbox that is meant, and what was changed to have it.
    fn read(&self, offered: Offered<Mailbox>) -> Result<(Mailbox, Option<Change>), Rejection> {
        let text = match offered {
            Offered::Path(mailbox) => return Ok((mailbox, None)),
            Offered::Unreadable(text) => text,
        };
        let repairing = Repairing { repairs: &self.repairs, smtputf8: self.envelope.smtputf8 };
        let mailbox = repairing.mailbox(&text).ok_or(Rejection::RecipientUnreadable)?;
        let change = format!("RCPT TO was \"{}\", is <{mailbox}>", excerpt(&text));
        Ok((mailbox, Some(Change { cause: Cause::Repair(Repair::Envelope), text: change })))
    }

    /// Makes sure that the way on carries a local part beyond ASCII (RFC 6531 section 3.5). An Entra login hears that
    /// from Azure at the end of its data; what Postern writes itself finds out on its way.
    async fn check_reach(&self, mailbox: &Mailbox) -> Result<(), Rejection> {
        let (false, Principal::Credential(credential)) = (mailbox.is_ascii(), &self.principal) else {
            return Ok(());
        };
        let directory = self.intake.store().directory();
        let (_, account) = standing::current(credential, self.envelope.source.address(), &directory)?;
        match self.intake.0.onward.reaches_beyond_ascii(&account).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Rejection::RecipientNotPossible),
            Err(reason) => {
                warn!(reason, "Azure's server could not be asked whether it takes addresses beyond ASCII");
                Err(Rejection::RecipientUncertain { reason })
            }
        }
    }

    /// Makes sure that mail may go to a recipient. The author is not known yet: of scopes that depend on it, those of the
    /// address that will be the author, or else of the reverse-path, count; the others are seen before the send.
    async fn check_suppression(&self, mailbox: &Mailbox) -> Result<(), Rejection> {
        let mut author = self.reverse_path.mailbox();
        let account = match &self.principal {
            Principal::Credential(credential) => {
                let default = self.intake.settings().suppressed;
                if credential.intake.suppressed.unwrap_or(default) == OnSuppressed::Drop {
                    return Ok(());
                }
                if let AuthorRule::Forced(forced) = &credential.author {
                    author = Some(forced);
                }
                Some(credential.account)
            }
            Principal::Internal(Internal { kind: InternalKind::Operator, account }) => Some(account.id),
            Principal::Internal(_) => return Ok(()),
            Principal::Entra(_) => None,
        };
        let mail = Outgoing { account, author, now: self.intake.clock().now() };
        match suppressed::holding(self.intake.store(), mailbox, mail).await? {
            Some(entry) => Err(Rejection::RecipientSuppressed(Box::new(entry))),
            None => Ok(()),
        }
    }
}

/// Repaired recipients that were too many to be listed one by one.
pub(super) fn unlisted(repaired: usize) -> Option<Change> {
    let more = repaired.checked_sub(LISTED).filter(|more| *more > 0)?;
    let text = format!("RCPT TO was repaired for {more} more");
    Some(Change { cause: Cause::Repair(Repair::Envelope), text })
}
