//! Whom a DSN tells, and the account that it goes through.

use std::sync::Arc;

use ::smtp::address::{LocalPart, Mailbox};
use model::account::Account;
use model::credential::DsnRecipient;
use model::queued::Origin;
use store::{Store, StoredMessage};

use super::upstream::carrier::carries_everything;
use crate::intake::DsnForm;

/// An account that a DSN goes through, the mailbox that it comes from, and the form that it has there.
#[derive(Debug)]
pub(super) struct Messenger {
    pub(super) account: Arc<Account>,
    pub(super) from: Mailbox,
    pub(super) form: DsnForm,
}

impl Messenger {
    /// The message's own account, if that carries reports; else another one that does and sends from the same
    /// domain; else the own one with what it carries. `None` where the author's address cannot be read.
    pub(super) fn find(store: &Store, own: &Account, message: &StoredMessage) -> Option<Self> {
        let author: Mailbox = message.header.from.parse().ok()?;
        let form = if carries_reports(own) { DsnForm::Report } else { DsnForm::Files };
        let elsewhere = match form {
            DsnForm::Files => Self::other(store, own, message).filter(|other| other.form == DsnForm::Report),
            DsnForm::Report | DsnForm::ReportElsewhere => None,
        };
        match elsewhere {
            Some(other) => Some(Self { form: DsnForm::ReportElsewhere, ..other }),
            None => Some(Self { account: Arc::new(own.clone()), from: at_domain(&author)?, form }),
        }
    }

    /// Another account that sends from the domain of the author or of the reverse-path. A domain of somebody else is
    /// not used: who they are is nobody's business. One that carries reports comes first.
    pub(super) fn other(store: &Store, own: &Account, message: &StoredMessage) -> Option<Self> {
        let author: Option<Mailbox> = message.header.from.parse().ok();
        let directory = store.directory();
        let mut others: Vec<&Arc<Account>> =
            directory.accounts().filter(|one| one.is_enabled() && one.id != own.id).collect();
        others.sort_by_key(|one| (!carries_reports(one), one.name.clone()));
        let wanted = [author.as_ref(), message.reverse_path.mailbox()];
        wanted.into_iter().flatten().find_map(|mailbox| {
            let sends = |account: &&&Arc<Account>| {
                directory.senders(account.id).any(|sender| sender.mailbox.domain() == mailbox.domain())
            };
            let account = Arc::clone(others.iter().find(sends)?);
            let form = if carries_reports(&account) { DsnForm::Report } else { DsnForm::Files };
            Some(Self { account, from: at_domain(mailbox)?, form })
        })
    }
}

/// Who hears of a message, as its credential has it; without one its reverse-path. Nobody hears of a DSN, or of a
/// message without a reverse-path (RFC 3461 section 6.1).
pub(super) fn addressee(store: &Store, message: &StoredMessage) -> Option<Mailbox> {
    let sender = message.reverse_path.mailbox()?;
    let login = match &message.origin {
        Origin::Dsn => return None,
        Origin::Credential(login) | Origin::Network(login) => login,
        Origin::Entra(_) | Origin::Operator => return Some(sender.clone()),
    };
    let directory = store.directory();
    match directory.credential(login).map(|credential| &credential.intake.dsn_to) {
        None | Some(DsnRecipient::Sender) => Some(sender.clone()),
        Some(DsnRecipient::Address(address)) => Some(address.clone()),
        Some(DsnRecipient::Nobody) => None,
    }
}

fn carries_reports(account: &Account) -> bool {
    account.transports().iter().any(|transport| carries_everything(*transport))
}

/// The author of DSNs at the domain of a mailbox: every linked domain has that sender.
fn at_domain(mailbox: &Mailbox) -> Option<Mailbox> {
    let local_part = LocalPart::parse("donotreply").ok()?;
    Some(Mailbox::new(local_part, mailbox.domain().clone()))
}
