//! The part of a notification that programs read: fields of the message, then of each recipient (RFC 3464 section 2).

use std::fmt::Write as _;

use super::ascii::{in_ascii, in_one_line, utf8_address};
use super::{Diagnostic, Notification, ReportedRecipient};
use crate::date;

/// In which form addresses and texts beyond ASCII are written.
#[derive(Clone, Copy)]
enum Form {
    /// Escaped, so that every reader takes it.
    Ascii,
    /// As they are (RFC 6533 section 4).
    Utf8,
}

impl Notification<'_> {
    /// As `message/delivery-status`, or as `message/global-delivery-status` for a reader who is sure to know that.
    pub(super) fn status_part(&self) -> Vec<u8> {
        if !self.reader_is_international() {
            let fields = self.status_fields(Form::Ascii);
            return format!("Content-Type: message/delivery-status\r\n\r\n{fields}").into_bytes();
        }
        let mut part = b"Content-Type: message/global-delivery-status\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            .to_vec();
        part.extend(quoted_printable::encode(self.status_fields(Form::Utf8)));
        part
    }

    /// As a text file.
    pub(super) fn status_file(&self) -> Vec<u8> {
        let fields = self.status_fields(Form::Ascii);
        format!(
            "Content-Type: text/plain; charset=us-ascii; name=\"delivery-status.txt\"\r\n\
             Content-Disposition: attachment; filename=\"delivery-status.txt\"\r\n\r\n{fields}"
        )
        .into_bytes()
    }

    fn status_fields(&self, form: Form) -> String {
        let mut text = format!("Reporting-MTA: dns; {}\r\n", self.reporting_host);
        if let Some(envelope_id) = self.envelope_id {
            let _ = write!(text, "Original-Envelope-Id: {}\r\n", form.text(envelope_id));
        }
        let _ = write!(text, "Arrival-Date: {}\r\n", date::rfc5322(self.arrived_at));
        for recipient in self.recipients {
            text.push_str("\r\n");
            self.recipient_fields(recipient, form, &mut text);
        }
        text
    }

    fn recipient_fields(&self, recipient: &ReportedRecipient, form: Form, text: &mut String) {
        if let Some((kind, address)) = &recipient.original {
            let address = form.address(kind, address);
            let _ = write!(text, "Original-Recipient: {}; {address}\r\n", in_ascii(kind));
        }
        let kind = if recipient.address.is_ascii() { "rfc822" } else { UTF8 };
        let _ = write!(text, "Final-Recipient: {kind}; {}\r\n", form.address(kind, &recipient.address));
        let _ = write!(text, "Action: {}\r\nStatus: {}\r\n", self.action.as_str(), recipient.status);
        if let Some(Diagnostic { speaker, text: said }) = &recipient.diagnostic {
            let _ = write!(text, "Diagnostic-Code: {}; {}\r\n", speaker.diagnostic_type(), form.text(said));
        }
        if let Some(at) = recipient.last_attempt_at {
            let _ = write!(text, "Last-Attempt-Date: {}\r\n", date::rfc5322(at));
        }
        if let Some(until) = recipient.retry_until {
            let _ = write!(text, "Will-Retry-Until: {}\r\n", date::rfc5322(until));
        }
    }
}

/// The address type of RFC 6533 section 3.
const UTF8: &str = "utf-8";

impl Form {
    fn text(self, text: &str) -> String {
        match self {
            Self::Ascii => in_ascii(text),
            Self::Utf8 => in_one_line(text),
        }
    }

    fn address(self, kind: &str, address: &str) -> String {
        match self {
            Self::Ascii if kind.eq_ignore_ascii_case(UTF8) => utf8_address(address),
            Self::Ascii => in_ascii(address),
            Self::Utf8 => in_one_line(address),
        }
    }
}
