//! The one place where failures become replies to an SMTP client.
//!
//! A client hears what it can act on. What is wrong with us it hears as "later"; the log has the rest.

use std::net::IpAddr;

use azure_client::bearer::BearerFailure;
use azure_client::entra::TokenFailure;
use message::author::excerpt;
use smtp::reply::Refusal;
use tracing::warn;

use crate::intake::{AddressFault, ChosenBy, NotSent, Rejection, TimingFault};
use crate::login::{Ban, Banned, NotTried};

pub(crate) const LOGIN_BROKEN: Refusal =
    Refusal::permanent(501, (5, 2), "The login name arrived in two lines: send it in one");
pub(crate) const LOGIN_FAILED: Refusal = Refusal::permanent(535, (7, 3), "Authentication unsuccessful");
const LOGIN_BANNED: Refusal = Refusal::temporary(454, (7, 0), "Too many failed logins: try again later");
const NETWORK_BANNED: Refusal =
    Refusal::temporary(421, (7, 0), "Too many failed logins from your network: try again later");
pub(crate) const LOGIN_UNAVAILABLE: Refusal =
    Refusal::temporary(454, (7, 0), "Authentication is temporarily unavailable: try again later");
pub(crate) const LOG_IN_FIRST: Refusal = Refusal::permanent(530, (7, 0), "Authentication required");
pub(crate) const ACCOUNT_DISABLED: Refusal =
    Refusal::temporary(451, (3, 2), "The account of this login is disabled: try again later");
const SENDER_NOT_ALLOWED: Refusal = Refusal::permanent(550, (7, 1), "");
const UNKNOWN_SENDER: Refusal = Refusal::permanent(550, (1, 8), "");
/// Azure's own words, which people look for.
const DOMAIN_NOT_LINKED: Refusal =
    Refusal::permanent(550, (1, 7), "The specified sender domain has not been linked.");
const NO_AUTHOR: Refusal = Refusal::permanent(550, (6, 0), "");
pub(crate) const NO_POSTMASTER: Refusal = Refusal::permanent(550, (1, 1), "There is no postmaster here");
const TOO_FAST: Refusal =
    Refusal::temporary(450, (7, 1), "This login sends too many messages per minute: try again later");
const LOOP: Refusal = Refusal::permanent(554, (4, 6), "The message has passed too many servers");
const HEADER_TOO_LARGE: Refusal =
    Refusal::permanent(552, (3, 4), "The header section of the message is too large");
const TOO_MANY_RECIPIENTS: Refusal =
    Refusal::temporary(452, (5, 3), "Too many recipients: send the message again to the others");
const NO_MEMORY: Refusal = Refusal::temporary(421, (3, 2), "Too busy: try again later");
const LOG_IN_AGAIN: Refusal =
    Refusal::temporary(421, (7, 0), "Azure no longer accepts this login: connect and log in again");
const NO_CREDENTIAL: Refusal = Refusal::permanent(550, (7, 1), "");
const UNKNOWN_USERNAME: Refusal = Refusal::permanent(550, (1, 8), "");
/// The code that clients understand as "never send there again".
const SUPPRESSED: Refusal = Refusal::permanent(550, (1, 1), "");
const BEYOND_ASCII: Refusal = Refusal::permanent(
    553,
    (6, 7),
    "The part before the @ is not ASCII, and this account cannot send to such addresses",
);
const BEYOND_ASCII_UNKNOWN: Refusal = Refusal::temporary(
    451,
    (4, 1),
    "Cannot determine whether the next server accepts an address that is not ASCII: try again later",
);
const LOGIN_CHANGED: Refusal =
    Refusal::temporary(421, (7, 0), "This login has changed: connect and log in again");
const NETWORK_CHANGED: Refusal =
    Refusal::temporary(421, (7, 0), "The credential of your network has changed: connect again");
const BAD_REVERSE_PATH: Refusal = Refusal::permanent(501, (1, 7), "The address in MAIL FROM is malformed");
const BAD_RECIPIENT: Refusal = Refusal::permanent(501, (1, 3), "The address in RCPT TO is malformed");
const NO_RECIPIENTS: Refusal = Refusal::permanent(554, (5, 1), "The message has no recipient");
const TOO_LARGE: Refusal = Refusal::permanent(552, (3, 4), "The message is too large");
const NO_ROOM: Refusal = Refusal::temporary(452, (3, 1), "Insufficient system storage");
const BUSY_WITH_IT: Refusal = Refusal::temporary(451, (3, 0), "This message is being received already");
const OUR_FAULT: Refusal = Refusal::temporary(451, (3, 0), "Local error: try again later");
const MALFORMED: Refusal = Refusal::permanent(554, (6, 0), "");
const BAD_TIMING: Refusal = Refusal::permanent(554, (5, 4), "");
/// RFC 3463 section 3.5: delivery time expired.
const TOO_LATE: Refusal = Refusal::permanent(554, (4, 7), "");
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

