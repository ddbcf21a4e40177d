//! Azure's SMTP endpoint as a transport: the message as it is, octet for octet, where that can be.

use std::borrow::Cow;

use ::smtp::address::Mailbox;
use ::smtp::client::Envelope;
use ::smtp::extension::Extension;
use ::smtp::path::ReversePath;
use message::{header, seven_bit, submission};
use smtp_client::Connection;

use super::outcome::{self, Failed, Verdict};
use super::pool::LeaseError;
use super::upstream::Upstream;

/// What is sent.
pub(crate) struct Outgoing<'a> {
    /// The message.
    pub(crate) message: &'a [u8],
    /// Where failure notices go. Null stays null; otherwise the author's address is said.
    pub(crate) reverse_path: &'a ReversePath,
    /// To whom.
    pub(crate) recipients: &'a [Mailbox],
}

/// Sends a message. A session that rested and turns out to be gone is replaced once.
pub(crate) async fn send(upstream: &Upstream, outgoing: &Outgoing<'_>) -> Verdict {
    loop {
        let mut leased = match upstream.smtp.lease().await {
            Ok(leased) => leased,
            Err(LeaseError::Session(error)) => return outcome::of_session(&error),
            Err(LeaseError::Token(failure)) => return outcome::of_token(&failure),
        };
        let was_reused = leased.is_reused;
        let result = send_over(&mut leased.connection, outgoing).await;
        match result {
            Ok(verdict) => {
                leased.give_back();
                return verdict;
            }
            Err(SendError::Session(error)) if was_reused && !error.message_may_be_taken() => continue,
            Err(SendError::Session(error)) => return outcome::of_session(&error),
            Err(SendError::Message(failed)) => {
                leased.give_back();
                return Verdict::Failed(failed);
            }
        }
    }
}

pub(crate) enum SendError {
    Session(smtp_client::Error),
    /// The server cannot take such a message.
    Message(Failed),
}

/// Sends a message over an open session.
pub(crate) async fn send_over(
    connection: &mut Connection,
    outgoing: &Outgoing<'_>,
) -> Result<Verdict, SendError> {
    let offers =
        |extension| connection.offered().is_some_and(|offered| offered.extensions.contains(extension));
    let takes_eight_bit = offers(Extension::EightBitMime) && !offers_only_short_lines(outgoing.message);
    let message = if takes_eight_bit || seven_bit::is_seven_bit(outgoing.message) {
        Cow::Borrowed(outgoing.message)
    } else {
        Cow::Owned(seven_bit::encode(outgoing.message).map_err(|error| {
            SendError::Message(Failed {
                code: 554,
                status: (6, 3),
                reason: format!("The message cannot be converted for the next server: {error}."),
                diagnostic: None,
            })
        })?)
    };
    let author = author(&message);
    let reverse_path = match (outgoing.reverse_path, author.clone()) {
        (ReversePath::Mailbox(_), Some(author)) => ReversePath::Mailbox(author),
        (path, _) => path.clone(),
    };
    let is_null = reverse_path.mailbox().is_none();
    let first = send_from(connection, reverse_path, outgoing, &message).await?;
    // Whether Azure takes MAIL FROM:<> is not documented. If it does not, the author's address has to do.
    match (&first, author) {
        (Verdict::Deferred(_) | Verdict::Failed(_), Some(author)) if is_null && connection.is_usable() => {
            send_from(connection, ReversePath::Mailbox(author), outgoing, &message).await
        }
        _ => Ok(first),
    }
}

async fn send_from(
    connection: &mut Connection,
    reverse_path: ReversePath,
    outgoing: &Outgoing<'_>,
    message: &[u8],
) -> Result<Verdict, SendError> {
    let envelope = Envelope {
        reverse_path,
        recipients: outgoing.recipients.to_vec(),
        size_octets: message.len() as u64,
        eight_bit: !message.is_ascii(),
        smtputf8: outgoing.recipients.iter().any(|recipient| !recipient.is_ascii()),
    };
    let verdict = connection.send(envelope, message).await.map_err(SendError::Session)?;
    Ok(outcome::of_verdict(verdict))
}

/// A server that takes eight bits still takes no line of a thousand octets (RFC 6152 section 2).
fn offers_only_short_lines(message: &[u8]) -> bool {
    message.split(|octet| *octet == b'\n').any(|line| line.len() > seven_bit::MAX_LINE_OCTETS + 1)
}

/// The header's From: Azure goes by that, and wants MAIL FROM to be the same.
fn author(message: &[u8]) -> Option<Mailbox> {
    let facts = submission::inspect(header::split(message).0).ok()?;
    facts.from.first()?.address.parse().ok()
}
