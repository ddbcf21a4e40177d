//! Messages that we write ourselves: fields that are folded and encoded, and a body, all in seven bits.

use crate::seven_bit::{self, Takes};

/// A line is folded at a blank where it would be longer (RFC 5322 section 2.1.1).
const LINE_BYTES: usize = 78;

/// A message that is being written; its fields are in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    header: String,
}

impl Composer {
    /// Adds a field. Blanks, line ends and control characters in the value become single blanks, so that no value
    /// begins another field. What is not ASCII is encoded as the field allows: as words in a Subject or a display name.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.header.push_str(name);
        self.header.push(':');
        let mut used = name.len() + 1;
        let words = value.split(|c: char| c == ' ' || c.is_control()).filter(|word| !word.is_empty());
        for (number, word) in words.enumerate() {
            if number > 0 && used + 1 + word.len() > LINE_BYTES {
                self.header.push_str("\r\n");
                used = 0;
            }
            self.header.push(' ');
            self.header.push_str(word);
            used += 1 + word.len();
        }
        self.header.push_str("\r\n");
        self
    }

    /// The message with one plain text, whose lines may end in any way.
    #[must_use]
    pub fn text(self, text: &str) -> Vec<u8> {
        let charset = if text.is_ascii() { "us-ascii" } else { "utf-8" };
        let lines: Vec<&str> = text.lines().flat_map(|line| line.split('\r')).collect();
        self.field("MIME-Version", "1.0")
            .field("Content-Type", &format!("text/plain; charset={charset}"))
            .finish(&(lines.join("\r\n") + "\r\n"))
    }

    /// The message with a multipart body, which has its boundaries and CRLF already and stays byte for byte.
    #[must_use]
    pub fn multipart(self, content_type: &str, body: &[u8]) -> Vec<u8> {
        let labelled = self.field("MIME-Version", "1.0").field("Content-Type", content_type);
        let labelled =
            if body.is_ascii() { labelled } else { labelled.field("Content-Transfer-Encoding", "8bit") };
        let mut message = labelled.finish("");
        message.extend_from_slice(body);
        message
    }

    fn finish(self, body: &str) -> Vec<u8> {
        let message = self.header + "\r\n" + body;
        seven_bit::encode(message.as_bytes(), Takes::SevenBits).bytes
    }
}

#[cfg(test)]
mod tests {
    use mailparse::MailHeaderMap as _;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_value_begins_another_field() {
        let message =
            Composer::default().field("Subject", "a\r\nBcc: b@example.com\r\n\r\nc").text("x\ny\rz");
        let parsed = mailparse::parse_mail(&message).unwrap();
        assert_eq!(parsed.headers.get_first_value("Subject").unwrap(), "a Bcc: b@example.com c");
        assert_eq!(parsed.headers.get_first_value("Bcc"), None);
        assert_eq!(parsed.get_body().unwrap(), "x\r\ny\r\nz\r\n");
    }

    #[test]
    fn names_are_encoded_and_addresses_stay() {
        let message = Composer::default().field("From", "Jürgen Müller <a@münchen.example>").text("x");
        let text = String::from_utf8(message).unwrap();
        assert!(text.starts_with("From: =?utf-8?"), "{text}");
        assert!(text.contains("<a@xn--mnchen-3ya.example>"), "{text}");
    }

    proptest! {
        /// A parser that others wrote reads what was written, and no line is too long for SMTP.
        #[test]
        fn what_is_composed_is_read_by_others(
            subject in "[a-zA-Z0-9:;,.é日]{1,30}( [a-zA-Z0-9:;,.é日]{1,30}){0,12}",
            text in "[ -~é日]{0,1200}",
        ) {
            let subject_is_ascii = subject.is_ascii();
            let message = Composer::default().field("Subject", &subject).text(&text);
            prop_assert!(seven_bit::fits(&message, Takes::SevenBits));
            let parsed = mailparse::parse_mail(&message).unwrap();
            prop_assert_eq!(parsed.headers.get_first_value("Subject").unwrap(), subject);
            prop_assert_eq!(parsed.get_body().unwrap(), text + "\r\n");
            let header = crate::header::split(&message).0;
            let longest = header.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
            prop_assert!(!subject_is_ascii || longest <= Some(LINE_BYTES + 1), "{}", String::from_utf8_lossy(header));
        }
    }
}
