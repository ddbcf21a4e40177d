//! What a credential may do. Pure: a directory and a question in, yes or why not out.

use ::smtp::address::Mailbox;
use ::smtp::reply::Refusal;
use model::credential::Credential;
use store::Directory;

use crate::reply_for;

/// Whether a credential may send as `mailbox`, in the envelope or as author.
///
/// # Errors
/// Why not: the domain is not linked, the sender is unknown, or the credential may not use it.
pub(super) fn may_send_as(
    directory: &Directory,
    credential: &Credential,
    mailbox: &Mailbox,
) -> Result<(), Refusal> {
    if !directory.has_domain(credential.account, mailbox.domain()) {
        return Err(reply_for::DOMAIN_NOT_LINKED);
    }
    if directory.sender(credential.account, mailbox).is_none() {
        return Err(reply_for::UNKNOWN_SENDER);
    }
    if !credential.senders.allows(mailbox) {
        return Err(reply_for::SENDER_NOT_ALLOWED);
    }
    Ok(())
}
