//! Delivery status notifications (RFC 3464): telling a sender which recipients a message did not reach.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::compose::Composer;
use crate::date;

/// A notification that delivery failed for good.
#[derive(Clone, Debug)]
pub struct FailureDsn<'a> {
    /// The host that gives up.
    pub reporting_host: &'a str,
    /// Who writes: a mailbox that is ours to use.
    pub from: &'a str,
    /// The reverse-path of the failed message.
    pub to: &'a str,
    /// Message-ID of the notification, brackets included.
    pub message_id: &'a str,
    /// Divides the parts; must not occur in them.
    pub boundary: &'a str,
    /// When it is written.
    pub written_at: Timestamp,
    /// When the failed message came in.
    pub arrived_at: Timestamp,
    /// ENVID of the failed message (RFC 3461).
    pub envelope_id: Option<&'a str>,
    /// Our name for the failed message.
    pub queue_id: &'a str,
    /// Whom it did not reach.
    pub recipients: &'a [FailedRecipient],
    /// Header section of the failed message, as far as it is kept.
    pub returned_header: &'a [u8],
    /// How it is laid out.
    pub layout: Layout,
}

/// How a notification is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `multipart/report`, which mail programs and list managers understand.
    Report,
    /// The same in one plain text, for a carrier that knows texts and files only.
    Text,
}

/// One recipient that was not reached.
#[derive(Clone, Debug)]
pub struct FailedRecipient {
    pub address: String,
    /// ORCPT: type and address as the sender first wrote it.
    pub original: Option<(String, String)>,
    /// Enhanced status code, `5.x.y`.
    pub status: String,
    /// Why, in a sentence for the sender.
    pub reason: String,
    /// What the next server said, if it was a server that said it.
    pub diagnostic: Option<String>,
}

impl FailureDsn<'_> {
    /// The whole message, in seven bits.
    #[must_use]
    pub fn compose(&self) -> Vec<u8> {
        let returned = String::from_utf8_lossy(self.returned_header);
        let returned: String = returned.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        let (people, programs, boundary) = (self.for_people(), self.for_programs(), self.boundary);
        match self.layout {
            Layout::Report => {
                let body = format!(
                    "--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{people}\r\n\
                 --{boundary}\r\nContent-Type: message/delivery-status\r\n\r\n{programs}\r\n\
                 --{boundary}\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--{boundary}--\r\n"
                );
                let content_type =
                    format!("multipart/report; report-type=delivery-status; boundary=\"{boundary}\"");
                self.fields().multipart(&content_type, &body)
            }
            Layout::Text => {
                self.fields().text(&format!("{people}\r\n{programs}\r\nThe message began:\r\n\r\n{returned}"))
            }
        }
    }

    fn fields(&self) -> Composer {
        let whom = match self.recipients {
            [one] => in_ascii(&one.address),
            many => format!("{} recipients", many.len()),
        };
        Composer::default()
            .field("From", self.from)
            .field("To", self.to)
            .field("Subject", &format!("Undelivered: your message did not reach {whom}"))
            .field("Date", &date::rfc5322(self.written_at))
            .field("Message-ID", self.message_id)
            .field("Auto-Submitted", "auto-replied")
    }

    fn for_people(&self) -> String {
        let mut text =
            format!("Your message of {} could not be delivered to:\r\n", date::rfc5322(self.arrived_at));
        for recipient in self.recipients {
            let _ = write!(
                text,
                "\r\n  {}\r\n    {}\r\n",
                in_ascii(&recipient.address),
                in_ascii(&recipient.reason)
            );
            if let Some(diagnostic) = &recipient.diagnostic {
                let _ = write!(text, "    The server said: {}\r\n", in_ascii(diagnostic));
            }
        }
        let _ = write!(
            text,
            "\r\nNobody will try again. If you ask your administrator, name the message {} at {}.\r\n",
            self.queue_id, self.reporting_host
        );
        text
    }

    /// Fields of the message, then of each recipient (RFC 3464 section 2).
    fn for_programs(&self) -> String {
        let mut text = format!("Reporting-MTA: dns; {}\r\n", self.reporting_host);
        if let Some(envelope_id) = self.envelope_id {
            let _ = write!(text, "Original-Envelope-Id: {}\r\n", in_ascii(envelope_id));
        }
        let _ = write!(text, "Arrival-Date: {}\r\n", date::rfc5322(self.arrived_at));
        for recipient in self.recipients {
            text.push_str("\r\n");
            if let Some((kind, address)) = &recipient.original {
                let _ = write!(text, "Original-Recipient: {}; {}\r\n", in_ascii(kind), in_ascii(address));
            }
            let kind = if recipient.address.is_ascii() { "rfc822" } else { "utf-8" };
            let _ = write!(text, "Final-Recipient: {kind}; {}\r\n", in_ascii(&recipient.address));
            let _ = write!(text, "Action: failed\r\nStatus: {}\r\n", recipient.status);
            if let Some(diagnostic) = &recipient.diagnostic {
                let _ = write!(text, "Diagnostic-Code: smtp; {}\r\n", in_ascii(diagnostic));
            }
        }
        text
    }
}