/// The reply to a rejection: the one table.
pub(crate) fn rejection(rejection: &Rejection) -> Refusal {
    let refusal = match rejection {
        Rejection::CredentialGone(ChosenBy::Login) => LOGIN_CHANGED,
        Rejection::CredentialGone(ChosenBy::Network) => NETWORK_CHANGED,
        Rejection::TokenExpiring => LOG_IN_AGAIN,
        Rejection::AccountDisabled(_) => ACCOUNT_DISABLED,
        Rejection::TooFast { .. } => TOO_FAST,
        Rejection::NoMemory => NO_MEMORY,
        Rejection::ReversePathUnreadable => BAD_REVERSE_PATH,
        Rejection::RecipientUnreadable => BAD_RECIPIENT,
        Rejection::SenderNotAllowed(fault) => sender_not_allowed(fault),
        Rejection::UnknownSender(fault) => unknown_sender(fault),
        Rejection::DomainNotLinked(fault) => domain_not_linked(fault),
        Rejection::AuthorUnknown(fault) => NO_AUTHOR.with_text(sentence(fault)),
        Rejection::NoRecipients => NO_RECIPIENTS,
        Rejection::TooManyRecipients { .. } => TOO_MANY_RECIPIENTS,
        Rejection::RecipientNotPossible => BEYOND_ASCII,
        Rejection::RecipientSuppressed(entry) => {
            SUPPRESSED.with_text(format!("{} {}", excerpt(&entry.address.to_string()), entry.predicate()))
        }
        Rejection::RecipientUncertain { .. } => BEYOND_ASCII_UNKNOWN,
        Rejection::Malformed(error) => MALFORMED.with_text(sentence(error)),
        Rejection::HeaderTooLarge { .. } => HEADER_TOO_LARGE,
        Rejection::TooLarge { .. } => TOO_LARGE,
        Rejection::Loop { .. } => LOOP,
        Rejection::Timing(fault @ TimingFault::Passed(_)) => TOO_LATE.with_text(sentence(fault)),
        Rejection::Timing(fault) => BAD_TIMING.with_text(sentence(fault)),
        Rejection::InProgress => BUSY_WITH_IT,
        Rejection::NoRoom(_) => NO_ROOM,
        Rejection::Store(_) => OUR_FAULT,
        Rejection::NotSent(not_sent) => self::not_sent(not_sent),
    };
    match rejection.reason() {
        Some(reason) => refusal.because(reason),
        None => refusal,
    }
}

fn sender_not_allowed(AddressFault { mailbox, part }: &AddressFault) -> Refusal {
    let mailbox = excerpt(&mailbox.to_string());
    SENDER_NOT_ALLOWED.with_text(format!("This login may not send from {mailbox}, which is in {part}"))
}

fn unknown_sender(AddressFault { mailbox, part }: &AddressFault) -> Refusal {
    let mailbox = excerpt(&mailbox.to_string());
    UNKNOWN_SENDER.with_text(format!("{mailbox} in {part} is not a sender of this account"))
}

fn domain_not_linked(AddressFault { mailbox, part }: &AddressFault) -> Refusal {
    let mailbox = excerpt(&mailbox.to_string());
    let azures = DOMAIN_NOT_LINKED.reply().text().to_owned();
    DOMAIN_NOT_LINKED.with_text(format!("{azures} {part} is {mailbox}"))
}

/// Azure's answer about a message whose client waits for it. The client's operator is Azure's own customer, and hears
/// what Azure said.
fn not_sent(not_sent: &NotSent) -> Refusal {
    match not_sent {
        NotSent::Never { code, status, text } => {
            let code = if (500..600).contains(code) { *code } else { 554 };
            Refusal::permanent(code, *status, "").with_text(text.clone())
        }
        NotSent::TooFast => RATE,
        NotSent::DomainNotLinked => DOMAIN_NOT_LINKED,
        NotSent::UnknownSender(text) => {
            UNKNOWN_USERNAME.with_text(format!("Azure refused the sender: {text}"))
        }
        // The login was good when the session began: the client is to come back and log in again.
        NotSent::LoginRejected => LOG_IN_AGAIN,
        NotSent::Later(text) => {
            OUR_FAULT.with_text(format!("Azure could not take the message: try again later ({text})"))
        }
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
            warn!(login, error = failure.chain(), "Postern could not check a login with Entra");
            LOGIN_UNAVAILABLE
        }
        TokenFailure::Unusable(_) => LOGIN_UNAVAILABLE,
    }
}

/// A login that is not tried. The reply does not reveal whether there is one of that name.
pub(crate) fn guard(refused: &NotTried) -> Refusal {
    match refused {
        NotTried::Banned(Ban { what: Banned::Network(_), .. }) => NETWORK_BANNED,
        NotTried::Banned(_) | NotTried::Full => LOGIN_BANNED,
        NotTried::Busy => LOGIN_UNAVAILABLE,
    }
}

/// A token that a client brought and that is not taken.
pub(crate) fn bearer(login: &str, failure: &BearerFailure) -> Refusal {
    match failure {
        BearerFailure::Refused(reason) => {
            warn!(login, reason, "Postern refused the token of a client");
            LOGIN_FAILED
        }
        BearerFailure::Exchange(failure) => {
            warn!(
                login,
                error = failure.chain(),
                "Postern cannot load Entra's keys and so cannot check a token"
            );
            LOGIN_UNAVAILABLE
        }
    }
}

#[cfg(test)]
mod tests;
