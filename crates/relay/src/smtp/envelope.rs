//! MAIL and RCPT as the intake understands them, and its answers about them.

use ::smtp::address::Mailbox;
use ::smtp::parameters::{Hold, MailParameters, RecipientParameters};
use ::smtp::path::{ForwardPath, OfferedPath};
use ::smtp::reply::Refusal;
use message::author::excerpt;
use message::submission::TimingFields;
use model::repair::Repairs;
use smtp_server::Peer;

use crate::intake::{DsnWishes, Envelope, NewRecipient, Offered, Rejection, Session, Source};
use crate::reply_for;

/// What MAIL says.
pub(super) fn of(peer: &Peer, path: &OfferedPath, parameters: &MailParameters, repairs: Repairs) -> Envelope {
    let client = peer.client.as_ref();
    let reverse_path = match path {
        OfferedPath::Path(path) => Offered::Path(path.clone()),
        OfferedPath::Unreadable { text, .. } => Offered::Unreadable(text.clone()),
    };
    Envelope {
        reverse_path,
        dsn: DsnWishes { ret: parameters.ret, envelope_id: parameters.envelope_id.clone() },
        timing: TimingFields { send_at: parameters.hold.as_ref().map(held), ..TimingFields::default() },
        declared_bytes: parameters.size_octets,
        smtputf8: parameters.smtputf8,
        source: Source::Smtp(Session {
            address: peer.address.ip(),
            client_name: client.map(|client| client.name.as_str().to_owned()),
            is_extended: client.is_some_and(|client| client.extended),
            tls: peer.tls.clone(),
        }),
        repairs,
    }
}

/// FUTURERELEASE as the field that asks for the same.
fn held(hold: &Hold) -> String {
    match hold {
        Hold::For(seconds) => format!("{seconds}s"),
        Hold::Until(time) => time.clone(),
    }
}

/// What RCPT says.
///
/// # Errors
/// When it means the postmaster, and there is none.
pub(super) fn recipient(
    path: &OfferedPath<ForwardPath>,
    parameters: &RecipientParameters,
    postmaster: Option<&Mailbox>,
) -> Result<NewRecipient, Refusal> {
    let mailbox = match path {
        OfferedPath::Path(ForwardPath::Mailbox(mailbox)) => Offered::Path(mailbox.clone()),
        OfferedPath::Path(ForwardPath::Postmaster) => {
            Offered::Path(postmaster.cloned().ok_or(reply_for::NO_POSTMASTER)?)
        }
        OfferedPath::Unreadable { text, .. } => Offered::Unreadable(text.clone()),
    };
    let (notify, original) = (parameters.notify, parameters.original_recipient.clone());
    Ok(NewRecipient { mailbox, notify, original })
}

/// The reply to a rejection of MAIL or RCPT. The session knows best what is wrong with a path.
pub(super) fn refusal<P>(rejection: &Rejection, path: &OfferedPath<P>) -> Refusal {
    match (rejection, path) {
        (
            Rejection::ReversePathUnreadable | Rejection::RecipientUnreadable,
            OfferedPath::Unreadable { refusal, .. },
        ) => refusal.clone(),
        _ => reply_for::rejection(rejection),
    }
}

/// A refusal whose reason names the recipient.
pub(super) fn about(path: &OfferedPath<ForwardPath>, refusal: Refusal) -> Refusal {
    let recipient = format!("the recipient was {}", excerpt(&path.to_string()));
    let reason = match refusal.reason() {
        Some(reason) => format!("{recipient}; {reason}"),
        None => recipient,
    };
    refusal.because(reason)
}
