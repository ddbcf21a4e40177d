//! What a credential may do. Pure: a directory and a question in, yes or why not out.

use ::smtp::address::Mailbox;
use model::credential::Credential;
use model::id::AccountId;
use store::Directory;

use super::{AddressFault, Part, Rejection};

/// Why an address may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Its domain is not linked to the account.
    DomainNotLinked,
    /// It is not a sender of the account.
    UnknownSender,
    /// The credential may not use this sender.
    OtherLogin,
}

impl Denied {
    /// The rejection of a message in which `mailbox` is written in that part.
    pub(super) fn rejection(self, mailbox: &Mailbox, part: Part) -> Rejection {
        let fault = AddressFault { mailbox: mailbox.clone(), part };
        match self {
            Self::DomainNotLinked => Rejection::DomainNotLinked(fault),
            Self::UnknownSender => Rejection::UnknownSender(fault),
            Self::OtherLogin => Rejection::SenderNotAllowed(fault),
        }
    }
}

/// Whether a credential may send as `mailbox`.
///
/// # Errors
/// Why not.
pub(super) fn may_send_as(
    directory: &Directory,
    credential: &Credential,
    mailbox: &Mailbox,
) -> Result<(), Denied> {
    if !directory.has_domain(credential.account, mailbox.domain()) {
        return Err(Denied::DomainNotLinked);
    }
    has_sender(directory, credential.account, mailbox)?;
    if !credential.senders.allows(mailbox) {
        return Err(Denied::OtherLogin);
    }
    Ok(())
}

/// Whether `mailbox` is a sender of the account.
///
/// # Errors
/// When it is not.
pub(super) fn has_sender(directory: &Directory, account: AccountId, mailbox: &Mailbox) -> Result<(), Denied> {
    if directory.sender(account, mailbox).is_some() { Ok(()) } else { Err(Denied::UnknownSender) }
}

/// Whether DSNs about a credential's mail may go to `mailbox`. A domain of the account is enough: list managers
/// write an address of their own for each recipient (VERP), and Azure puts an envelope sender of its own in place.
///
/// # Errors
/// Why not.
pub(super) fn may_return_to(
    directory: &Directory,
    credential: &Credential,
    mailbox: &Mailbox,
) -> Result<(), Denied> {
    let is_linked = directory.has_domain(credential.account, mailbox.domain());
    let is_allowed = is_linked || credential.intake.reverse_paths.allows(mailbox);
    if is_allowed { Ok(()) } else { Err(Denied::DomainNotLinked) }
}
