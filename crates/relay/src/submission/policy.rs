//! What a credential may do. Pure: a directory and a question in, yes or why not out.

use ::smtp::address::Mailbox;
use model::credential::Credential;
use store::Directory;

/// Why an address may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Its domain is not linked to the account.
    DomainNotLinked,
    /// It is not a sender of the account.
    UnknownSender,
    /// The credential may not use this sender.
    OtherLogin,
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
    if directory.sender(credential.account, mailbox).is_none() {
        return Err(Denied::UnknownSender);
    }
    if !credential.senders.allows(mailbox) {
        return Err(Denied::OtherLogin);
    }
    Ok(())
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
