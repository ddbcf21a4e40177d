//! The Email API's document for a message, and what it does not say about recipients and files.

use ::smtp::address::Mailbox;
use azure_types::email::{
    EmailAddress, EmailAttachment, EmailContent, EmailMessage, EmailRecipients, MAX_REQUEST_OCTETS,
    is_allowed_attachment,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use message::address::Address;
use message::parts::{Attachment, Parts};

use super::obstacle::Obstacle;
use super::{Candidate, file_type};

/// Room for everything in a request that is neither text nor file.
const OVERHEAD_OCTETS: usize = 65_536;
/// Azure wants a text; a file that came alone has none.
const BLANK_TEXT: &str = " ";

/// The document, with what stands in its way.
pub(super) fn compose(parts: Parts, candidate: &Candidate<'_>) -> (EmailMessage, Vec<Obstacle>) {
    let mut obstacles = Vec::new();
    let recipients = recipients(parts.to.addresses, parts.cc.addresses, candidate, &mut obstacles);
    let attachments: Vec<EmailAttachment> =
        parts.attachments.into_iter().map(|file| attachment(file, &mut obstacles)).collect();
    let octets: usize = attachments.iter().map(|file| file.content_in_base64.len()).sum::<usize>()
        + [&parts.text, &parts.html].into_iter().flatten().map(String::len).sum::<usize>();
    if octets + OVERHEAD_OCTETS > MAX_REQUEST_OCTETS {
        obstacles.push(Obstacle::serious("a size that is too large for one request"));
    }
    let plain_text = match (&parts.text, &parts.html) {
        (None, None) => Some(BLANK_TEXT.to_owned()),
        _ => parts.text,
    };
    let author = parts.from.map(|from| from.address);
    let message = EmailMessage {
        headers: parts.headers.into_iter().collect(),
        sender_address: author.as_deref().map(in_ascii).unwrap_or_default(),
        content: EmailContent { subject: parts.subject, plain_text, html: parts.html },
        recipients,
        attachments,
        reply_to: parts.reply_to.into_iter().map(shown).collect(),
        user_engagement_tracking_disabled: None,
    };
    (message, obstacles)
}

/// Divides the envelope's recipients among those whom the message shows, and those whom it does not.
fn recipients(
    to: Vec<Address>,
    cc: Vec<Address>,
    candidate: &Candidate<'_>,
    obstacles: &mut Vec<Obstacle>,
) -> EmailRecipients {
    let mut left: Vec<&Mailbox> = candidate.recipients.iter().collect();
    let mut take = |addresses: Vec<Address>| -> Vec<EmailAddress> {
        let mut taken = Vec::new();
        for address in addresses {
            let mailbox = address.address.parse::<Mailbox>().ok();
            match mailbox.and_then(|mailbox| left.iter().position(|other| **other == mailbox)) {
                Some(place) => {
                    left.swap_remove(place);
                    taken.push(shown(address));
                }
                None => obstacles.push(Obstacle::minor(format!(
                    "the shown recipient {}, who is not among those that it goes to",
                    address.address
                ))),
            }
        }
        taken
    };
    let (mut to, mut cc) = (take(to), take(cc));
    let hidden = |mailbox: &Mailbox| EmailAddress { address: mailbox.to_string(), display_name: None };
    let mut bcc: Vec<EmailAddress> = left.into_iter().map(hidden).collect();
    if to.is_empty() {
        // Azure wants somebody in To. Those in Cc are shown already, and who is alone is shown to nobody else.
        let can_be_shown = if cc.is_empty() && bcc.len() == 1 { &mut bcc } else { &mut cc };
        let make = if can_be_shown.is_empty() { Obstacle::serious } else { Obstacle::minor };
        obstacles.push(make("recipients of whom none is in To".to_owned()));
        to = std::mem::take(can_be_shown);
    }
    EmailRecipients { to, cc, bcc }
}

fn shown(address: Address) -> EmailAddress {
    EmailAddress { address: in_ascii(&address.address), display_name: address.name }
}

/// An address with its domain in A-labels, as written otherwise.
fn in_ascii(address: &str) -> String {
    if address.is_ascii() {
        return address.to_owned();
    }
    address.parse::<Mailbox>().map_or_else(|_| address.to_owned(), |mailbox| mailbox.to_string())
}

fn attachment(file: Attachment, obstacles: &mut Vec<Obstacle>) -> EmailAttachment {
    let mut content_type = file.content_type;
    if !is_allowed_attachment(&content_type) {
        match file_type::by_name(&file.name, &content_type) {
            Some(known) => {
                let text = format!("the type {content_type} of the file {:?}, sent as {known}", file.name);
                obstacles.push(Obstacle::minor(text));
                known.clone_into(&mut content_type);
            }
            None => obstacles.push(Obstacle::serious(format!("an attachment of type {content_type}"))),
        }
    }
    EmailAttachment {
        name: file.name,
        content_type,
        content_in_base64: STANDARD.encode(&file.content),
        content_id: file.content_id,
    }
}
