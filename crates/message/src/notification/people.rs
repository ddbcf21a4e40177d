//! The part of a notification that people read.

use std::fmt::Write as _;

use super::ascii::{in_one_line, utf8_address};
use super::{Action, Notification, ReportedRecipient, Returned};
use crate::date;

impl Notification<'_> {
    pub(super) fn subject(&self) -> String {
        let whom = match self.recipients {
            [one] => in_one_line(&one.address),
            many => format!("{} recipients", many.len()),
        };
        match self.action {
            Action::Failed => format!("Undelivered: your message did not reach {whom}"),
            Action::Delayed => format!("Delayed: your message has not reached {whom} yet"),
            Action::Relayed => format!("Relayed: your message to {whom} was handed on"),
            Action::Delivered | Action::Expanded => format!("Delivered: your message reached {whom}"),
        }
    }

    pub(super) fn text_part(&self) -> Vec<u8> {
        let text = self.text();
        if text.is_ascii() {
            return format!("Content-Type: text/plain; charset=us-ascii\r\n\r\n{text}").into_bytes();
        }
        let mut part =
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                .to_vec();
        part.extend(quoted_printable::encode(text));
        part
    }

    fn text(&self) -> String {
        let mut text = format!("Your message of {} ", date::rfc5322(self.arrived_at));
        text.push_str(match self.action {
            Action::Failed => "could not be delivered to:\r\n",
            Action::Delayed => "has not been delivered yet to:\r\n",
            Action::Relayed => {
                "was handed on for these recipients; the server that has it now does not report whether it arrives:\r\n"
            }
            Action::Delivered => "was delivered to the server of:\r\n",
            Action::Expanded => "was delivered, and passed on from there, to:\r\n",
        });
        for recipient in self.recipients {
            list(&mut text, recipient);
            if self.action == Action::Failed && !recipient.address.is_ascii() {
                // Programs that count bounces for mailing lists know addresses of type rfc822 only, and look for this.
                let address = utf8_address(&recipient.address);
                let _ = write!(
                    text,
                    "    As programs write it, the following address failed:\r\n    <{address}>\r\n"
                );
            }
        }
        text.push_str("\r\n");
        text.push_str(match self.action {
            Action::Failed => "Nobody will try again. ",
            Action::Delayed => "It is tried further, and you need not send it again. ",
            Action::Relayed | Action::Delivered | Action::Expanded => "",
        });
        let _ = write!(
            text,
            "If you ask your administrator, name the message {} at {}.\r\n",
            self.queue_id, self.reporting_host
        );
        // Where programs that look for addresses stop.
        match self.returned {
            Some(Returned::Header(_)) => text.push_str("Included is a copy of the message header.\r\n"),
            Some(Returned::Message(_)) => {
                text.push_str("Included is a copy of the message header, and of the whole message.\r\n");
            }
            None => {}
        }
        text
    }
}

fn list(text: &mut String, recipient: &ReportedRecipient) {
    let _ = write!(text, "\r\n  {}\r\n", in_one_line(&recipient.address));
    if !recipient.reason.is_empty() {
        let _ = write!(text, "    {}\r\n", in_one_line(&recipient.reason));
    }
    if let Some(until) = recipient.retry_until {
        let _ = write!(text, "    It is tried until {}.\r\n", date::rfc5322(until));
    }
    if let Some(diagnostic) = &recipient.diagnostic {
        let _ =
            write!(text, "    {}: {}\r\n", diagnostic.speaker.introduction(), in_one_line(&diagnostic.text));
    }
}

impl super::Speaker {
    fn introduction(self) -> &'static str {
        match self {
            Self::Smtp => "The server said",
            Self::Azure => "Azure said",
            Self::Postern => "In detail",
        }
    }
}
