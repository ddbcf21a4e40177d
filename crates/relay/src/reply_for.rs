//! The one place where failures become replies to an SMTP client.
//!
//! A client hears what it can act on. What is wrong with us it hears as "later"; the log has the rest.

use std::net::IpAddr;

use azure_client::bearer::BearerFailure;
use azure_client::entra::TokenFailure;
use message::author::{AuthorFault, excerpt};
use message::header::NotAField;
use smtp::address::Mailbox;
use smtp::reply::Refusal;
use store::{Blame, StoreError};
use tracing::{error, warn};

use crate::deliver::{Matter, Verdict};
use crate::login::{Ban, Banned, Refused};
use crate::submission::Denied;

pub(crate) const LOGIN_BROKEN: Refusal =
    Refusal::permanent(501, (5, 2), "The login name came in two lines: send it in one");
pub(crate) const LOGIN_FAILED: Refusal = Refusal::permanent(535, (7, 3), "Authentication unsuccessful");
const LOGIN_BANNED: Refusal = Refusal::temporary(454, (7, 0), "Too many failed logins: try again later");
const NETWORK_BANNED: Refusal =
    Refusal::temporary(421, (7, 0), "Too many failed logins from your network: try again later");
pub(crate) const LOGIN_UNAVAILABLE: Refusal =
    Refusal::temporary(454, (7, 0), "Authentication is not possible at the moment");
pub(crate) const LOG_IN_FIRST: Refusal = Refusal::permanent(530, (7, 0), "Authentication required");
pub(crate) const ACCOUNT_DISABLED: Refusal =
    Refusal::temporary(451, (3, 2), "The account of this login is disabled: try again later");
const SENDER_NOT_ALLOWED: Refusal = Refusal::permanent(550, (7, 1), "");
const UNKNOWN_SENDER: Refusal = Refusal::permanent(550, (1, 8), "");
/// Azure's own words, which people look for.
pub(crate) const DOMAIN_NOT_LINKED: Refusal =
    Refusal::permanent(550, (1, 7), "The specified sender domain has not been linked.");
const NO_AUTHOR: Refusal = Refusal::permanent(550, (6, 0), "");
pub(crate) const NO_POSTMASTER: Refusal = Refusal::permanent(550, (1, 1), "There is no postmaster here");
pub(crate) const TOO_FAST: Refusal =
    Refusal::temporary(450, (7, 1), "This login sends too many messages a minute: try again later");
pub(crate) const LOOP: Refusal = Refusal::permanent(554, (4, 6), "The message has passed too many servers");
pub(crate) const HEADER_TOO_LARGE: Refusal =
    Refusal::permanent(552, (3, 4), "The header section of the message is too large");
pub(crate) const TOO_MANY_RECIPIENTS: Refusal =
    Refusal::temporary(452, (5, 3), "Too many recipients: send the message again to the others");
pub(crate) const NO_MEMORY: Refusal = Refusal::temporary(421, (3, 2), "Too busy: try again later");
pub(crate) const LOG_IN_AGAIN: Refusal =
    Refusal::temporary(421, (7, 0), "Azure does not take this login any more: connect and log in again");
const NO_CREDENTIAL: Refusal = Refusal::permanent(550, (7, 1), "");
const UNKNOWN_USERNAME: Refusal = Refusal::permanent(550, (1, 8), "");
const BEYOND_ASCII: Refusal = Refusal::permanent(
    553,
    (6, 7),
    "The part before the @ has characters beyond ASCII, which this account cannot send to",
);
const BEYOND_ASCII_UNKNOWN: Refusal = Refusal::temporary(
    451,
    (4, 1),
    "Whether the next server takes an address beyond ASCII cannot be learnt: try again later",
);
const NO_ROOM: Refusal = Refusal::temporary(452, (3, 1), "Insufficient system storage");
const BUSY_WITH_IT: Refusal = Refusal::temporary(451, (3, 0), "This message is being received already");
const OUR_FAULT: Refusal = Refusal::temporary(451, (3, 0), "Local error: try again later");
const MALFORMED: Refusal = Refusal::permanent(554, (6, 0), "");
/// Azure's own words for it, with its own code.
const RATE: Refusal = Refusal::temporary(
    450,
    (5, 127),
    "Message rejected. Excessive message rate from sender. For more information see https://aka.ms/EXOSmtpErrors.",
);

/// A client without login whose network nobody has listed.
pub(crate) fn no_credential_for(address: IpAddr) -> Refusal {
    let address = address.to_canonical();
    NO_CREDENTIAL
        .with_text(format!("No login is needed here, but {address} is in no network that a credential lists"))
}

