//! Which way a message takes. REST where it can say all of it; SMTP where it cannot.

use std::collections::BTreeMap;

use ::smtp::address::Mailbox;
use azure_types::email::{
    EmailAddress, EmailAttachment, EmailContent, EmailMessage, EmailRecipients, MAX_REQUEST_OCTETS,
    is_allowed_attachment,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use message::address::Address;
use message::parts::{Loss, Parts};
use message::submission::{HOPS_FIELD, inspect};
use model::account::{Account, Authorization, TransportChoice};
use model::sender::Sender;

/// The way that was chosen, and why, for the trace.
#[derive(Debug)]
pub(crate) enum Choice {
    /// By REST, as this document.
    Rest {
        /// The document.
        message: Box<EmailMessage>,
        /// Why this way.
        why: String,
    },
    /// By SMTP, as it is.
    Smtp {
        /// Why this way.
        why: String,
    },
    /// Not at all: the only way that is open cannot say it.
    Neither {
        /// What stands in the way.
        why: String,
    },
}

/// The ways that are open to a sender of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    /// REST where it can say all of it, SMTP otherwise.
    Both,
    /// REST only.
    Rest,
    /// SMTP only.
    Smtp,
}

impl Ways {
    /// The ways of an account: a key cannot log in to SMTP.
    pub(crate) fn of(account: &Account) -> Self {
        match (account.transport, account.authorization) {
            (_, Authorization::AccessKey) | (TransportChoice::Rest, _) => Self::Rest,
            (TransportChoice::Smtp, _) => Self::Smtp,
            (TransportChoice::Auto, _) => Self::Both,
        }
    }
}

/// Chooses for a message that goes to `recipients`.
pub(crate) fn choose(ways: Ways, sender: Option<&Sender>, message: &[u8], recipients: &[Mailbox]) -> Choice {
    if ways == Ways::Smtp {
        return Choice::Smtp { why: "by SMTP as the account is set".to_owned() };
    }
    let parts = message::parts::read(message);
    let mut obstacles = losses(&parts, sender);
    let (mut to_send, more) = document(parts, recipients);
    obstacles.extend(more);
    count_hops(&mut to_send, message);
    let smtp_is_open = ways == Ways::Both;
    let only_cosmetic = obstacles.iter().all(|obstacle| obstacle.is_cosmetic);
    let list = obstacles.iter().map(|obstacle| obstacle.text.as_str()).collect::<Vec<_>>().join(", ");
    match (obstacles.is_empty(), smtp_is_open) {
        (true, _) => {
            Choice::Rest { message: Box::new(to_send), why: "by REST, which can say all of it".to_owned() }
        }
        (false, true) => Choice::Smtp { why: format!("by SMTP because of {list}") },
        (false, false) if only_cosmetic => {
            Choice::Rest { message: Box::new(to_send), why: format!("by REST, the only way, without {list}") }
        }
        (false, false) => {
            Choice::Neither { why: format!("REST, the only way that is open, cannot say {list}") }
        }
    }
}

/// Azure composes the message anew, without its trace fields. What another server relayed to us says how
/// far it has come; what a device submitted stays as it is.
fn count_hops(to_send: &mut EmailMessage, message: &[u8]) {
    let hops = inspect(message::header::split(message).0).map_or(0, |facts| facts.hops);
    to_send.headers.retain(|name, _| !name.eq_ignore_ascii_case(HOPS_FIELD));
    if hops > 1 {
        to_send.headers.insert(HOPS_FIELD.to_owned(), hops.to_string());
    }
}

/// Something that REST cannot say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Obstacle {
    text: String,
    /// Readers would hardly miss it: it may go if there is no other way.
    is_cosmetic: bool,
}

impl Obstacle {
    fn serious(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_cosmetic: false }
    }
}

fn losses(parts: &Parts, sender: Option<&Sender>) -> Vec<Obstacle> {
    let known_name = sender.and_then(|sender| sender.display_name.as_deref());
    let obstacle = |loss: &Loss| {
        // Azure puts the sender's own display name there.
        if matches!(loss, Loss::DisplayName(name) if Some(name.as_str()) == known_name) {
            return None;
        }
        let is_cosmetic = matches!(loss, Loss::DisplayName(_) | Loss::Flowed | Loss::Group);
        Some(Obstacle { text: loss.to_string(), is_cosmetic })
    };
    parts.losses.iter().filter_map(obstacle).collect()
}

