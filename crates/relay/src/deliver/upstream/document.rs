//! The Email API's document for a message, and what it does not say about recipients and files.

use ::smtp::address::Mailbox;
use azure_types::email::{
    EmailAddress, EmailAttachment, EmailContent, EmailMessage, EmailRecipients, MAX_REQUEST_BYTES,
    is_allowed_attachment,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use message::address::Address;
use message::parts::{Attachment, Parts};

use super::file_type;
use super::unsupported::Unsupported;
use crate::deliver::mail::Candidate;

/// Room for everything in a request that is neither text nor file.
const OVERHEAD_BYTES: usize = 65_536;
/// Azure wants a text; a file that came alone has none.
const BLANK_TEXT: &str = " ";

/// The document, with what it cannot carry.
pub(super) fn compose(parts: Parts, candidate: &Candidate<'_>) -> (EmailMessage, Vec<Unsupported>) {
    let mut unsupported = Vec::new();
    let recipients = recipients(parts.to.addresses, parts.cc.addresses, candidate, &mut unsupported);
    let attachments: Vec<EmailAttachment> =
        parts.attachments.into_iter().map(|file| attachment(file, &mut unsupported)).collect();
    let bytes: usize = attachments.iter().map(|file| file.content_in_base64.len()).sum::<usize>()
        + [&parts.text, &parts.html].into_iter().flatten().map(String::len).sum::<usize>();
    if bytes + OVERHEAD_BYTES > MAX_REQUEST_BYTES {
        unsupported.push(Unsupported::serious("a size that is too large for one request"));
    }
    let has_text = [&parts.text, &parts.html].into_iter().flatten().any(|text| !text.is_empty());
    let plain_text = if has_text { parts.text } else { Some(BLANK_TEXT.to_owned()) };
    let reply_to =
        parts.reply_to.into_iter().filter_map(|address| replies(address, &mut unsupported)).collect();
    let author = parts.from.map(|from| from.address);
    if author.is_none() {
        unsupported.push(Unsupported::serious("an author who cannot be read"));
    }
    let message = EmailMessage {
        headers: parts.headers.into_iter().collect(),
        sender_address: author.as_deref().map(in_ascii).unwrap_or_default(),
        content: EmailContent { subject: parts.subject, plain_text, html: parts.html },
        recipients,
        attachments,
        reply_to,
        user_engagement_tracking_disabled: None,
    };
    (message, unsupported)
}

/// Divides the envelope's recipients among those whom the message shows, and those whom it does not.
fn recipients(
    to: Vec<Address>,
    cc: Vec<Address>,
    candidate: &Candidate<'_>,
    unsupported: &mut Vec<Unsupported>,
) -> EmailRecipients {
    let mut division = Division { left: candidate.recipients.to_vec(), taken: Vec::new(), unsupported };
    let (mut to, mut cc) = (division.take(to), division.take(cc));
    let hidden = |mailbox: &Mailbox| EmailAddress { address: mailbox.to_string(), display_name: None };
    let mut bcc: Vec<EmailAddress> = division.left.iter().map(hidden).collect();
    if to.is_empty() {
        // Azure wants somebody in To. Those in Cc are shown already, and who is alone is shown to nobody else.
        if !cc.is_empty() {
            unsupported.push(Unsupported::minor("an empty To (those in Cc are put there)"));
            to = std::mem::take(&mut cc);
        } else if bcc.len() == 1 {
            unsupported.push(Unsupported::minor("an empty To (the only recipient is put there)"));
            to = std::mem::take(&mut bcc);
        } else {
            unsupported.push(Unsupported::serious("an empty To and Cc with several recipients"));
        }
    }
    EmailRecipients { to, cc, bcc }
}

struct Division<'o> {
    /// Recipients who were not shown yet.
    left: Vec<Mailbox>,
    taken: Vec<Mailbox>,
    unsupported: &'o mut Vec<Unsupported>,
}

impl Division<'_> {
    /// Takes the recipients out whom a field shows.
    fn take(&mut self, addresses: Vec<Address>) -> Vec<EmailAddress> {
        addresses.into_iter().filter_map(|address| self.take_one(address)).collect()
    }

    fn take_one(&mut self, address: Address) -> Option<EmailAddress> {
        let mailbox = address.address.parse::<Mailbox>().ok();
        let place = mailbox.as_ref().and_then(|mailbox| self.left.iter().position(|other| other == mailbox));
        if let Some(place) = place {
            let mailbox = self.left.swap_remove(place);
            let written = mailbox.to_string();
            self.taken.push(mailbox);
            // The author's capitals are kept; quotes that are not needed and the like are not.
            let is_same = address.address.eq_ignore_ascii_case(&written);
            let shown = if is_same { address.address } else { written };
            return Some(EmailAddress { address: shown, display_name: address.name });
        }
        let is_second = mailbox.is_some_and(|mailbox| self.taken.contains(&mailbox));
        self.unsupported.push(Unsupported::minor(if is_second {
            format!("the recipient {} a second time in To and Cc", address.address)
        } else {
            format!("the address {} in To or Cc without sending to it", address.address)
        }));
        None
    }
}

/// Where answers go. Azure refuses a whole message for an address that it cannot read.
fn replies(address: Address, unsupported: &mut Vec<Unsupported>) -> Option<EmailAddress> {
    let mailbox = address.address.parse::<Mailbox>();
    if mailbox.is_err() {
        unsupported
            .push(Unsupported::minor(format!("the field Reply-To with the address {}", address.address)));
    }
    mailbox.ok().map(|_| EmailAddress { address: in_ascii(&address.address), display_name: address.name })
}

/// An address with its domain in A-labels, as written otherwise.
fn in_ascii(address: &str) -> String {
    if address.is_ascii() {
        return address.to_owned();
    }
    address.parse::<Mailbox>().map_or_else(|_| address.to_owned(), |mailbox| mailbox.to_string())
}

fn attachment(file: Attachment, unsupported: &mut Vec<Unsupported>) -> EmailAttachment {
    let mut content_type = file.content_type;
    if !is_allowed_attachment(&content_type) {
        match file_type::by_name(&file.name, &content_type) {
            Some(known) => {
                let text = format!("the type {content_type} of the file {:?}, sent as {known}", file.name);
                unsupported.push(Unsupported::minor(text));
                known.clone_into(&mut content_type);
            }
            None => unsupported.push(Unsupported::serious(format!("an attachment of type {content_type}"))),
        }
    }
    EmailAttachment {
        name: file.name,
        content_type,
        content_in_base64: STANDARD.encode(&file.content),
        content_id: file.content_id,
    }
}
