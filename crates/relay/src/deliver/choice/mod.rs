//! Which transport carries a message. REST where it can say all of it; SMTP where it cannot, or where nobody can tell.

mod document;
mod file_type;
mod unsupported;

use ::smtp::address::Mailbox;
use azure_types::email::EmailMessage;
use jiff::Timestamp;
use message::submission::{HOPS_FIELD, inspect};
use model::account::{Account, Authorization, TransportChoice};
use model::sender::Sender;

use self::unsupported::Unsupported;

/// A message that has to go, and what is known about it.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    /// The message.
    pub(crate) message: &'a [u8],
    /// Whom it goes to.
    pub(crate) recipients: &'a [Mailbox],
    /// Its author as Azure knows them.
    pub(crate) sender: Option<&'a Sender>,
    /// When it was accepted. By REST Azure writes a Date of its own. Not the time of day: the choice must be the same
    /// at every try, or a message that Azure has already would go a second time by the other transport.
    pub(crate) accepted_at: Timestamp,
}

/// The transport that was chosen, and why, for the trace.
#[derive(Debug)]
pub(crate) enum Choice {
    /// By REST, as this document.
    Rest {
        /// The document.
        message: Box<EmailMessage>,
        /// Why.
        why: String,
    },
    /// By SMTP, as it is.
    Smtp {
        /// Why.
        why: String,
    },
    /// Not at all: the only transport that is open cannot carry it.
    Neither {
        /// What it cannot carry.
        why: String,
    },
}

/// The transports that are open to a sender of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transports {
    /// REST where it can say all of it, SMTP otherwise.
    Both,
    /// REST only.
    Rest,
    /// SMTP only.
    Smtp,
}

impl Transports {
    /// The transports of an account: a key cannot log in to SMTP.
    pub(crate) fn of(account: &Account) -> Self {
        match (account.transport, account.authorization) {
            (_, Authorization::AccessKey) | (TransportChoice::Rest, _) => Self::Rest,
            (TransportChoice::Smtp, _) => Self::Smtp,
            (TransportChoice::Auto, _) => Self::Both,
        }
    }
}

/// Chooses for a message.
pub(crate) fn choose(transports: Transports, candidate: &Candidate<'_>) -> Choice {
    if transports == Transports::Smtp {
        return Choice::Smtp { why: "by SMTP, the account's only transport".to_owned() };
    }
    let parts = message::parts::read(candidate.message);
    let mut unsupported = unsupported::of_message(&parts, candidate);
    let (mut to_send, more) = document::compose(parts, candidate);
    unsupported.extend(more);
    count_hops(&mut to_send, candidate.message);
    let list = unsupported::listed(&unsupported);
    match (unsupported.is_empty(), transports) {
        (true, _) => Choice::Rest { message: Box::new(to_send), why: ALL_OF_IT.to_owned() },
        (false, Transports::Both | Transports::Smtp) => {
            Choice::Smtp { why: format!("by SMTP because the Email API cannot carry {list}") }
        }
        (false, Transports::Rest) if unsupported.iter().all(Unsupported::is_minor) => Choice::Rest {
            message: Box::new(to_send),
            why: format!("by REST, the account's only transport, without {list}"),
        },
        (false, Transports::Rest) => {
            let serious: Vec<Unsupported> = unsupported.into_iter().filter(|one| !one.is_minor()).collect();
            let list = unsupported::listed(&serious);
            Choice::Neither {
                why: format!("the Email API is the account's only transport and cannot carry {list}"),
            }
        }
    }
}

const ALL_OF_IT: &str =
    "by REST, which carries the whole message (Azure writes Date and trace fields itself)";

/// Azure composes the message anew, without its trace fields. What another server relayed to us says how
/// far it has come; what a device submitted stays as it is.
fn count_hops(to_send: &mut EmailMessage, message: &[u8]) {
    let hops = inspect(message::header::split(message).0).map_or(0, |facts| facts.hops);
    to_send.headers.retain(|name, _| !name.eq_ignore_ascii_case(HOPS_FIELD));
    if hops > 1 {
        to_send.headers.insert(HOPS_FIELD.to_owned(), hops.to_string());
    }
}

#[cfg(test)]
mod tests;