/// The document, and what it does not say about recipients and files.
fn document(parts: Parts, recipients: &[Mailbox]) -> (EmailMessage, Vec<Obstacle>) {
    let mut obstacles = Vec::new();
    let mut left: Vec<&Mailbox> = recipients.iter().collect();
    let mut take = |addresses: Vec<Address>| {
        let mut taken = Vec::new();
        for address in addresses {
            let mailbox = address.address.parse::<Mailbox>().ok();
            match mailbox.and_then(|mailbox| left.iter().position(|other| **other == mailbox)) {
                Some(place) => {
                    let mailbox = left.swap_remove(place);
                    taken.push(EmailAddress { address: mailbox.to_string(), display_name: address.name });
                }
                None => obstacles.push(Obstacle {
                    text: format!(
                        "the shown recipient {}, who is not among those that it goes to",
                        address.address
                    ),
                    is_cosmetic: true,
                }),
            }
        }
        taken
    };
    let (to, cc) = (take(parts.to.addresses), take(parts.cc.addresses));
    let bcc = left.into_iter().map(|m| EmailAddress { address: m.to_string(), display_name: None }).collect();
    if to.is_empty() {
        obstacles.push(Obstacle::serious("recipients of whom none is in To"));
    }
    for attachment in &parts.attachments {
        if !is_allowed_attachment(&attachment.content_type) {
            obstacles.push(Obstacle::serious(format!("an attachment of type {}", attachment.content_type)));
        }
    }
    let attachments: Vec<EmailAttachment> = parts
        .attachments
        .into_iter()
        .map(|file| EmailAttachment {
            name: file.name,
            content_type: file.content_type,
            content_in_base64: STANDARD.encode(&file.content),
            content_id: file.content_id,
        })
        .collect();
    let octets: usize = attachments.iter().map(|file| file.content_in_base64.len()).sum::<usize>()
        + [&parts.text, &parts.html].into_iter().flatten().map(String::len).sum::<usize>();
    if octets + OVERHEAD_OCTETS > MAX_REQUEST_OCTETS {
        obstacles.push(Obstacle::serious("a size that is too large for one request"));
    }
    let reply_to = parts.reply_to.into_iter();
    let message = EmailMessage {
        headers: parts.headers.into_iter().collect::<BTreeMap<_, _>>(),
        sender_address: parts.from.map(|from| from.address).unwrap_or_default(),
        content: EmailContent { subject: parts.subject, plain_text: parts.text, html: parts.html },
        recipients: EmailRecipients { to, cc, bcc },
        attachments,
        reply_to: reply_to.map(|a| EmailAddress { address: a.address, display_name: a.name }).collect(),
        user_engagement_tracking_disabled: None,
    };
    (message, obstacles)
}

/// Room for everything in a request that is neither text nor file.
const OVERHEAD_OCTETS: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use model::id::AccountId;

    fn chosen(ways: Ways, message: &str, recipients: &[&str]) -> Choice {
        let recipients: Vec<Mailbox> = recipients.iter().map(|text| text.parse().unwrap()).collect();
        let sender = Sender {
            account: AccountId::from_bytes([1; 16]),
            mailbox: "a@b.example".parse().unwrap(),
            display_name: Some("Scanner".to_owned()),
            created_at: Timestamp::UNIX_EPOCH,
        };
        choose(ways, Some(&sender), message.replace('\n', "\r\n").as_bytes(), &recipients)
    }

    fn auto(message: &str, recipients: &[&str]) -> Choice {
        chosen(Ways::Both, message, recipients)
    }

    const PLAIN: &str = "From: a@b.example\nTo: X <x@example.com>\nCc: y@example.com\nSubject: s\n\nhi\n";

    #[test]
    fn envelope_recipients_are_divided_among_to_cc_and_bcc() {
        let Choice::Rest { message, .. } = auto(PLAIN, &["x@EXAMPLE.com", "z@example.com", "y@example.com"])
        else {
            panic!()
        };
        assert_eq!(message.recipients.to[0].display_name.as_deref(), Some("X"));
        assert_eq!(message.recipients.cc[0].address, "y@example.com");
        assert_eq!(message.recipients.bcc[0].address, "z@example.com");
        assert_eq!(message.sender_address, "a@b.example");
    }

    #[test]
    fn whatever_rest_cannot_say_goes_by_smtp() {
        let why = |message: &str, recipients: &[&str]| match auto(message, recipients) {
            Choice::Smtp { why } => why,
            other => panic!("{other:?}"),
        };
        assert!(why(PLAIN, &["x@example.com"]).contains("y@example.com, who is not among"));
        assert!(why(PLAIN, &["z@example.com"]).contains("none is in To"));
        assert!(
            why(
                &PLAIN.replace("a@b", "Boss <a@b").replace("example\nTo", "example>\nTo"),
                &["x@example.com", "y@example.com"]
            )
            .contains("name \"Boss\"")
        );
        let signed = PLAIN.replace("Subject", "DKIM-Signature: v=1\nSubject");
        assert!(why(&signed, &["x@example.com", "y@example.com"]).contains("a signature"));
        let program = "From: a@b.example\nTo: x@example.com\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: application/x-msdownload; name=x.exe\n\nMZ\n--b--\n";
        assert!(why(program, &["x@example.com"]).contains("application/x-msdownload"));
    }

    #[test]
    fn a_loop_is_counted_where_trace_fields_are_dropped() {
        let hops = |fields: &str| match auto(&format!("{fields}{PLAIN}"), &["x@example.com", "y@example.com"])
        {
            Choice::Rest { message, .. } => message.headers.get(HOPS_FIELD).cloned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(hops("Received: from device\n"), None);
        assert_eq!(hops("Received: from mta\nReceived: from device\n").as_deref(), Some("2"));
        assert_eq!(hops("Received: from mta\nx-postern-hops: 4\n").as_deref(), Some("5"));
    }

    #[test]
    fn the_senders_own_name_is_no_obstacle() {
        let message = PLAIN.replace("From: a@b.example", "From: Scanner <a@b.example>");
        assert!(matches!(auto(&message, &["x@example.com", "y@example.com"]), Choice::Rest { .. }));
    }

    #[test]
    fn where_only_rest_is_open_small_things_may_go_and_large_ones_may_not() {
        let both = ["x@example.com", "y@example.com"];
        let named = PLAIN.replace("From: a@b.example", "From: Boss <a@b.example>");
        let Choice::Rest { why, .. } = chosen(Ways::Rest, &named, &both) else { panic!() };
        assert!(why.contains("without the author's name"), "{why}");
        let signed = PLAIN.replace("Subject", "DKIM-Signature: v=1\nSubject");
        assert!(matches!(chosen(Ways::Rest, &signed, &both), Choice::Neither { .. }));
        assert!(matches!(chosen(Ways::Smtp, PLAIN, &both), Choice::Smtp { .. }));
    }
}
