//! One message over an open SMTP session: as it is, byte for byte, where that can be.

use std::fmt::Write as _;

use ::smtp::address::Mailbox;
use ::smtp::client::Envelope;
use ::smtp::extension::Extension;
use ::smtp::path::ReversePath;
use message::seven_bit::{self, Remark, Takes};
use message::{header, submission};
use smtp_client::Connection;

use super::smtp_replies;
use crate::deliver::mail::Mail;
use crate::deliver::outcome::{AttemptOutcome, Matter};

/// Sends a message over an open session.
pub(super) async fn send_over(
    connection: &mut Connection,
    mail: &Mail<'_>,
) -> Result<AttemptOutcome, smtp_client::Error> {
    let offers =
        |extension| connection.offered().is_some_and(|offered| offered.extensions.contains(extension));
    let takes_eight_bit = offers(Extension::EightBitMime);
    let takes = if takes_eight_bit { Takes::EightBitBodies } else { Takes::SevenBits };
    let encoded;
    let (message, remarks) = if seven_bit::fits(mail.message, takes) {
        (mail.message, &[][..])
    } else {
        encoded = seven_bit::encode(mail.message, takes);
        (&encoded.bytes[..], &encoded.remarks[..])
    };
    let author = author(message);
    let reverse_path = match (mail.reverse_path, author.clone()) {
        (ReversePath::Mailbox(_), Some(author)) => ReversePath::Mailbox(author),
        (path, _) => path.clone(),
    };
    let is_null = reverse_path.mailbox().is_none();
    let is_plain = header::split(message).0.is_ascii() && mail.recipients.iter().all(Mailbox::is_ascii);
    let envelope = Envelope {
        reverse_path,
        recipients: mail.recipients.to_vec(),
        size_octets: message.len() as u64,
        eight_bit: takes_eight_bit && !message.is_ascii(),
        smtputf8: !is_plain && offers(Extension::SmtpUtf8),
    };
    let first = send_as(connection, envelope.clone(), message).await?;
    // Whether Azure takes MAIL FROM:<> is not documented. If it does not, the author's address has to do.
    let outcome = match (first, author) {
        (first, Some(author)) if is_null && may_be_the_null_path(&first) && connection.is_usable() => {
            let envelope = Envelope { reverse_path: ReversePath::Mailbox(author), ..envelope };
            send_as(connection, envelope, message).await?
        }
        (first, _) => first,
    };
    Ok(remarked(outcome, remarks))
}

/// Whether an outcome may be about MAIL FROM:<>: a limit or a login that was refused is not.
fn may_be_the_null_path(outcome: &AttemptOutcome) -> bool {
    match outcome {
        AttemptOutcome::Failed(_) => true,
        AttemptOutcome::Deferred(deferred) => {
            matches!(deferred.matter, Matter::Message | Matter::Sender | Matter::Username)
        }
        AttemptOutcome::Accepted(_) => false,
    }
}

async fn send_as(
    connection: &mut Connection,
    envelope: Envelope,
    message: &[u8],
) -> Result<AttemptOutcome, smtp_client::Error> {
    let replies = connection.send(envelope, message).await?;
    Ok(smtp_replies::of_transaction(replies))
}

/// The story names what re-encoding could not keep.
fn remarked(outcome: AttemptOutcome, remarks: &[Remark]) -> AttemptOutcome {
    let AttemptOutcome::Accepted(mut accepted) = outcome else { return outcome };
    for remark in remarks {
        let _ = write!(accepted.text, "; {remark}");
    }
    AttemptOutcome::Accepted(accepted)
}

/// The header's From: Azure goes by that, and wants MAIL FROM to be the same.
fn author(message: &[u8]) -> Option<Mailbox> {
    let facts = submission::inspect(header::split(message).0).ok()?;
    facts.from.ok()?.first()?.address.parse().ok()
}