/// A failure of the store while a message is taken in.
pub(crate) fn store(error: &StoreError) -> Refusal {
    match (error, error.blame()) {
        (StoreError::InProgress, _) => BUSY_WITH_IT,
        (_, blame) => {
            error!(error = model::error_chain(error), "a message could not be accepted");
            if blame == Blame::Space { NO_ROOM } else { OUR_FAULT }
        }
    }
}

/// A header section that cannot be accepted.
pub(crate) fn header(error: &NotAField) -> Refusal {
    MALFORMED.with_text(sentence(error))
}

/// A message of which nobody can tell who wrote it.
pub(crate) fn author(fault: &AuthorFault) -> Refusal {
    NO_AUTHOR.with_text(sentence(fault))
}

/// An address that a credential may not use; `part` says where it was written.
pub(crate) fn denied(denied: Denied, part: &str, mailbox: &Mailbox) -> Refusal {
    let mailbox = excerpt(&mailbox.to_string());
    match denied {
        Denied::DomainNotLinked => {
            let azures = DOMAIN_NOT_LINKED.reply().text().to_owned();
            DOMAIN_NOT_LINKED.with_text(format!("{azures} {part} is {mailbox}"))
        }
        Denied::UnknownSender => {
            UNKNOWN_SENDER.with_text(format!("{mailbox} in {part} is not a sender of this account"))
        }
        Denied::OtherLogin => SENDER_NOT_ALLOWED
            .with_text(format!("This login may not send from {mailbox}, which is in {part}")),
    }
}

fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// A login that Entra did not take. Whatever the reason, the client hears the same, as it does from Azure.
pub(crate) fn token(login: &str, failure: &TokenFailure) -> Refusal {
    match failure {
        TokenFailure::Refused(refused) => {
            warn!(login, code = refused.code(), reason = refused.summary(), "Entra refused a login");
            LOGIN_FAILED
        }
        TokenFailure::Exchange(failure) => {
            warn!(login, error = failure.chain(), "Entra could not be asked about a login");
            LOGIN_UNAVAILABLE
        }
        TokenFailure::Unusable(_) => LOGIN_UNAVAILABLE,
    }
}

/// A login that is not tried. Nobody is told whether there is one of that name.
pub(crate) fn guard(refused: &Refused) -> Refusal {
    match refused {
        Refused::Banned(Ban { what: Banned::Network(_), .. }) => NETWORK_BANNED,
        Refused::Banned(_) | Refused::Full => LOGIN_BANNED,
        Refused::Busy => LOGIN_UNAVAILABLE,
    }
}

/// A recipient whose local part is beyond ASCII: whether the way on carries it (RFC 6531 section 3.5).
pub(crate) fn beyond_ascii(reaches: Result<bool, String>) -> Result<(), Refusal> {
    match reaches {
        Ok(true) => Ok(()),
        Ok(false) => Err(BEYOND_ASCII),
        Err(reason) => {
            warn!(reason, "whether Azure's server takes addresses beyond ASCII could not be learnt");
            Err(BEYOND_ASCII_UNKNOWN)
        }
    }
}

/// A token that a client brought and that is not taken.
pub(crate) fn bearer(login: &str, failure: &BearerFailure) -> Refusal {
    match failure {
        BearerFailure::Refused(reason) => {
            warn!(login, reason, "a token that a client brought was refused");
            LOGIN_FAILED
        }
        BearerFailure::Exchange(failure) => {
            warn!(
                login,
                error = failure.chain(),
                "Entra's keys cannot be had, so that a token cannot be checked"
            );
            LOGIN_UNAVAILABLE
        }
    }
}

/// Azure's verdict about a message whose client waits for it. Accepted ones do not come here. The client's
/// operator is Azure's own customer, and hears what Azure said.
pub(crate) fn verdict(verdict: &Verdict) -> Refusal {
    match verdict {
        Verdict::Accepted(_) => OUR_FAULT,
        Verdict::Failed(failed) => failed.refusal(),
        Verdict::Deferred(deferred) => match deferred.matter {
            Matter::Rate => RATE,
            Matter::Sender => DOMAIN_NOT_LINKED,
            Matter::Username => {
                UNKNOWN_USERNAME.with_text(format!("Azure refused the sender: {}", deferred.text))
            }
            // The login was good when the session began: the client is to come back and log in again.
            Matter::Login => LOG_IN_AGAIN,
            Matter::Message | Matter::Azure | Matter::Unreachable => OUR_FAULT
                .with_text(format!("Azure could not take the message: try again later ({})", deferred.text)),
        },
    }
}
