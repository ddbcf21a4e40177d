//! Delivery status notifications (RFC 3464, RFC 6533): telling a sender what became of a message.
//!
//! 1. [`people`] is the part for people, [`status`] the one for programs, [`returned`] what comes back of the message.
//! 2. [`Notification::compose`] lays them out: as a report, or as files where the carrier knows no reports.

mod ascii;
mod people;
mod returned;
mod status;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::compose::Composer;
use crate::date;

pub use self::returned::Returned;

/// A notification about one message. All of its recipients share an action.
#[derive(Clone, Debug)]
pub struct Notification<'a> {
    /// The host that reports.
    pub reporting_host: &'a str,
    /// Who writes: a mailbox that is ours to use.
    pub from: &'a str,
    /// Whom it tells.
    pub to: &'a str,
    /// Message-ID of the notification, brackets included.
    pub message_id: &'a str,
    /// Divides the parts; must not occur in them.
    pub boundary: &'a str,
    pub written_at: Timestamp,
    /// When the message came in.
    pub arrived_at: Timestamp,
    /// ENVID of the message (RFC 3461 section 4.4).
    pub envelope_id: Option<&'a str>,
    /// Our name for the message.
    pub queue_id: &'a str,
    pub action: Action,
    pub recipients: &'a [ReportedRecipient],
    /// What comes back of the message; `None` where nothing of it is kept.
    pub returned: Option<Returned<'a>>,
    pub layout: Layout,
}

/// What became of a message (RFC 3464 section 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It did not arrive, and nobody tries again.
    Failed,
    /// It is tried further.
    Delayed,
    /// It was handed to a server that reports no success.
    Relayed,
    /// The recipient's server has it.
    Delivered,
    /// It was passed on to several addresses.
    Expanded,
}

/// How a notification is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `multipart/report`, which mail programs and list managers understand.
    Report,
    /// A text with the parts for programs as text files, for a carrier that knows texts and files only.
    Files,
}

/// A recipient that is reported on.
#[derive(Clone, Debug)]
pub struct ReportedRecipient {
    pub address: String,
    /// Type and address of ORCPT, as the sender first wrote it.
    pub original: Option<(String, String)>,
    /// Enhanced status code, `5.x.y`.
    pub status: String,
    /// Why, in a sentence for the sender; empty where the action says it all.
    pub reason: String,
    pub diagnostic: Option<Diagnostic>,
    /// When it was tried last.
    pub last_attempt_at: Option<Timestamp>,
    /// Until when it is tried further.
    pub retry_until: Option<Timestamp>,
}

/// What was said when delivery was tried, word for word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub speaker: Speaker,
    pub text: String,
}

/// Who said it, which is the type of a Diagnostic-Code (RFC 3464 section 2.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// An SMTP server, in a reply.
    Smtp,
    /// Azure, otherwise than by SMTP.
    Azure,
    /// Postern.
    Postern,
}

impl Notification<'_> {
    /// The whole message. It is in seven bits but for a message that is returned as it is.
    #[must_use]
    pub fn compose(&self) -> Vec<u8> {
        let boundary = self.boundary;
        let (kind, parts) = match self.layout {
            Layout::Report => {
                let kind = format!("multipart/report; report-type=delivery-status; boundary=\"{boundary}\"");
                let returned = self.returned.as_ref().map(Returned::part);
                (kind, [Some(self.text_part()), Some(self.status_part()), returned])
            }
            Layout::Files => {
                let kind = format!("multipart/mixed; boundary=\"{boundary}\"");
                let returned = self.returned.as_ref().map(Returned::file);
                (kind, [Some(self.text_part()), Some(self.status_file()), returned])
            }
        };
        let mut body = Vec::new();
        for part in parts.into_iter().flatten() {
            body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
            body.extend_from_slice(&part);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        self.fields().multipart(&kind, &body)
    }

    fn fields(&self) -> Composer {
        Composer::default()
            .field("From", self.from)
            .field("To", self.to)
            .field("Subject", &self.subject())
            .field("Date", &date::rfc5322(self.written_at))
            .field("Message-ID", self.message_id)
            .field("Auto-Submitted", "auto-replied")
    }

    /// Whether the reader is known to read more than ASCII: its own address is beyond it.
    fn reader_is_international(&self) -> bool {
        !self.to.is_ascii()
    }
}

impl Action {
    /// The word of RFC 3464.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Relayed => "relayed",
            Self::Delivered => "delivered",
            Self::Expanded => "expanded",
        }
    }
}

impl Speaker {
    fn diagnostic_type(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Azure => "X-Azure",
            Self::Postern => "X-Postern",
        }
    }
}