/// One line of ASCII; what is beyond it as RFC 6533 section 3 writes it: `\x{FC}`.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars().take(MAX_TEXT) {
        match c {
            ' '..='~' => ascii.push(c),
            _ if c.is_control() => ascii.push(' '),
            _ => {
                let _ = write!(ascii, "\\x{{{:X}}}", u32::from(c));
            }
        }
    }
    ascii
}

/// Keeps the longest line within what SMTP carries.
const MAX_TEXT: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{header, seven_bit};

    fn notification(layout: Layout) -> Vec<u8> {
        let recipients = [
            FailedRecipient {
                address: "b@example.com".into(),
                original: Some(("rfc822".into(), "bob@example.com".into())),
                status: "5.1.1".into(),
                reason: "The address does not exist.".into(),
                diagnostic: Some("550 5.1.1 no such user\r\nX-Injected: 1".into()),
            },
            FailedRecipient {
                address: "jürgen@example.com".into(),
                original: None,
                status: "5.4.7".into(),
                reason: "It could not be delivered within 2 days.".into(),
                diagnostic: None,
            },
        ];
        FailureDsn {
            reporting_host: "relay.example",
            from: "Mail Delivery <donotreply@contoso.example>",
            to: "a@contoso.example",
            message_id: "<1@relay.example>",
            boundary: "xyz",
            written_at: Timestamp::UNIX_EPOCH,
            arrived_at: Timestamp::UNIX_EPOCH,
            envelope_id: Some("42"),
            queue_id: "01abc",
            recipients: &recipients,
            returned_header: b"Subject: h\xc3\xa9\r\n",
            layout,
        }
        .compose()
    }

    #[test]
    fn a_notification_tells_people_and_programs() {
        let message = notification(Layout::Report);
        assert!(seven_bit::fits(&message, seven_bit::Takes::SevenBits));
        let text = String::from_utf8(message.clone()).unwrap();
        for expected in [
            "\r\n  b@example.com\r\n    The address does not exist.\r\n    The server said: 550 5.1.1 no such user  X-Injected: 1\r\n",
            "Reporting-MTA: dns; relay.example\r\nOriginal-Envelope-Id: 42\r\nArrival-Date: Thu, 01 Jan 1970",
            "\r\n\r\nOriginal-Recipient: rfc822; bob@example.com\r\nFinal-Recipient: rfc822; b@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "Final-Recipient: utf-8; j\\x{FC}rgen@example.com\r\nAction: failed\r\nStatus: 5.4.7\r\n",
            "Subject: h?\r\n\r\n--xyz--\r\n",
        ] {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
        let fields: Result<Vec<_>, _> = header::fields(header::split(&message).0).collect();
        assert!(fields.unwrap().iter().any(|field| field.is("Auto-Submitted")));
        let parsed = mailparse::parse_mail(&message).unwrap();
        let kinds: Vec<&str> = parsed.subparts.iter().map(|part| part.ctype.mimetype.as_str()).collect();
        assert_eq!(kinds, ["text/plain", "message/delivery-status", "text/rfc822-headers"]);
    }

    #[test]
    fn a_notification_in_one_text_says_the_same() {
        let message = notification(Layout::Text);
        assert!(seven_bit::fits(&message, seven_bit::Takes::SevenBits));
        let parts = crate::parts::read(&message);
        let text = parts.text.unwrap();
        for expected in ["The address does not exist.", "Status: 5.4.7", "The message began:", "Subject: h?"]
        {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
        assert_eq!(parts.losses, [crate::parts::Loss::DisplayName("Mail Delivery".into())]);
    }
}
